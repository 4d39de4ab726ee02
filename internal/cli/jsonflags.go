package cli

import (
	"golang.org/x/term"
)

// Flags of commands that can print JSON.

var jsonFlag = Flag{Long: "json", Doc: "Produce output in JSON format, suitable for consumption by another program."}

var prettyFlag = Flag{Long: "pretty", Doc: "Print JSON on several lines, indented. That is the default if the output goes to a terminal. Only with `--json`."}

var noPrettyFlag = Flag{Long: "no-pretty", Doc: "Print JSON on a single line even if the output goes to a terminal. Only with `--json`."}

var jsonFlags = []*Flag{&jsonFlag, &prettyFlag, &noPrettyFlag}

// prettyFlags are those of commands that always print JSON.
var prettyFlags = []*Flag{&prettyFlag, &noPrettyFlag}

// Pretty tells whether JSON is to be indented.
func (c *Call) Pretty() bool {
	switch c.Last(&prettyFlag, &noPrettyFlag) {
	case &prettyFlag:
		return true
	case &noPrettyFlag:
		return false
	}
	return c.outputIsTerminal()
}

func (c *Call) outputIsTerminal() bool { return term.IsTerminal(int(c.Process.Out.Fd())) }
