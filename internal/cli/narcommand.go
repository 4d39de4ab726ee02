package cli

import (
	"context"
	"io"
	"os"
	"path"

	"golang.org/x/term"

	"firn/internal/config"
	"firn/internal/diag"
	"firn/internal/format/nar"
)

var narCommand = Command{
	Name: "nar", Category: Utility, Feature: config.NixCommand,
	Summary: "create or inspect NAR files",
	Doc:     "A NAR is the archive of a file, directory or link that store paths are hashed, copied and cached as. It holds names, contents, link targets and whether a file is executable, and nothing else, so that equal trees have equal archives.",
	Sub:     []*Command{&narCatCommand, &narDumpCommand, &narListCommand, &narPackCommand},
}

var narPackCommand = Command{
	Name: "pack", Category: Utility, Feature: config.NixCommand,
	Summary:  "write the archive of a path to standard output",
	Doc:      "Archives a path with everything in it. Links are not followed.",
	Examples: []Example{{"Archive a directory", "nix nar pack ./src > src.nar"}},
	Args:     []Arg{{Label: "path", Complete: completeFile}},
	Run:      runNarPack,
}

var narDumpCommand = Command{
	Name: "dump-path", Category: Utility, Feature: config.NixCommand,
	Summary:  "write the archive of a path to standard output (use `nix nar pack` instead)",
	Doc:      "The former name of `nix nar pack`.",
	Examples: []Example{{"Archive a directory", "nix nar dump-path ./src > src.nar"}},
	Args:     []Arg{{Label: "path", Complete: completeFile}},
	Run: func(ctx context.Context, c *Call) error {
		c.Log.Warn("'nix nar dump-path' is a deprecated alias for 'nix nar pack'")
		return runNarPack(ctx, c)
	},
}

func runNarPack(_ context.Context, c *Call) error {
	if err := c.refuseTerminal(); err != nil {
		return err
	}
	return dumpTree(c.Process.Out, c.Args[0])
}

// refuseTerminal keeps archives off terminals.
func (c *Call) refuseTerminal() error {
	if term.IsTerminal(int(c.Process.Out.Fd())) {
		return diag.Misuse(diag.Usage, "refusing to write NAR to a terminal")
	}
	return nil
}

var narArgs = []Arg{{Label: "nar", Complete: completeFile}, {Label: "path"}}

var narListCommand = Command{
	Name: "ls", Category: Utility, Feature: config.NixCommand,
	Summary: "list what is in a NAR file",
	Doc:     "Lists the directory at *path* in an archive, or the file or link there.",
	Examples: []Example{
		{"List everything in an archive", "nix nar ls --long --recursive ./src.nar /"},
		{"Show a listing as binary caches have it", "nix nar ls --json --recursive ./src.nar /"},
	},
	Flags: [][]*Flag{listFlags, jsonFlags},
	Args:  narArgs,
	Run:   runNarList,
}

func runNarList(_ context.Context, c *Call) error {
	f, err := os.Open(c.Args[0])
	if err != nil {
		return openError("NAR file", c.Args[0], err)
	}
	defer f.Close()
	root, err := nar.Index(f)
	if err != nil {
		return err
	}
	at := path.Clean("/" + c.Args[1])
	return c.list(root.Lookup(at), at)
}

var narCatCommand = Command{
	Name: "cat", Category: Utility, Feature: config.NixCommand,
	Summary:  "print a file in a NAR file",
	Doc:      "Writes the contents of the file at *path* in an archive to standard output. The archive is read to its end and checked.",
	Examples: []Example{{"Print a file", "nix nar cat ./src.nar /README.md"}},
	Args:     narArgs,
	Run:      runNarCat,
}

func runNarCat(_ context.Context, c *Call) error {
	f, err := os.Open(c.Args[0])
	if err != nil {
		return openError("NAR file", c.Args[0], err)
	}
	defer f.Close()
	found, err := catFile(f, path.Clean("/"+c.Args[1]), c.Process.Out)
	if err == nil && !found {
		return diag.New(diag.FileNotFound, "NAR does not contain regular file '%s'", c.Args[1])
	}
	return err
}

// catFile copies the file at a place in an archive to w and reads the archive to
// its end, which checks it.
func catFile(archive io.Reader, at string, w io.Writer) (found bool, err error) {
	r := nar.NewReader(archive)
	for {
		h, err := r.Next()
		switch {
		case err == io.EOF:
			return found, nil
		case err != nil:
			return found, err
		case h.Type != nar.Regular || r.Path() != at:
			continue
		}
		found = true
		if _, err := r.WriteTo(w); err != nil {
			return found, err
		}
	}
}
