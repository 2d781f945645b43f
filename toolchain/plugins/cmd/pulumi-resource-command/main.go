// Command pulumi-resource-command serves command:local:Command and command:local:run to Pulumi. It stands in for the
// official plugin where that can't be downloaded; ../../README.md says what it lacks.
package main

import (
	"context"
	"fmt"
	"os"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"

	"blue-green.local/plugins/local"
)

// version says in whose place this stands, which Pulumi compares, and behind the plus that it isn't that plugin.
const version = "1.2.1+local"

func main() {
	if err := provider().Run(context.Background(), "command", version); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// The token command:local:Command comes from the package's and the type's name.
func provider() p.Provider {
	return infer.Provider(infer.Options{
		Resources: []infer.InferredResource{infer.Resource(&local.Command{})},
		Functions: []infer.InferredFunction{infer.Function(&local.Run{})},
	})
}
