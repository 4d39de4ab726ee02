package cli

import (
	"firn/internal/config"
	"firn/internal/diag"
	"firn/internal/format/nixhash"
)

// Flags that name hash algorithms and notations.

var completeHashAlgo = completeWords("blake3", "md5", "sha1", "sha256", "sha512")
var completeHashFormat = completeWords("base16", "base64", "nix32", "sri")

// checkHashAlgo reports a value that is no algorithm.
func checkHashAlgo(c *Call, values []string) error {
	_, err := c.hashAlgo(values[0])
	return err
}

// hashAlgo finds an algorithm by its name.
func (c *Call) hashAlgo(name string) (nixhash.Algorithm, error) {
	a, err := nixhash.ParseAlgorithm(name)
	if err != nil {
		return 0, diag.Misuse(diag.InvalidHash, "%s", diag.Plain(err.Error()))
	}
	if a == nixhash.BLAKE3 {
		return a, c.Config.Require(config.BLAKE3Hashes)
	}
	return a, nil
}

// checkHashFormat reports a value that is no notation.
func checkHashFormat(c *Call, values []string) error {
	if values[0] == "base32" {
		c.Log.Warn(`"base32" is a deprecated alias for hash format "nix32".`)
	}
	if _, err := nixhash.ParseFormat(values[0]); err != nil {
		return diag.Misuse(diag.InvalidHash, "%s", diag.Plain(err.Error()))
	}
	return nil
}

// Which notation a command prints.
var (
	sriFlag    = Flag{Long: "sri", Doc: "Print the hash in SRI format."}
	base64Flag = Flag{Long: "base64", Doc: "Print the hash in base-64 format."}
	base32Flag = Flag{Long: "base32", Doc: "Print the hash in base-32 (Nix-specific) format."}
	base16Flag = Flag{Long: "base16", Doc: "Print the hash in base-16 format."}

	hashFormatFlag = Flag{Long: "format", Labels: []string{"hash-format"}, Complete: completeHashFormat, Apply: checkHashFormat,
		Doc: "Print the hash as `base16`, `nix32`, `base64` or `sri`. Default: `sri`."}
)

var hashNotationFlags = []*Flag{&sriFlag, &base64Flag, &base32Flag, &base16Flag}

// hashNotation returns the notation that flags ask for, or otherwise the given
// one.
func (c *Call) hashNotation(otherwise nixhash.Format) nixhash.Format {
	switch c.Last(&sriFlag, &base64Flag, &base32Flag, &base16Flag, &hashFormatFlag) {
	case &sriFlag:
		return nixhash.SRI
	case &base64Flag:
		return nixhash.Base64
	case &base32Flag:
		return nixhash.Nix32
	case &base16Flag:
		return nixhash.Base16
	case &hashFormatFlag:
		name, _ := c.Value(&hashFormatFlag)
		f, _ := nixhash.ParseFormat(name)
		return f
	}
	return otherwise
}

// Which algorithm a command uses.
var (
	hashTypeFlag = Flag{Long: "type", Labels: []string{"hash-algo"}, Complete: completeHashAlgo, Apply: checkHashAlgo,
		Doc: "Use the hash algorithm `blake3`, `md5`, `sha1`, `sha256` or `sha512`."}
	algoFlag = Flag{Long: "algo", Labels: []string{"hash-algo"}, Complete: completeHashAlgo, Apply: checkHashAlgo,
		Doc: "Use the hash algorithm `blake3`, `md5`, `sha1`, `sha256` or `sha512`."}
	hashAlgoFlag = Flag{Long: "hash-algo", Labels: []string{"hash-algo"}, Complete: completeHashAlgo, Apply: checkHashAlgo,
		Doc: "The algorithm of hashes that don't say it themselves: `blake3`, `md5`, `sha1`, `sha256` or `sha512`."}
)

// algorithm returns what the flag that was used last names, or otherwise the
// given one, 0 for none.
func (c *Call) algorithm(otherwise nixhash.Algorithm, flags ...*Flag) nixhash.Algorithm {
	f := c.Last(flags...)
	if f == nil {
		return otherwise
	}
	name, _ := c.Value(f)
	a, _ := nixhash.ParseAlgorithm(name)
	return a
}
