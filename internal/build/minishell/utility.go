package minishell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
)

// call is one use of a utility.
type call struct {
	name     string
	dir      string
	env      expand.Environ
	in       io.Reader
	out, err io.Writer
	flags    map[byte]string // options given; those with a value have it
	args     []string        // operands
	failed   bool
}

// A utility is a core utility: its options, those followed by a value having a colon as in getopt(3),
// and what it does. Errors are printed; further ones are reported with complain.
type utility struct {
	options string
	lenient bool // an unknown option is an operand: chmod -x
	run     func(*call) error
}

// utilityHandler runs utilities that PATH does not have.
func utilityHandler(next interp.ExecHandlerFunc) interp.ExecHandlerFunc {
	return func(ctx context.Context, args []string) error {
		u, ok := utilities[args[0]]
		if !ok {
			return next(ctx, args)
		}
		h := interp.HandlerCtx(ctx)
		if _, err := interp.LookPathDir(h.Dir, h.Env, args[0]); err == nil {
			return next(ctx, args)
		}
		c := &call{name: args[0], dir: h.Dir, env: h.Env, in: h.Stdin, out: h.Stdout, err: h.Stderr}
		err := c.parse(&u, args[1:])
		if err == nil {
			err = u.run(c)
		}
		var status interp.ExitStatus
		if errors.As(err, &status) {
			return err
		}
		c.complain(err)
		if c.failed {
			return interp.ExitStatus(1)
		}
		return nil
	}
}

// describe words an error as "path: reason".
func describe(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Path + ": " + p.Err.Error()
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		return l.New + ": " + l.Err.Error()
	}
	return err.Error()
}

// parse separates options from operands.
func (c *call) parse(u *utility, args []string) error {
	options := u.options
	c.flags = map[byte]string{}
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		a := args[0]
		if u.lenient && !strings.ContainsAny(a[1:], options) && a != "--" {
			break
		}
		args = args[1:]
		if a == "--" {
			break
		}
		for i := 1; i < len(a); i++ {
			at := strings.IndexByte(options, a[i])
			if at < 0 || a[i] == ':' {
				return fmt.Errorf("this shell's own version does not know the option -%c", a[i])
			}
			if at+1 == len(options) || options[at+1] != ':' {
				c.flags[a[i]] = ""
				continue
			}
			value := a[i+1:]
			if value == "" {
				if len(args) == 0 {
					return fmt.Errorf("the option -%c needs a value", a[i])
				}
				value, args = args[0], args[1:]
			}
			c.flags[a[i]] = value
			break
		}
	}
	c.args = args
	return nil
}

func (c *call) has(flag byte) bool {
	_, ok := c.flags[flag]
	return ok
}

// path makes an operand absolute.
func (c *call) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(c.dir, name)
}

func (c *call) complain(err error) {
	if err != nil {
		fmt.Fprintf(c.err, "%s: %s\n", c.name, describe(err))
		c.failed = true
	}
}

// each calls f for every operand and reports its errors.
func (c *call) each(f func(path string) error) error {
	if len(c.args) == 0 {
		return errors.New("missing operand")
	}
	for _, a := range c.args {
		c.complain(f(c.path(a)))
	}
	return nil
}

// inputs calls f for every operand's contents, or for standard input; "-" is standard input too.
func (c *call) inputs(f func(name string, r io.Reader) error) error {
	if len(c.args) == 0 {
		return f("", c.in)
	}
	for _, a := range c.args {
		if a == "-" {
			c.complain(f(a, c.in))
			continue
		}
		file, err := os.Open(c.path(a))
		if err == nil {
			err = f(a, file)
			file.Close()
		}
		c.complain(err)
	}
	return nil
}

func isLink(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

// targets calls f with every source and where it goes: into the last operand if that is a directory,
// else to that name. An option t names the directory, T makes the last operand a plain name,
// n does so when it is a symbolic link.
func (c *call) targets(f func(from, to string) error) error {
	args := c.args
	dir, given := c.flags['t']
	if !given {
		if len(args) < 2 {
			return errors.New("missing operand")
		}
		dir, args = args[len(args)-1], args[:len(args)-1]
	}
	dir = c.path(dir)
	info, err := os.Stat(dir)
	into := given || err == nil && info.IsDir() && !c.has('T') && !(c.has('n') && isLink(dir))
	if !into && len(args) > 1 {
		return &fs.PathError{Op: "target", Path: dir, Err: syscall.ENOTDIR}
	}
	for _, a := range args {
		to := dir
		if into {
			to = filepath.Join(dir, filepath.Base(a))
		}
		c.complain(f(a, to))
	}
	return nil
}
