package builtin

import (
	"strings"

	"firn/internal/diag"
	"firn/internal/format/storepath"
	"firn/internal/lang/eval"
	"firn/internal/lang/value"
)

func fetchClosure(w *worker, args []*cell, _ diag.Pos) value.Value {
	set := w.ForceAttrs(args[0], 0, ctx("while evaluating the argument passed to builtins.fetchClosure"))
	var call eval.ClosureCall
	var hasStore bool
	for _, a := range set.List() {
		name := a.Name.String()
		want := &eval.Step{Msg: "while evaluating the attribute '" + name + "' passed to builtins.fetchClosure"}
		switch name {
		case "fromPath":
			call.FromPath = coerceToStorePath(w, a, want)
		case "toPath":
			call.Rewrite = true
			if v := w.Force(a.Val, a.Pos); v.Kind() != value.KindString || v.Str() != "" {
				call.ToPath = coerceToStorePath(w, a, want)
			}
		case "fromStore":
			call.FromStore = w.ForceStringNoCtx(a.Val, a.Pos, want)
			hasStore = true
		case "inputAddressed":
			call.InputAddressed = w.ForceBool(a.Val, a.Pos, want)
		default:
			throw(w, diag.InvalidArgument, "attribute '%s' isn't supported in call to 'fetchClosure'", name)
		}
	}
	checkClosureCall(w, &call, hasStore)
	p, err := w.Fetcher().FetchClosure(call)
	w.Check(err)
	return stored(w, p)
}

func checkClosureCall(w *worker, call *eval.ClosureCall, hasStore bool) {
	const missing = "attribute '%s' is missing in call to 'fetchClosure'"
	switch {
	case call.FromPath == "":
		throw(w, diag.InvalidArgument, missing, "fromPath")
	case call.InputAddressed && call.Rewrite:
		throw(w, diag.InvalidArgument, "attribute '%s' is set to true, but '%s' is also set. Please remove one of them", "inputAddressed", "toPath")
	case !hasStore:
		throw(w, diag.InvalidArgument, missing, "fromStore")
	}
	scheme, _, ok := strings.Cut(call.FromStore, "://")
	inTest := w.World.Env != nil && w.World.Env("_NIX_IN_TEST") != ""
	if !ok || scheme != "http" && scheme != "https" && !(inTest && scheme == "file") {
		throw(w, diag.InvalidArgument, "'fetchClosure' only supports http:// and https:// stores")
	}
	if strings.Contains(call.FromStore, "?") {
		throw(w, diag.InvalidArgument, "'fetchClosure' does not support URL query parameters (in '%s')", call.FromStore)
	}
}

// coerceToStorePath turns an attribute into the path of a store object itself.
func coerceToStorePath(w *worker, a value.Attr, want eval.Tracer) storepath.Path {
	path, _ := w.CoerceCell(a.Val, a.Pos, want, eval.Coercion{})
	p, err := w.StoreDir.Parse(eval.CanonPath(path))
	if err != nil {
		w.FailFrom(diag.New(diag.NotInStore, "path '%s' is not in the Nix store", path), want, a.Pos)
	}
	return p
}
