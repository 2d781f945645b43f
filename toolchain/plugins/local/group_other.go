//go:build !linux

package local

import "os/exec"

// killWholeGroup does nothing here: a cancel ends the command itself, as the official plugin does everywhere.
func killWholeGroup(*exec.Cmd) {}
