// Command pulumi-resource-docker serves the Docker Terraform provider to Pulumi under the tokens of @pulumi/docker.
// It stands in for the official plugin where that can't be downloaded; ../../README.md says what it lacks.
package main

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	sdkv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/terraform-providers/terraform-provider-docker/shim"
)

// version says in whose place this stands, which Pulumi compares, and behind the plus what it is: the official plugin has
// other arguments.
const version = "5.2.0+bridge.2.23.0"

// served is the version of the Terraform provider.
var _, served, _ = strings.Cut(version, "+bridge.")

func main() {
	info := providerInfo()
	// The Node SDK brings its own types, so an empty schema is enough to serve it.
	tfbridge.Main("docker", version, info, fmt.Appendf(nil, `{"name":"docker","version":%q}`, version))
}

func providerInfo() tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:            sdkv2.NewProvider(shim.New()),
		Name:         "docker",
		Version:      version,
		MetadataInfo: tfbridge.NewProviderMetadata([]byte("{}")),
		Config:       map[string]*tfbridge.SchemaInfo{"registry_auth": {Name: "registryAuth"}},
		Resources: map[string]*tfbridge.ResourceInfo{
			"docker_config":    {Tok: resourceToken("serviceConfig", "ServiceConfig"), Fields: autoNamed()},
			"docker_container": {Tok: resourceToken("container", "Container"), Fields: containerFields()},
			// An image's name says what to pull or push, so it is never made up.
			"docker_image":          {Tok: resourceToken("remoteImage", "RemoteImage")},
			"docker_network":        {Tok: resourceToken("network", "Network"), Fields: autoNamed()},
			"docker_plugin":         {Tok: resourceToken("plugin", "Plugin")},
			"docker_registry_image": {Tok: resourceToken("registryImage", "RegistryImage")},
			"docker_secret":         {Tok: resourceToken("secret", "Secret"), Fields: autoNamed()},
			"docker_service": {
				Tok: resourceToken("service", "Service"), Fields: autoNamed(), PreCheckCallback: serviceNetworks,
			},
			"docker_tag":    {Tok: resourceToken("tag", "Tag")},
			"docker_volume": {Tok: resourceToken("volume", "Volume"), Fields: autoNamed()},
		},
		DataSources: map[string]*tfbridge.DataSourceInfo{
			"docker_image":          {Tok: functionToken("getRemoteImage")},
			"docker_logs":           {Tok: functionToken("getLogs")},
			"docker_network":        {Tok: functionToken("getNetwork")},
			"docker_plugin":         {Tok: functionToken("getPlugin")},
			"docker_registry_image": {Tok: functionToken("getRegistryImage")},
		},
	}
	refuseUnknownInputs(info)
	return info
}

func resourceToken(file, name string) tokens.Type {
	return tokens.Type(fmt.Sprintf("docker:index/%s:%s", file, name))
}

func functionToken(name string) tokens.ModuleMember {
	return tokens.ModuleMember(fmt.Sprintf("docker:index/%s:%s", name, name))
}

// autoNamed makes a name from the resource's, with a random end, when the program gives none.
func autoNamed() map[string]*tfbridge.SchemaInfo {
	return map[string]*tfbridge.SchemaInfo{"name": tfbridge.AutoName("name", 255, "-")}
}

func containerFields() map[string]*tfbridge.SchemaInfo {
	fields := autoNamed()
	// The only inputs whose names in the SDK are not the rule's plurals.
	fields["command"] = &tfbridge.SchemaInfo{Name: "command"}
	fields["networks_advanced"] = &tfbridge.SchemaInfo{Name: "networksAdvanced"}
	return fields
}
