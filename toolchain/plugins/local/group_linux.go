package local

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// killWholeGroup makes a cancel end everything that the command started, not the shell alone. A group of its own is
// out of reach of the engine's last resort, which kills the plugin's group; then the parent-death signal still ends
// the command itself.
func killWholeGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error {
		err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		if errors.Is(err, syscall.ESRCH) {
			return os.ErrProcessDone
		}
		return err
	}
}
