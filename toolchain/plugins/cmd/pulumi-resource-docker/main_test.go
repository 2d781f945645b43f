package main

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// The bridge's own checks: every resource exists in the provider and every field override matches one.
func TestProviderIsValid(t *testing.T) {
	if err := providerInfo().P.InternalValidate(); err != nil {
		t.Fatal(err)
	}
}

func TestServiceNetworksBecomeIds(t *testing.T) {
	networks := func(properties map[string]any) resource.PropertyMap {
		return resource.NewPropertyMapFromMap(map[string]any{"taskSpec": map[string]any{
			"networksAdvanceds": []any{properties}, "runtime": "container",
		}})
	}
	for _, key := range []string{"id", "name"} {
		got, err := serviceNetworks(context.Background(), networks(map[string]any{key: "n1"}), nil)
		want := map[string]any{"taskSpec": map[string]any{"networks": []any{"n1"}, "runtime": "container"}}
		if err != nil || !reflect.DeepEqual(got.Mappable(), want) {
			t.Errorf("%s: got %v, %v", key, got.Mappable(), err)
		}
	}
	aliased := networks(map[string]any{"id": "n1", "aliases": []any{"a"}})
	if _, err := serviceNetworks(context.Background(), aliased, nil); err == nil {
		t.Error("aliases were dropped in silence")
	}
}

func TestInputsThatThisVersionLacksAreRefused(t *testing.T) {
	info := providerInfo()
	check := func(name string, inputs map[string]any) error {
		properties := resource.NewPropertyMapFromMap(inputs)
		_, err := info.Resources[name].PreCheckCallback(context.Background(), properties, nil)
		return err
	}
	err := check("docker_container", map[string]any{
		"cpus": "2", "healthcheck": map[string]any{"tests": []any{"CMD"}, "startInterval": "1s"},
	})
	want := "this build of the docker plugin (2.23.0) does not know `cpus`, `healthcheck.startInterval`;"
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v", err)
	}
	// What the program's resources use.
	err = check("docker_container", map[string]any{
		"name": "n", "image": "i", "command": []any{"c"}, "envs": []any{"A=1"},
		"labels":           []any{map[string]any{"label": "l", "value": "v"}},
		"networksAdvanced": []any{map[string]any{"name": "n", "ipv4Address": "10.0.0.2", "aliases": []any{"a"}}},
		"ports":            []any{map[string]any{"internal": 1, "external": 2, "ip": "127.0.0.1", "protocol": "tcp"}},
		"capabilities":     map[string]any{"adds": []any{"CAP_CHOWN"}, "drops": []any{"ALL"}},
		"healthcheck":      map[string]any{"tests": []any{"CMD"}, "startPeriod": "1s"}, "__defaults": []any{},
	})
	if err != nil {
		t.Error(err)
	}
	// Written out on purpose for the official plugin, and empty.
	err = check("docker_service", map[string]any{"taskSpec": map[string]any{
		"containerSpec":     map[string]any{"image": "i", "sysctl": map[string]any{}},
		"networksAdvanceds": []any{map[string]any{"id": "n1"}},
	}})
	if err != nil {
		t.Error(err)
	}
}

func TestServiceNetworksUnknownInAPreviewStayUnknown(t *testing.T) {
	unknown := resource.MakeComputed(resource.NewProperty(""))
	inputs := resource.PropertyMap{"taskSpec": resource.NewProperty(resource.PropertyMap{
		"networksAdvanceds": resource.NewProperty([]resource.PropertyValue{
			resource.NewProperty(resource.PropertyMap{"id": unknown}),
		}),
	})}
	got, err := serviceNetworks(context.Background(), inputs, nil)
	if err != nil || !got["taskSpec"].ObjectValue()["networks"].ArrayValue()[0].IsComputed() {
		t.Errorf("got %v, %v", got, err)
	}
}
