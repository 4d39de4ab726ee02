package cli

import (
	"context"
	"encoding/base64"
	"encoding/hex"

	"firn/internal/format/nixbase32"
	"firn/internal/format/nixhash"
)

var (
	nixHashTypeFlag = Flag{Long: "type", Labels: []string{"hash-algo"}, Terse: true, Complete: completeHashAlgo, Apply: checkHashAlgo,
		Doc: "Use the hash algorithm `blake3`, `md5` (default), `sha1`, `sha256` or `sha512`."}
	flatFlag     = Flag{Long: "flat", Doc: "Hash the contents of files rather than the archives of paths."}
	truncateFlag = Flag{Long: "truncate", Doc: "Shorten hashes to 160 bits, as those in store paths are."}
	toBase16Flag = Flag{Long: "to-base16", Doc: "Take the arguments as hashes and print them in base-16 format."}
	toBase32Flag = Flag{Long: "to-base32", Doc: "Take the arguments as hashes and print them in base-32 (Nix-specific) format."}
	toBase64Flag = Flag{Long: "to-base64", Doc: "Take the arguments as hashes and print them in base-64 format."}
	toSRIFlag    = Flag{Long: "to-sri", Doc: "Take the arguments as hashes and print them in SRI format."}
)

var nixHashCommand = Command{
	Name: "nix-hash", Classic: true, Category: ClassicGroup,
	Summary: "compute and convert cryptographic hashes",
	Doc:     "Prints a hash for each path, by default of its archive (NAR) with MD5 and in base-16 format. With `--to-…` the arguments are hashes to be converted.",
	Examples: []Example{
		{"Hash a directory as the store does", "nix-hash --type sha256 ./src"},
		{"Hash a file's contents", "nix-hash --flat --type sha256 --sri ./file"},
		{"Convert a hash", "nix-hash --type sha1 --to-base32 800d59cfcd3c05e900cb4e214be48f6b886a08df"},
	},
	Flags: [][]*Flag{
		{&base16Flag, &base32Flag, &base64Flag, &flatFlag, &sriFlag, &toBase16Flag, &toBase32Flag, &toBase64Flag, &toSRIFlag, &truncateFlag, &nixHashTypeFlag},
		commonFlags, classicFlags,
	},
	Args: []Arg{{Label: "paths", Many: true, Complete: completeFile}},
	Run:  runNixHash,
}

func runNixHash(_ context.Context, c *Call) error {
	// Nix: the notation is the last that any flag names, also one of the other
	// kind (2.34.8).
	last := c.Last(&base16Flag, &base32Flag, &base64Flag, &sriFlag, &toBase16Flag, &toBase32Flag, &toBase64Flag, &toSRIFlag)
	f := nixhash.Base16
	switch last {
	case &base32Flag, &toBase32Flag:
		f = nixhash.Nix32
	case &base64Flag, &toBase64Flag:
		f = nixhash.Base64
	case &sriFlag, &toSRIFlag:
		f = nixhash.SRI
	}
	if c.Last(&toBase16Flag, &toBase32Flag, &toBase64Flag, &toSRIFlag) != nil {
		return c.convertHashes(f)
	}
	mode := "nar"
	if c.Has(&flatFlag) {
		mode = "flat"
	}
	algo := c.algorithm(nixhash.MD5, &nixHashTypeFlag)
	for _, path := range c.Args {
		h, err := hashOf(mode, path, algo)
		if err != nil {
			return err
		}
		text := h.Text(f, false)
		if c.Has(&truncateFlag) && algo.Size() > nixhash.CompressedSize {
			text = truncatedHash(h, f)
		}
		if err := printLine(c.Out, text); err != nil {
			return err
		}
	}
	return nil
}

// truncatedHash is a hash folded to the length of those in store paths.
func truncatedHash(h nixhash.Hash, f nixhash.Format) string {
	short := nixhash.CompressHash(h.Bytes())
	switch f {
	case nixhash.Base16:
		return hex.EncodeToString(short[:])
	case nixhash.Nix32:
		return nixbase32.EncodeToString(short[:])
	case nixhash.SRI:
		return h.Algo().String() + "-" + base64.StdEncoding.EncodeToString(short[:])
	}
	return base64.StdEncoding.EncodeToString(short[:])
}
