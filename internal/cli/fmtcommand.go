package cli

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"firn/internal/atomicfile"
	"firn/internal/config"
	"firn/internal/diag"
	"firn/internal/lang/format"
	"firn/internal/lang/syntax"
)

var checkFormatFlag = Flag{Long: "check", Short: 'c', Doc: "Write nothing; name the files that are laid out otherwise, and fail if there are any."}

var fmtCommand = Command{
	Name: "fmt", Category: Utility, Feature: config.NixCommand,
	Summary: "lay out Nix code in the official style",
	Doc: `Rewrites the files in the style of RFC 166; of directories, all files in them whose names end in ` + "`.nix`" + `. Without arguments, or for ` + "`-`" + `, it reads standard input and writes standard output. What a program means does not change, and comments stay.

Nix instead runs the formatter that a flake names.`,
	Examples: []Example{
		{"Format all that is here", "firn fmt ."},
		{"See whether something has to be formatted", "firn fmt --check ."},
		{"Format in a pipe", "echo '{a=1;}' | firn fmt"},
	},
	Flags: [][]*Flag{{&checkFormatFlag}},
	Args:  []Arg{{Label: "files", Many: true, Complete: completeFile}},
	Run:   runFmt,
}

func runFmt(ctx context.Context, c *Call) error {
	if len(c.Args) == 0 {
		return c.formatStream()
	}
	f := formatter{Call: c, check: c.Has(&checkFormatFlag)}
	for _, arg := range c.Args {
		if arg == "-" {
			if err := c.formatStream(); err != nil {
				return err
			}
			continue
		}
		if err := f.tree(ctx, arg); err != nil {
			return err
		}
	}
	if f.check && f.changed > 0 || f.failed {
		return Exit(1)
	}
	return nil
}

func (c *Call) formatStream() error {
	source, err := io.ReadAll(c.Process.In)
	if err != nil {
		return err
	}
	out, err := c.format(string(source), diag.Origin{Kind: diag.FromStdin, Text: string(source)})
	if err != nil {
		return err
	}
	if c.Has(&checkFormatFlag) {
		if out != string(source) {
			return Exit(1)
		}
		return nil
	}
	_, err = io.WriteString(c.Out, out)
	return err
}

// format lays out a text; errors show the place.
func (c *Call) format(source string, origin diag.Origin) (string, error) {
	table := new(diag.Table)
	c.Log.Renderer().Positions = table
	return format.Format(source, syntax.Options{Positions: table, Origin: origin})
}

// A formatter goes through files, past those that are no programs.
type formatter struct {
	*Call
	check   bool
	changed int
	failed  bool
}

func (f *formatter) tree(ctx context.Context, root string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case d.IsDir() && path != root && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case d.Type().IsRegular() && (path == root || strings.HasSuffix(path, ".nix")):
			return f.file(path)
		}
		return nil
	})
}

func (f *formatter) file(path string) error {
	source, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	out, err := f.format(string(source), diag.Origin{Kind: diag.FromFile, Name: path, Text: string(source)})
	if err != nil {
		f.Log.Error(diag.As(err))
		f.failed = true
		return nil
	}
	if out == string(source) {
		return nil
	}
	f.changed++
	if f.check {
		_, err := io.WriteString(f.Out, path+"\n")
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return atomicfile.Write(path, []byte(out), info.Mode().Perm())
}
