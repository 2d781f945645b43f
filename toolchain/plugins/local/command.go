// Package local runs commands on this machine as Pulumi resources, with the inputs, outputs and rules of
// @pulumi/command 1.2.1 (without assetPaths and archivePaths).
package local

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Inputs are what the resource and the function have in common.
type Inputs struct {
	Interpreter            *[]string          `pulumi:"interpreter,optional"`
	Dir                    *string            `pulumi:"dir,optional"`
	Environment            *map[string]string `pulumi:"environment,optional"`
	Stdin                  *string            `pulumi:"stdin,optional"`
	Logging                *Logging           `pulumi:"logging,optional"`
	AddPreviousOutputInEnv *bool              `pulumi:"addPreviousOutputInEnv,optional"`
}

// Annotate gives the default that the official plugin has, so that state passes between the two without a diff.
func (i *Inputs) Annotate(a infer.Annotator) {
	a.SetDefault(&i.AddPreviousOutputInEnv, true)
}

// Outputs are what a command printed, without the last line break.
type Outputs struct {
	Stdout string `pulumi:"stdout"`
	Stderr string `pulumi:"stderr"`
}

// Command is the resource command:local:Command.
type Command struct{}

// CommandInputs are the resource's inputs.
type CommandInputs struct {
	Inputs
	Triggers *[]any  `pulumi:"triggers,optional" provider:"replaceOnChanges"`
	Create   *string `pulumi:"create,optional"`
	Update   *string `pulumi:"update,optional"`
	Delete   *string `pulumi:"delete,optional"`
}

// CommandOutputs are the resource's state: its inputs, and what the last command printed.
type CommandOutputs struct {
	CommandInputs
	Outputs
}

// Create runs `create`.
func (*Command) Create(
	ctx context.Context, req infer.CreateRequest[CommandInputs],
) (infer.CreateResponse[CommandOutputs], error) {
	state := CommandOutputs{CommandInputs: req.Inputs}
	id, err := resource.NewUniqueHex(req.Name, 8, 0)
	if err == nil && !req.DryRun && req.Inputs.Create != nil {
		err = run(ctx, *req.Inputs.Create, req.Inputs.Inputs, &state.Outputs)
	}
	return infer.CreateResponse[CommandOutputs]{ID: id, Output: state}, err
}

// Update runs `update`, or `create` where there is none.
func (*Command) Update(
	ctx context.Context, req infer.UpdateRequest[CommandInputs, CommandOutputs],
) (infer.UpdateResponse[CommandOutputs], error) {
	state := CommandOutputs{CommandInputs: req.Inputs, Outputs: req.State.Outputs}
	command := req.Inputs.Update
	if command == nil {
		command = req.Inputs.Create
	}
	var err error
	if !req.DryRun && command != nil {
		err = run(ctx, *command, req.Inputs.Inputs, &state.Outputs)
	}
	return infer.UpdateResponse[CommandOutputs]{Output: state}, err
}

// Delete runs the `delete` that is in the state, with the other values that are in the state.
func (*Command) Delete(ctx context.Context, req infer.DeleteRequest[CommandOutputs]) (infer.DeleteResponse, error) {
	var err error
	if req.State.Delete != nil {
		err = run(ctx, *req.State.Delete, req.State.Inputs, &req.State.Outputs)
	}
	return infer.DeleteResponse{}, err
}

// Run is the function command:local:run. It runs in a preview too.
type Run struct{}

// RunInputs are the function's inputs.
type RunInputs struct {
	Inputs
	Command string `pulumi:"command"`
}

// RunOutputs are the function's result.
type RunOutputs struct {
	RunInputs
	Outputs
}

// Invoke runs the command.
func (*Run) Invoke(
	ctx context.Context, req infer.FunctionRequest[RunInputs],
) (infer.FunctionResponse[RunOutputs], error) {
	result := RunOutputs{RunInputs: req.Input}
	err := run(ctx, req.Input.Command, req.Input.Inputs, &result.Outputs)
	return infer.FunctionResponse[RunOutputs]{Output: result}, err
}
