package cli

import (
	"context"

	"firn/internal/config"
)

// A Category groups commands in help.
type Category int

// The numbers are those of Nix's __dump-cli.
const (
	HelpCommands  Category = -1
	MainCommands  Category = 0
	Infrequent    Category = 100
	Utility       Category = 101
	Installation  Category = 102
	OwnCommands   Category = 200 // what Nix does not have
	ClassicGroup  Category = 300 // programs with a name of their own
	HiddenCommand Category = 400
)

// Title returns the heading of a category.
func (c Category) Title() string {
	switch c {
	case HelpCommands:
		return "Help commands"
	case MainCommands:
		return "Main commands"
	case Infrequent:
		return "Infrequently used commands"
	case Utility:
		return "Utility/scripting commands"
	case Installation:
		return "Commands for upgrading or troubleshooting your Nix installation"
	case OwnCommands:
		return "Commands that only firn has"
	case ClassicGroup:
		return "Programs with a name of their own"
	}
	return ""
}

// A Command declares one command.
type Command struct {
	Name     string
	Category Category
	Feature  config.Feature // must be on, NoFeature for none
	Classic  bool           // a program with a name of its own, parsed as of old
	Summary  string         // half a sentence, lower case, no full stop
	Doc      string         // Markdown, without heading
	Examples []Example
	Flags    [][]*Flag // in groups
	Args     []Arg     // positional arguments, for classic programs only as documentation
	Exits    []ExitCode
	Sub      []*Command
	Renamed  []Renamed

	// Run carries the command out. A command without one needs a subcommand.
	Run func(ctx context.Context, c *Call) error
}

// An Example is a command line with what it does.
type Example struct{ Text, Command string }

// An ExitCode documents an exit code other than 0 and 1.
type ExitCode struct {
	Code int
	Text string
}

// Renamed is a former name of a command, or a shorter one.
type Renamed struct {
	From       string
	To         []string
	Deprecated bool // warn when it is used
}

// A Flag declares a flag. Commands compare its address, so it is a variable.
type Flag struct {
	Long    string // without dashes; "" if it has only a short form
	Short   byte
	Aliases []string // further long names
	Labels  []string // one for each value that follows
	Rest    bool     // takes all that follows, the last label standing for it
	Doc     string   // Markdown, a sentence or more
	Group   string   // heading in help, "" for the command's own
	Feature config.Feature

	// Complete proposes values; nil proposes none.
	Complete Completer

	// Apply is called when the flag is met, with its values; for flags that act
	// on parsing itself. Most flags need none.
	Apply func(c *Call, values []string) error

	// Own marks flags that Nix does not have.
	Own bool
	// Terse has missing values reported as the classic programs do for most of
	// their flags: "'--x' requires an argument".
	Terse bool
}

// name returns the flag as one would type it.
func (f *Flag) name() string {
	if f.Long == "" {
		return "-" + string(f.Short)
	}
	return "--" + f.Long
}

func (f *Flag) hasLong(name string) bool {
	if f.Long == name && name != "" {
		return true
	}
	for _, a := range f.Aliases {
		if a == name {
			return true
		}
	}
	return false
}

// An Arg declares a positional argument.
type Arg struct {
	Label    string
	Optional bool
	Many     bool // all that are left, also none
	Complete Completer
}

// findSub finds a subcommand.
func (c *Command) findSub(name string) *Command {
	for _, sub := range c.Sub {
		if sub.Name == name {
			return sub
		}
	}
	return nil
}

// findFlag finds a flag among the command's own by its long or short name.
func (c *Command) findFlag(long string, short byte) *Flag {
	for _, group := range c.Flags {
		for _, f := range group {
			if long != "" && f.hasLong(long) || short != 0 && f.Short == short {
				return f
			}
		}
	}
	return nil
}
