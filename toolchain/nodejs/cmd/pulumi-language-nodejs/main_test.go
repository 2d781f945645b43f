package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestOptionsBecomeFlags(t *testing.T) {
	flags, err := flagsOf([]byte(`
name: demo
runtime:
  name: nodejs
  options:
    typescript: false
    nodeargs: "--import tsx"
    packagemanager: npm
`))
	if want := []string{"-typescript=false", "-nodeargs=--import tsx"}; err != nil || !slices.Equal(flags, want) {
		t.Fatalf("got %q, %v; want %q", flags, err, want)
	}
}

func TestProjectWithoutOptionsHasNoFlags(t *testing.T) {
	for _, project := range []string{"runtime: nodejs", "runtime: {name: nodejs}", "name: demo", ""} {
		if flags, err := flagsOf([]byte(project)); err != nil || flags != nil {
			t.Errorf("%q: got %q, %v", project, flags, err)
		}
	}
}

func TestProjectIsFoundAboveTheCurrentFolder(t *testing.T) {
	root := t.TempDir()
	below := filepath.Join(root, "a", "b")
	if err := os.MkdirAll(below, 0o755); err != nil {
		t.Fatal(err)
	}
	project := []byte("runtime: {name: nodejs, options: {typescript: false}}")
	if err := os.WriteFile(filepath.Join(root, "Pulumi.yaml"), project, 0o644); err != nil {
		t.Fatal(err)
	}
	if flags, err := runtimeFlags(below); err != nil || !slices.Equal(flags, []string{"-typescript=false"}) {
		t.Fatalf("got %q, %v", flags, err)
	}
}
