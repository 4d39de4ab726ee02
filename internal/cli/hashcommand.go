package cli

import (
	"context"
	"io"
	"os"

	"firn/internal/config"
	"firn/internal/diag"
	"firn/internal/format/gitobject"
	"firn/internal/format/nar"
	"firn/internal/format/nixhash"
	"firn/internal/par"
	"firn/internal/store/fstree"
)

var hashCommand = Command{
	Name: "hash", Category: Utility, Feature: config.NixCommand,
	Summary: "compute and convert cryptographic hashes",
	Doc:     "Hashes have four notations: `base16`, `nix32` (32 letters, in Nix's order of bits), `base64`, and `sri`, which is base64 with the name of the algorithm in front.",
	Sub: []*Command{
		&hashConvertCommand, &hashFileCommand, &hashPathCommand,
		&toBase16Command, &toBase32Command, &toBase64Command, &toSRICommand,
	},
}

var modeFlag = Flag{Long: "mode", Labels: []string{"file-ingestion-method"}, Complete: completeWords("flat", "nar", "git"), Apply: checkMode,
	Doc: "What of the path is hashed: `nar` (default), its archive; `flat`, the contents of a file; `git`, what git would hash, with the feature `git-hashing`."}

func checkMode(_ *Call, values []string) error {
	switch values[0] {
	case "flat", "nar", "git":
		return nil
	}
	return diag.Misuse(diag.Usage, "Unknown file ingestion method '%s', expect `flat`, `nar`, or `git`", values[0])
}

var hashPathCommand = Command{
	Name: "path", Category: Utility, Feature: config.NixCommand,
	Summary: "print the hash of a path with everything in it",
	Doc:     "Prints a hash for each path, by default of its archive (NAR) with SHA-256. That is how most paths in the store are hashed. Links are not followed.",
	Examples: []Example{
		{"Hash a directory as the store does", "nix hash path ./src"},
		{"Hash a file's contents", "nix hash path --mode flat --algo sha512 ./file"},
	},
	Flags: [][]*Flag{{&algoFlag, &hashFormatFlag, &modeFlag}, hashNotationFlags, {&hashTypeFlag}},
	Args:  []Arg{{Label: "paths", Many: true, Complete: completeFile}},
	Run:   runHashPath,
}

var hashFileCommand = Command{
	Name: "file", Category: Utility, Feature: config.NixCommand,
	Summary:  "print the hash of a file's contents",
	Doc:      "The same as `nix hash path --mode flat`, which replaces it.",
	Examples: []Example{{"Hash a file", "nix hash file --type sha512 ./file"}},
	Flags:    [][]*Flag{hashNotationFlags, {&hashTypeFlag}},
	Args:     []Arg{{Label: "paths", Many: true, Complete: completeFile}},
	Run:      runHashFile,
}

func runHashPath(_ context.Context, c *Call) error {
	mode, _ := c.Value(&modeFlag)
	return c.printHashes(mode, c.algorithm(nixhash.SHA256, &algoFlag, &hashTypeFlag))
}

func runHashFile(_ context.Context, c *Call) error {
	return c.printHashes("flat", c.algorithm(nixhash.SHA256, &hashTypeFlag))
}

func (c *Call) printHashes(mode string, algo nixhash.Algorithm) error {
	f := c.hashNotation(nixhash.SRI)
	if mode == "git" {
		if err := c.Config.Require(config.GitHashing); err != nil {
			return err
		}
	}
	for _, path := range c.Args {
		h, err := hashOf(mode, path, algo)
		if err != nil {
			return err
		}
		if err := printLine(c.Out, h.Text(f, false)); err != nil {
			return err
		}
	}
	return nil
}

// hashOf hashes a path: its archive, or the contents of the file ("flat"), or
// what git hashes ("git").
func hashOf(mode, path string, algo nixhash.Algorithm) (nixhash.Hash, error) {
	w := nixhash.NewWriter(algo)
	switch mode {
	case "flat":
		f, err := os.Open(path)
		if err != nil {
			return nixhash.Hash{}, openError("file", path, err)
		}
		defer f.Close()
		if _, err := io.Copy(w, f); err != nil {
			return nixhash.Hash{}, diag.New(diag.FileUnreadable, "reading file '%s': %s", path, diag.Plain(cause(err)))
		}
		return w.Sum(), nil
	case "git":
		dir, root, err := openTree(path)
		if err != nil {
			return nixhash.Hash{}, err
		}
		defer dir.Close()
		h, err := gitobject.Hash(dir, root, algo)
		return h, treeError(path, err)
	}
	err := par.Behind(w, func(behind io.Writer) error { return dumpTree(behind, path) })
	return w.Sum(), err
}

