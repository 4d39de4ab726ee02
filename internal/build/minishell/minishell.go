// Package minishell is the /bin/sh of last resort: a shell and some core utilities inside the firn
// program, for sandboxes on machines that have no static shell to show to builders.
//
// The program is bind-mounted at /bin/sh; started under that name it is this shell. It runs simple
// builders and what system(3) asks. It redirects descriptors 0 to 2 only, so it runs no configure
// script; a script that fails and tries that gets a note which names the remedy. The utilities are the
// common options of the common tools (see utilities), found before anything on PATH that has no slash,
// unless PATH has them.
package minishell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
)

// Named tells whether a program started with this argument 0 is to be the shell.
func Named(arg0 string) bool {
	return strings.TrimPrefix(filepath.Base(arg0), "-") == "sh"
}

// Main runs the shell with a whole argument vector and returns its exit code.
func Main(args []string) int {
	return main(args, os.Stdin, os.Stdout, os.Stderr)
}

func main(args []string, in *os.File, out, errOut io.Writer) int {
	c, err := parseArgs(args)
	if err != nil {
		fmt.Fprintf(errOut, "sh: %v\n", err)
		return 2
	}
	code, err := c.run(in, out, errOut)
	if err != nil {
		fmt.Fprintf(errOut, "%s: %v\n", c.name, err)
	}
	return code
}

// command is what the arguments ask for.
type command struct {
	name    string // argument 0 of the script
	text    string // of -c
	inline  bool   // -c was given
	file    string // script to read; empty is standard input
	options []string
	params  []string
}

// parseArgs reads "sh [-eux…] [-o opt] [-c text [name]] [file] [args…]".
func parseArgs(args []string) (*command, error) {
	c := &command{name: "sh"}
	rest := args[min(1, len(args)):]
	for len(rest) > 0 && len(rest[0]) > 1 && (rest[0][0] == '-' || rest[0][0] == '+') {
		a := rest[0]
		rest = rest[1:]
		if a == "--" {
			break
		}
		if a == "-o" || a == "+o" {
			if len(rest) == 0 {
				return nil, fmt.Errorf("%s: option name missing", a)
			}
			c.options = append(c.options, a, rest[0])
			rest = rest[1:]
			continue
		}
		for _, o := range a[1:] {
			switch o {
			case 'c':
				c.inline = true
			case 's', 'i', 'l', 'p':
			default:
				c.options = append(c.options, a[:1]+string(o))
			}
		}
	}
	if c.inline {
		if len(rest) == 0 {
			return nil, errors.New("-c: option requires an argument")
		}
		c.text, rest = rest[0], rest[1:]
		if len(rest) > 0 {
			c.name, rest = rest[0], rest[1:]
		}
	} else if len(rest) > 0 {
		c.file, c.name, rest = rest[0], rest[0], rest[1:]
	}
	c.params = rest
	return c, nil
}

func (c *command) run(in *os.File, out, errOut io.Writer) (int, error) {
	var script io.Reader = in
	switch {
	case c.inline:
		script = strings.NewReader(c.text)
	case c.file != "":
		f, err := os.Open(c.file)
		if err != nil {
			return 127, err
		}
		defer f.Close()
		script = f
	}
	prog, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(script, c.name)
	if err != nil {
		return 2, err
	}
	params := append(append([]string{}, c.options...), "--")
	runner, err := interp.New(interp.StdIO(in, out, errOut), interp.ExecHandlers(utilityHandler),
		interp.Params(append(params, c.params...)...))
	if err != nil {
		return 2, err
	}
	err = runner.Run(context.Background(), prog)
	var status interp.ExitStatus
	switch {
	case err == nil:
		return 0, nil
	case errors.As(err, &status):
		if at, fd := unusual(prog); fd != "" {
			fmt.Fprintf(errOut, "%s: note: line %d redirects descriptor %s, which the shell inside firn cannot do; "+
				"install a static shell (busybox, dash) or name one: sandbox-paths = /bin/sh=PATH\n", c.name, at.Line(), fd)
		}
		return int(status), nil
	}
	return 1, err
}

// unusual finds a redirection of a descriptor above 2.
func unusual(prog *syntax.File) (at syntax.Pos, fd string) {
	syntax.Walk(prog, func(n syntax.Node) bool {
		if r, ok := n.(*syntax.Redirect); ok && r.N != nil && fd == "" && r.N.Value > "2" {
			at, fd = r.Pos(), r.N.Value
		}
		return fd == ""
	})
	return at, fd
}
