package cli

import (
	"context"
	"io"
	"os"
	"path/filepath"

	"firn/internal/config"
	"firn/internal/diag"
	"firn/internal/format/nixhash"
	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/store"
)

var (
	addNameFlag     = Flag{Long: "name", Short: 'n', Labels: []string{"name"}, Doc: "The name in the store path, instead of the last part of the argument."}
	addRehearseFlag = Flag{Long: "dry-run", Doc: "Print the path and add nothing."}
	addModeFlag     = Flag{Long: "mode", Labels: []string{"content-address-method"}, Complete: completeWords("flat", "nar", "text", "git"),
		Doc: "What of the path is hashed: `nar` (default), its archive; `flat`, the contents of a file; `text`, the same for files that derivations refer to; `git`, what git would hash, with the feature `git-hashing`."}
	addAlgoFlag = Flag{Long: "hash-algo", Labels: []string{"hash-algo"}, Complete: completeWords("blake3", "md5", "sha1", "sha256", "sha512"),
		Doc: "The algorithm of the hash, by default `sha256`."}
)

var addFlags = []*Flag{&addRehearseFlag, &addAlgoFlag, &addModeFlag, &addNameFlag}

var storeAddCommand = Command{
	Name: "add", Category: Utility, Feature: config.NixCommand,
	Summary: "add a file or directory to the store",
	Doc:     "Copies a file or directory to the store, below its content address, and prints its path there. Nothing keeps it from being collected.",
	Examples: []Example{
		{"Add a directory", "nix store add ./src"},
		{"Add a file by the hash of its contents", "nix store add --mode flat ./file"},
	},
	Flags: [][]*Flag{addFlags},
	Args:  []Arg{{Label: "path", Complete: completeFile}},
	Run:   func(ctx context.Context, c *Call) error { return c.addToStore(ctx, "nar") },
}

var storeAddPathCommand = Command{
	Name: "add-path", Category: Utility, Feature: config.NixCommand,
	Summary:  "add a path to the store (use `nix store add` instead)",
	Doc:      "The former name of `nix store add`.",
	Examples: []Example{{"Add a directory", "nix store add-path ./src"}},
	Flags:    [][]*Flag{addFlags},
	Args:     []Arg{{Label: "path", Complete: completeFile}},
	Run:      func(ctx context.Context, c *Call) error { return c.addToStore(ctx, "nar") },
}

var storeAddFileCommand = Command{
	Name: "add-file", Category: Utility, Feature: config.NixCommand,
	Summary:  "add a file to the store by the hash of its contents",
	Doc:      "The same as `nix store add --mode flat`.",
	Examples: []Example{{"Add a file", "nix store add-file ./file"}},
	Flags:    [][]*Flag{addFlags},
	Args:     []Arg{{Label: "path", Complete: completeFile}},
	Run:      func(ctx context.Context, c *Call) error { return c.addToStore(ctx, "flat") },
}

// addMethods are the modes by name.
var addMethods = map[string]storepath.Method{"nar": storepath.NAR, "flat": storepath.Flat, "text": storepath.Text, "git": storepath.Git}

func (c *Call) addToStore(ctx context.Context, mode string) error {
	if given, ok := c.Value(&addModeFlag); ok {
		mode = given
	}
	method, ok := addMethods[mode]
	if !ok {
		return diag.Misuse(diag.Usage, "Unknown content address method '%s', expect `text`, `flat`, `nar`, or `git`", mode)
	}
	if method == storepath.Git {
		if err := c.Config.Require(config.GitHashing); err != nil {
			return err
		}
	}
	algo := nixhash.SHA256
	if text, ok := c.Value(&addAlgoFlag); ok {
		var err error
		if algo, err = nixhash.ParseAlgorithm(text); err != nil {
			return err
		}
	}
	from, err := filepath.Abs(c.Args[0])
	if err != nil {
		return err
	}
	name, ok := c.Value(&addNameFlag)
	if !ok {
		name = filepath.Base(from)
	}
	return c.withStore(func(st store.Store) error {
		p, err := c.addPath(ctx, st, from, name, method, algo)
		if err != nil {
			return err
		}
		return printLine(c.Out, st.Dir().Join(p))
	})
}

// addPath adds a file or tree, or with --dry-run finds out where it would go.
func (c *Call) addPath(ctx context.Context, st store.Store, from, name string, method storepath.Method, algo nixhash.Algorithm) (storepath.Path, error) {
	if c.Has(&addRehearseFlag) {
		mode := "flat"
		switch method {
		case storepath.NAR:
			mode = "nar"
		case storepath.Git:
			mode = "git"
		}
		h, err := hashOf(mode, from, algo)
		if err != nil {
			return "", err
		}
		return st.Dir().MakeFixed(name, storepath.ContentAddress{Method: method, Hash: h}, storepath.References{})
	}
	adder, ok := st.(store.Writer)
	if !ok {
		return "", diag.New(diag.InvalidSetting, "nothing can be added to the store '%s'", c.Config.General.Store)
	}
	// Nix: the commands, unlike expressions, keep the permission to execute a file whose address does not tell of it (2.34).
	if method == storepath.Git || method != storepath.NAR && isExecutable(from) {
		return addAddressed(ctx, adder, st.Dir(), from, name, method, algo)
	}
	if method == storepath.Text {
		contents, err := os.ReadFile(from)
		if err != nil {
			return "", openError("file", from, err)
		}
		return adder.AddText(ctx, store.Text{Name: name, Contents: contents})
	}
	info, err := adder.AddSource(ctx, treeSource(from, name, method, algo))
	if err != nil {
		return "", err
	}
	return info.Path, nil
}

// addAddressed adds a file or tree, as it is, below the hash that a method gives it. The tree is read
// more than once; if it changes meanwhile, the store refuses it.
func addAddressed(ctx context.Context, adder store.NARAdder, dir storepath.Dir, from, name string, method storepath.Method, algo nixhash.Algorithm) (storepath.Path, error) {
	mode := "flat"
	if method == storepath.Git {
		mode = "git"
	}
	h, err := hashOf(mode, from, algo)
	if err != nil {
		return "", err
	}
	narHash, narSize, err := hashTree(from)
	if err != nil {
		return "", err
	}
	info, err := pathinfo.FromCA(dir, name, storepath.ContentAddress{Method: method, Hash: h}, storepath.References{}, narHash, narSize)
	if err != nil {
		return "", err
	}
	in, out := io.Pipe()
	defer in.Close()
	go func() { out.CloseWithError(dumpTree(out, from)) }()
	return info.Path, adder.AddNAR(ctx, info, in, store.AddOptions{})
}

// isExecutable tells whether a path is a file that its owner may execute.
func isExecutable(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o100 != 0
}
