// Command pulumi-language-nodejs starts the Node.js language host with the project's runtime options. The host that
// can be built (v3.68) takes them as flags; today's CLI sends them over gRPC, in a field which that host does not
// know, so that without this `typescript: false` and `nodeargs` would be ignored in silence.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"gopkg.in/yaml.v3"
)

func main() {
	if err := start(); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-language-nodejs:", err)
		os.Exit(1)
	}
}

func start() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if self, err = filepath.EvalSymlinks(self); err != nil {
		return err
	}
	host := filepath.Join(filepath.Dir(filepath.Dir(self)), "lib", "pulumi-language-nodejs")
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	flags, err := runtimeFlags(dir)
	if err != nil {
		return err
	}
	args := append([]string{host}, flags...)
	return syscall.Exec(host, append(args, os.Args[1:]...), os.Environ())
}

// runtimeFlags reads the options of the project that dir lies in; the CLI starts the host inside the project.
func runtimeFlags(dir string) ([]string, error) {
	for {
		for _, name := range []string{"Pulumi.yaml", "Pulumi.yml"} {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err == nil {
				return flagsOf(text)
			}
			if !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return nil, nil
		}
		dir = parent
	}
}

// flagsOf ignores what it does not know: the CLI has checked the file, and has options that the host never had.
func flagsOf(project []byte) ([]string, error) {
	var parsed struct {
		Runtime yaml.Node `yaml:"runtime"`
	}
	if err := yaml.Unmarshal(project, &parsed); err != nil {
		return nil, err
	}
	if parsed.Runtime.Kind != yaml.MappingNode {
		return nil, nil // `runtime: nodejs` has no options
	}
	var runtime struct {
		Options map[string]any `yaml:"options"`
	}
	if err := parsed.Runtime.Decode(&runtime); err != nil {
		return nil, err
	}
	var flags []string
	for _, name := range []string{"typescript", "nodeargs", "tsconfig"} {
		if value, ok := runtime.Options[name]; ok {
			flags = append(flags, fmt.Sprintf("-%s=%v", name, value))
		}
	}
	return flags, nil
}
