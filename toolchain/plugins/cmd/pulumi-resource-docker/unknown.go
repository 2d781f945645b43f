package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// refuseUnknownInputs makes every resource refuse inputs that the SDK has and this version lacks. The bridge would
// drop them in silence, and a limit or a security option that is dropped looks as if it held.
func refuseUnknownInputs(info tfbridge.ProviderInfo) {
	for name, res := range info.Resources {
		schema := info.P.ResourcesMap().Get(name).Schema()
		fields, next := res.Fields, res.PreCheckCallback
		res.PreCheckCallback = func(
			ctx context.Context, inputs, meta resource.PropertyMap,
		) (resource.PropertyMap, error) {
			if next != nil {
				var err error
				if inputs, err = next(ctx, inputs, meta); err != nil {
					return nil, err
				}
			}
			if unknown := unknownInputs("", inputs, schema, fields); len(unknown) > 0 {
				return nil, fmt.Errorf("this build of the docker plugin (%s) does not know %s; "+
					"leave it out or use the official plugin", served, strings.Join(unknown, ", "))
			}
			return inputs, nil
		}
	}
}

func unknownInputs(
	path string, inputs resource.PropertyMap, schema shim.SchemaMap, fields map[string]*tfbridge.SchemaInfo,
) []string {
	known := map[resource.PropertyKey]shim.Schema{}
	schema.Range(func(name string, s shim.Schema) bool {
		known[resource.PropertyKey(tfbridge.TerraformToPulumiNameV2(name, schema, fields))] = s
		return true
	})
	var unknown []string
	for _, key := range inputs.StableKeys() {
		value := unwrap(inputs[key])
		s, ok := known[key]
		if !ok {
			// An empty value asks for nothing; the bridge's own notes begin with two underscores.
			if !isEmpty(value) && !strings.HasPrefix(string(key), "__") {
				unknown = append(unknown, "`"+path+string(key)+"`")
			}
			continue
		}
		nested, ok := s.Elem().(shim.Resource)
		if !ok {
			continue
		}
		// A block that may occur once is an object in the SDK, any other a list of objects.
		elements, isList := array(value)
		if !isList {
			elements = []resource.PropertyValue{value}
		}
		for _, element := range elements {
			if block, ok := object(element); ok {
				unknown = append(unknown, unknownInputs(path+string(key)+".", block, nested.Schema(), nil)...)
			}
		}
	}
	return unknown
}

func isEmpty(v resource.PropertyValue) bool {
	return v.IsNull() || v.IsObject() && len(v.ObjectValue()) == 0 || v.IsArray() && len(v.ArrayValue()) == 0
}
