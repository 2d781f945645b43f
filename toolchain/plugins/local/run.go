package local

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
)

// graceAfterKill bounds the wait for a pipe that a process outside the killed group still holds open.
const graceAfterKill = 5 * time.Second

// run runs one command and puts what it printed into out; on failure out stays as it was and the error holds what
// the command printed.
func run(ctx context.Context, command string, in Inputs, out *Outputs) error {
	args := interpreter(in)
	args = append(args, command)

	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = environment(in, out)
	cmd.WaitDelay = graceAfterKill
	killWholeGroup(cmd)
	if in.Dir != nil {
		cmd.Dir = *in.Dir
	}
	if in.Stdin != nil && *in.Stdin != "" {
		cmd.Stdin = strings.NewReader(*in.Stdin)
	}

	var stdout, stderr bytes.Buffer
	both := &lockedBuffer{}
	logReader, logWriter := io.Pipe()
	cmd.Stdout = tee(&stdout, both, logWriter, in.Logging.includes(LogStdout))
	cmd.Stderr = tee(&stderr, both, logWriter, in.Logging.includes(LogStderr))
	logged := make(chan struct{})
	go func() {
		defer close(logged)
		logLines(ctx, logReader)
	}()

	err := runOnOneThread(cmd)
	_ = logWriter.Close()
	<-logged
	if err != nil {
		return fmt.Errorf("%w: running %q:\n%s", err, command, both.String())
	}
	out.Stdout = strings.TrimSuffix(stdout.String(), "\n")
	out.Stderr = strings.TrimSuffix(stderr.String(), "\n")
	return nil
}

// runOnOneThread holds the thread that starts the command until it has ended: Linux sends a parent-death signal
// when the starting thread ends, not the process.
func runOnOneThread(cmd *exec.Cmd) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return cmd.Run()
}

func interpreter(in Inputs) []string {
	if in.Interpreter != nil && len(*in.Interpreter) > 0 {
		return append([]string(nil), *in.Interpreter...)
	}
	if runtime.GOOS == "windows" {
		return []string{"cmd", "/C"}
	}
	return []string{"/bin/sh", "-c"}
}

func environment(in Inputs, previous *Outputs) []string {
	env := os.Environ()
	if in.Environment != nil {
		for name, value := range *in.Environment {
			env = append(env, name+"="+value)
		}
	}
	if in.AddPreviousOutputInEnv == nil || *in.AddPreviousOutputInEnv {
		if previous.Stdout != "" {
			env = append(env, "PULUMI_COMMAND_STDOUT="+previous.Stdout)
		}
		if previous.Stderr != "" {
			env = append(env, "PULUMI_COMMAND_STDERR="+previous.Stderr)
		}
	}
	return env
}

func tee(own, both, log io.Writer, logged bool) io.Writer {
	if logged {
		return io.MultiWriter(own, both, log)
	}
	return io.MultiWriter(own, both)
}

// logLines shows each line while the command runs. A reader without a limit on a line's length: one that gives up
// would block the command on a full pipe.
func logLines(ctx context.Context, r io.Reader) {
	logger := p.GetLogger(ctx)
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			logger.InfoStatus(line)
		}
		if err != nil {
			return
		}
	}
}

// lockedBuffer takes stdout and stderr, which arrive on two goroutines, in the order of their arrival.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(data []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(data)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}
