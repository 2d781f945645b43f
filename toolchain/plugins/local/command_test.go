package local

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi-go-provider/infer"
)

func ptr[T any](v T) *T { return &v }

func update(t *testing.T, inputs CommandInputs, old Outputs) Outputs {
	t.Helper()
	response, err := (&Command{}).Update(context.Background(), infer.UpdateRequest[CommandInputs, CommandOutputs]{
		State: CommandOutputs{Outputs: old}, Inputs: inputs,
	})
	if err != nil {
		t.Fatal(err)
	}
	return response.Output.Outputs
}

func TestUpdateRunsCreateWhereThereIsNoUpdate(t *testing.T) {
	if got := update(t, CommandInputs{Create: ptr("echo create")}, Outputs{}).Stdout; got != "create" {
		t.Errorf("got %q", got)
	}
	both := CommandInputs{Create: ptr("echo create"), Update: ptr("echo update")}
	if got := update(t, both, Outputs{}).Stdout; got != "update" {
		t.Errorf("got %q", got)
	}
}

func TestPreviousOutputIsInTheEnvironmentUnlessSwitchedOff(t *testing.T) {
	inputs := CommandInputs{Create: ptr(`echo "$PULUMI_COMMAND_STDOUT,$PULUMI_COMMAND_STDERR"`)}
	if got := update(t, inputs, Outputs{Stdout: "out", Stderr: "err"}).Stdout; got != "out,err" {
		t.Errorf("by default: got %q", got)
	}
	inputs.AddPreviousOutputInEnv = ptr(false)
	if got := update(t, inputs, Outputs{Stdout: "out", Stderr: "err"}).Stdout; got != "," {
		t.Errorf("switched off: got %q", got)
	}
}

func TestInterpreterDirEnvironmentAndStdinReachTheCommand(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	out := update(t, CommandInputs{
		Create: ptr(`cat; echo "$0 $GREETING $PWD" >&2`),
		Inputs: Inputs{
			Interpreter: &[]string{"/bin/sh", "-e", "-c"},
			Dir:         &dir,
			Environment: &map[string]string{"GREETING": "hello"},
			Stdin:       ptr("from stdin\n"),
		},
	}, Outputs{})
	if want := (Outputs{Stdout: "from stdin", Stderr: "/bin/sh hello " + dir}); out != want {
		t.Errorf("got %+v, want %+v", out, want)
	}
}

func TestErrorHoldsWhatTheFailingCommandPrinted(t *testing.T) {
	_, err := (&Command{}).Create(context.Background(), infer.CreateRequest[CommandInputs]{
		Name: "c", Inputs: CommandInputs{Create: ptr("echo seen; echo reason >&2; exit 3")},
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"exit status 3", "seen", "reason"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in: %v", want, err)
		}
	}
}

func TestPreviewRunsNothing(t *testing.T) {
	marker := filepath.Join(t.TempDir(), "ran")
	inputs := CommandInputs{Create: ptr("touch " + marker)}
	_, err := (&Command{}).Create(context.Background(), infer.CreateRequest[CommandInputs]{
		Name: "c", Inputs: inputs, DryRun: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = (&Command{}).Update(context.Background(), infer.UpdateRequest[CommandInputs, CommandOutputs]{
		Inputs: inputs, DryRun: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(marker); err == nil {
		t.Error("the command ran")
	}
}

func TestCancelEndsWhatTheCommandStarted(t *testing.T) {
	marker := filepath.Join(t.TempDir(), "late")
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	started := time.Now()
	err := run(ctx, "(sleep 1; touch "+marker+") & wait", Inputs{}, &Outputs{})
	if err == nil || time.Since(started) > 900*time.Millisecond {
		t.Fatalf("not ended by the cancel: %v after %v", err, time.Since(started))
	}
	time.Sleep(1200 * time.Millisecond)
	if _, err := os.Stat(marker); err == nil {
		t.Error("a child went on after the cancel")
	}
}

func TestLongLineWithoutEndDoesNotBlock(t *testing.T) {
	out := &Outputs{}
	if err := run(context.Background(), "head -c 300000 /dev/zero | tr '\\0' x", Inputs{}, out); err != nil {
		t.Fatal(err)
	}
	if len(out.Stdout) != 300000 {
		t.Errorf("got %d bytes", len(out.Stdout))
	}
}
