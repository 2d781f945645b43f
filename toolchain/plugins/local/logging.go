package local

import "github.com/pulumi/pulumi-go-provider/infer"

// Logging says which of a command's streams are shown while it runs. Both are kept as outputs in any case.
type Logging string

// The values of the SDK's enum.
const (
	LogStdout          Logging = "stdout"
	LogStderr          Logging = "stderr"
	LogStdoutAndStderr Logging = "stdoutAndStderr"
	NoLogging          Logging = "none"
)

// Values lists them for the schema.
func (Logging) Values() []infer.EnumValue[Logging] {
	return []infer.EnumValue[Logging]{
		{Name: string(LogStdout), Value: LogStdout},
		{Name: string(LogStderr), Value: LogStderr},
		{Name: string(LogStdoutAndStderr), Value: LogStdoutAndStderr},
		{Name: string(NoLogging), Value: NoLogging},
	}
}

// includes tells whether a stream is shown; without a setting both are.
func (l *Logging) includes(stream Logging) bool {
	return l == nil || *l == stream || *l == LogStdoutAndStderr
}