// openTree opens the directory of a path, for what reads everything in it.
func openTree(path string) (nar.Dir, nar.DirEntry, error) {
	dir, root, err := fstree.Open(path)
	if err != nil {
		return nil, root, treeError(path, err)
	}
	if root.Type == nar.Unknown {
		dir.Close()
		return nil, root, diag.New(diag.FileUnreadable, "file '%s' has an unsupported type", path)
	}
	return dir, root, nil
}

// dumpTree writes the archive of a path.
func dumpTree(w io.Writer, path string) error {
	dir, root, err := openTree(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	return treeError(path, nar.DumpEntry(w, dir, root, nar.DumpOptions{}))
}

// Which notation hashes are converted from and to.
var (
	fromFormatFlag = Flag{Long: "from", Labels: []string{"hash-format"}, Complete: completeHashFormat, Apply: checkHashFormat,
		Doc: "Accept only hashes that are given as `base16`, `nix32`, `base64` or `sri`."}
	toFormatFlag = Flag{Long: "to", Labels: []string{"hash-format"}, Complete: completeHashFormat, Apply: checkHashFormat,
		Doc: "Print hashes as `base16`, `nix32`, `base64` or `sri`. Default: `sri`."}
)

var hashConvertCommand = Command{
	Name: "convert", Category: Utility, Feature: config.NixCommand,
	Summary: "convert between notations of hashes",
	Doc:     "Prints each hash in the notation that `--to` names. Which notation a hash is given in follows from its length; its algorithm follows from its prefix, or else `--hash-algo` names it.",
	Examples: []Example{
		{"Convert to the notation that Nix uses in file names", "nix hash convert --to nix32 sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="},
		{"Convert to SRI", "nix hash convert --hash-algo sha1 800d59cfcd3c05e900cb4e214be48f6b886a08df"},
	},
	Flags: [][]*Flag{{&fromFormatFlag, &hashAlgoFlag, &toFormatFlag}},
	Args:  []Arg{{Label: "hashes", Many: true}},
	Run:   runHashConvert,
}

func runHashConvert(_ context.Context, c *Call) error {
	to := nixhash.SRI
	if name, ok := c.Value(&toFormatFlag); ok {
		to, _ = nixhash.ParseFormat(name)
	}
	algo := c.algorithm(0, &hashAlgoFlag)
	for _, text := range c.Args {
		h, found, err := c.parseHash(text, algo)
		if err != nil {
			return err
		}
		if name, ok := c.Value(&fromFormatFlag); ok {
			if from, _ := nixhash.ParseFormat(name); from != found {
				return diag.New(diag.InvalidHash, "input hash '%s' has format '%s', but '--from %s' was specified", text, found, from)
			}
		}
		if err := printLine(c.Out, h.Text(to, false)); err != nil {
			return err
		}
	}
	return nil
}

// parseHash reads a hash in any notation.
func (c *Call) parseHash(text string, algo nixhash.Algorithm) (nixhash.Hash, nixhash.Format, error) {
	h, f, err := nixhash.ParseAnyFormat(text, algo)
	if err != nil {
		return h, f, diag.New(diag.InvalidHash, "%s", diag.Plain(err.Error()))
	}
	if h.Algo() == nixhash.BLAKE3 {
		err = c.Config.Require(config.BLAKE3Hashes)
	}
	return h, f, err
}

// The former commands for conversion.
var (
	toBase16Command = toCommand("to-base16", "base-16", nixhash.Base16)
	toBase32Command = toCommand("to-base32", "base-32", nixhash.Nix32)
	toBase64Command = toCommand("to-base64", "base-64", nixhash.Base64)
	toSRICommand    = toCommand("to-sri", "SRI", nixhash.SRI)
)

func toCommand(name, notation string, f nixhash.Format) Command {
	return Command{
		Name: name, Category: Utility, Feature: config.NixCommand,
		Summary:  "convert hashes to " + notation + " (use `nix hash convert` instead)",
		Doc:      "The same as `nix hash convert --to " + f.String() + "`, which replaces it.",
		Examples: []Example{{"Convert a hash", "nix hash " + name + " sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="}},
		Flags:    [][]*Flag{{&hashTypeFlag}},
		Args:     []Arg{{Label: "strings", Many: true}},
		Run: func(_ context.Context, c *Call) error {
			c.Log.Warn("The old format conversion subcommands of `nix hash` were deprecated in favor of `nix hash convert`.")
			return c.convertHashes(f)
		},
	}
}

// convertHashes prints the arguments in a notation.
func (c *Call) convertHashes(f nixhash.Format) error {
	algo := c.algorithm(0, &hashTypeFlag, &nixHashTypeFlag)
	for _, text := range c.Args {
		h, _, err := c.parseHash(text, algo)
		if err != nil {
			return err
		}
		if err := printLine(c.Out, h.Text(f, false)); err != nil {
			return err
		}
	}
	return nil
}
