package builtin

import (
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

func convertHash(w *worker, args []*cell, _ diag.Pos) value.Value {
	set := w.ForceAttrs(args[0], 0, ctx("while evaluating the first argument passed to builtins.convertHash"))
	a := w.NeedAttr(set, symbol.Hash, ctx("while locating the attribute 'hash'"))
	text := w.ForceStringNoCtx(a.Val, 0, ctx("while evaluating the attribute 'hash'"))
	var algo nixhash.Algorithm
	if a := set.Get(symbol.HashAlgo); a != nil {
		var err error
		algo, err = nixhash.ParseAlgorithm(w.ForceStringNoCtx(a.Val, 0, ctx("while evaluating the attribute 'hashAlgo'")))
		w.Check(err)
	}
	a = w.NeedAttr(set, symbol.ToHashFormat, ctx("while locating the attribute 'toHashFormat'"))
	format, err := nixhash.ParseFormat(w.ForceStringNoCtx(a.Val, 0, ctx("while evaluating the attribute 'toHashFormat'")))
	w.Check(err)
	h, err := nixhash.ParseAny(text, algo)
	w.Check(err)
	return value.String(h.Text(format, format == nixhash.SRI))
}

func getEnv(w *worker, args []*cell, _ diag.Pos) value.Value {
	name := w.ForceStringNoCtx(args[0], 0, ctx("while evaluating the first argument passed to builtins.getEnv"))
	if w.Pure || w.Restricted || w.World.Env == nil {
		return value.String("")
	}
	return value.String(w.World.Env(name))
}
