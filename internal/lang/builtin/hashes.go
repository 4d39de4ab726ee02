package builtin

import (
	"strings"

	"firn/internal/diag"
	"firn/internal/format/nixhash"
	"firn/internal/lang/eval"
	"firn/internal/lang/symbol"
	"firn/internal/lang/value"
)

func hashes() []eval.Builtin {
	return []eval.Builtin{
		{Name: "hashString", Args: []string{"type", "s"}, Fn: hashString, Doc: "Returns the hash of *s* in base 16; *type* is `\"md5\"`, `\"sha1\"`, `\"sha256\"` or `\"sha512\"`."},
		{Name: "convertHash", Args: []string{"args"}, Fn: convertHash, Doc: "Writes a hash in another form. *args* has `hash`, `toHashFormat` (`\"base16\"`, `\"nix32\"`, `\"base64\"` or `\"sri\"`) and, unless `hash` says it, `hashAlgo`."},
		{
			Name: "getEnv", Args: []string{"s"}, Fn: getEnv,
			Doc: "Returns the environment variable *s*, or the empty string if it is not set or the evaluation is pure or restricted.",
		},
	}
}

func hashString(w *worker, args []*cell, _ diag.Pos) value.Value {
	algo := algorithm(w, args[0], ctx("while evaluating the first argument passed to builtins.hashString"))
	s, _ := w.ForceString(args[1], 0, ctx("while evaluating the second argument passed to builtins.hashString"))
	return value.String(nixhash.Sum(algo, []byte(s)).Base16())
}

// algorithm forces a cell that must hold the name of a hash algorithm.
func algorithm(w *worker, c *cell, want eval.Tracer) nixhash.Algorithm {
	name := w.ForceStringNoCtx(c, 0, want)
	algo := algorithmNamed(w, name)
	if !algo.Valid() {
		w.Fail(diag.Misuse(diag.InvalidHash, "unknown hash algorithm '%s', expect 'blake3', 'md5', 'sha1', 'sha256', or 'sha512'", name))
	}
	return algo
}

// algorithmNamed returns the algorithm of this name, or the zero one if there is
// none.
func algorithmNamed(w *worker, name string) nixhash.Algorithm {
	algo, _ := nixhash.ParseAlgorithm(name)
	if algo == nixhash.BLAKE3 {
		w.Require("blake3-hashes", "")
	}
	return algo
}

// anyHash reads a hash in any form.
func anyHash(w *worker, text string, algo nixhash.Algorithm) nixhash.Hash {
	if i := strings.IndexAny(text, ":-"); i >= 0 {
		algorithmNamed(w, text[:i])
	}
	h, err := nixhash.ParseAny(text, algo)
	w.Check(err)
	return h
}

func convertHash(w *worker, args []*cell, _ diag.Pos) value.Value {
	set := w.ForceAttrs(args[0], 0, ctx("while evaluating the first argument passed to builtins.convertHash"))
	a := w.NeedAttr(set, symbol.Hash, ctx("while locating the attribute 'hash'"))
	text := w.ForceStringNoCtx(a.Val, 0, ctx("while evaluating the attribute 'hash'"))
	var algo nixhash.Algorithm
	if a := set.Get(symbol.HashAlgo); a != nil {
		algo = algorithm(w, a.Val, ctx("while evaluating the attribute 'hashAlgo'"))
	}
	a = w.NeedAttr(set, symbol.ToHashFormat, ctx("while locating the attribute 'toHashFormat'"))
	name := w.ForceStringNoCtx(a.Val, 0, ctx("while evaluating the attribute 'toHashFormat'"))
	format, err := nixhash.ParseFormat(name)
	if err != nil {
		w.Fail(diag.Misuse(diag.InvalidHash, "unknown hash format '%s', expect 'base16', 'base32', 'base64', or 'sri'", name))
	}
	if name == "base32" {
		w.Advise(`"base32" is a deprecated alias for hash format "nix32".`)
	}
	return value.String(anyHash(w, text, algo).Text(format, format == nixhash.SRI))
}

func getEnv(w *worker, args []*cell, _ diag.Pos) value.Value {
	name := w.ForceStringNoCtx(args[0], 0, ctx("while evaluating the first argument passed to builtins.getEnv"))
	if w.Pure || w.Restricted || w.World.Env == nil {
		return value.String("")
	}
	return value.String(w.World.Env(name))
}
