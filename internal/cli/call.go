package cli

import (
	"io"

	"firn/internal/activity"
	"firn/internal/config"
	"firn/internal/ui"
)

// A Call is one command line, understood.
type Call struct {
	Process *Process
	Program string     // the name it goes by: "nix", "firn", "nix-build", …
	Root    *Command   // the program
	Path    []*Command // from Root to Command
	Command *Command

	// BaseDir is the folder that relative paths in arguments are meant from, ""
	// for the working directory: that of the script which started the program.
	BaseDir string
	Script  *shellScript // that was started through nix-shell, or nil

	Uses []Use    // flags in their order
	Args []string // positional arguments of the command

	Host   *config.Host
	Config *config.Config
	Log    *ui.Logger
	Events *activity.Recorder // of what goes on, for Log
	Out    io.Writer          // where results go

	rootWarned bool             // see warnRoot
	completing *completion      // nil when not completing
	features   []config.Feature // that flags need
}

// A Use is a flag that was used.
type Use struct {
	Flag   *Flag
	Values []string
	Before int // how many positional arguments stand before it
}

// Env looks up a variable of the environment.
func (c *Call) Env(name string) (string, bool) { return c.Process.Env(name) }

// Has tells whether a flag was used.
func (c *Call) Has(f *Flag) bool {
	for i := range c.Uses {
		if c.Uses[i].Flag == f {
			return true
		}
	}
	return false
}

// Value returns the value of a flag where it was used last.
func (c *Call) Value(f *Flag) (string, bool) {
	for i := len(c.Uses) - 1; i >= 0; i-- {
		if c.Uses[i].Flag == f && len(c.Uses[i].Values) > 0 {
			return c.Uses[i].Values[0], true
		}
	}
	return "", false
}

// All returns the values of every use of a flag.
func (c *Call) All(f *Flag) [][]string {
	var list [][]string
	for i := range c.Uses {
		if c.Uses[i].Flag == f {
			list = append(list, c.Uses[i].Values)
		}
	}
	return list
}

// Last returns which of some flags that exclude each other was used last, nil
// for none.
func (c *Call) Last(flags ...*Flag) *Flag {
	for i := len(c.Uses) - 1; i >= 0; i-- {
		for _, f := range flags {
			if c.Uses[i].Flag == f {
				return f
			}
		}
	}
	return nil
}

// Arg returns the positional argument at i, "" if there are fewer.
func (c *Call) Arg(i int) string {
	if i < len(c.Args) {
		return c.Args[i]
	}
	return ""
}
