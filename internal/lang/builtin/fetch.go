package builtin

import (
	"firn/internal/diag"
	"firn/internal/format/storepath"
	"firn/internal/lang/convert"
	"firn/internal/lang/eval"
	"firn/internal/lang/symbol"
	"firn/internal/lang/value"
)

func fetchers() []eval.Builtin {
	return []eval.Builtin{
		{Name: "fetchurl", Args: []string{"arg"}, Fn: fetchurl, Doc: "Downloads a file and returns its store path. *arg* is the URL, or a set with `url` and perhaps `name` and `sha256`, the hash that the file must have. Not for builds: a derivation can download by itself, see `<nix/fetchurl.nix>`."},
		{Name: "fetchTarball", Global: true, Args: []string{"args"}, Fn: fetchTarball, Doc: "Downloads and unpacks an archive and returns the path of the tree. *args* is the URL, or a set with `url` and perhaps `name` and `sha256`, the hash that the tree must have. Without a hash the archive is downloaded again after `tarball-ttl` seconds."},
		{Name: "fetchGit", Global: true, Args: []string{"args"}, Fn: fetchGit, Doc: "Fetches a commit of a Git repository. *args* is a URL or path, or a set with `url` and perhaps `rev`, `ref`, `name`, `submodules`, `shallow`, `allRefs`, `exportIgnore` and others. The result has `outPath`, `rev`, `shortRev`, `revCount`, `lastModified`, `narHash` and more. A path without `ref` and `rev` gives the work tree with its changes."},
		{Name: "fetchMercurial", Global: true, Args: []string{"args"}, Fn: fetchMercurial, Doc: "Fetches a Mercurial repository by the program `hg`. *args* is a URL or path, or a set with `url` and perhaps `rev` (a commit, branch or tag) and `name`."},
		{Name: "fetchTree", Global: true, Args: []string{"input"}, Fn: fetchTree, Feature: "fetch-tree", Doc: "Fetches a tree or file by one of the supported schemes. *input* is a set with `type` (`\"path\"`, `\"file\"`, `\"tarball\"`, `\"git\"`, `\"hg\"`, `\"github\"`, …) and the scheme's attributes, or a URL. The result has `outPath`, `narHash` and what the scheme knows."},
		{Name: "parseFlakeRef", Args: []string{"ref"}, Fn: parseFlakeRef, Feature: "flakes", Refuses: true, Doc: "Returns the attributes that the flake reference *ref* stands for."},
		{Name: "flakeRefToString", Args: []string{"attrs"}, Fn: flakeRefToString, Feature: "flakes", Refuses: true, Doc: "Returns the flake reference with these attributes as a URL."},
		{Name: "getFlake", Args: []string{"args"}, Fn: getFlake, Feature: "flakes", Refuses: true, Doc: "Fetches a flake by the reference or path *args* and returns its outputs and what is known of it. In pure evaluation the reference must be locked."},
		{Name: "fetchClosure", Args: []string{"args"}, Fn: fetchClosure, Feature: "fetch-closure", Doc: "Copies the closure of a store path from a binary cache and returns the path. *args* has `fromStore`, the cache's URL, and `fromPath`. Without more, the path must be content-addressed. With `inputAddressed = true` it must not be, and the cache must be trusted. With `toPath`, the path is rewritten to the content-addressed one that `toPath` names; an empty string there makes the error name it."},
	}
}

// fileCall reads the argument of fetchurl and fetchTarball.
func fileCall(w *worker, c *cell, who string) eval.FileCall {
	const url = ctx("while evaluating the url we should fetch")
	var call eval.FileCall
	if w.Force(c, 0).Kind() != value.KindAttrs {
		call.URL = w.ForceStringNoCtx(c, 0, url)
		return call
	}
	call.IsSet = true
	for _, a := range c.Load().Attrs().List() {
		switch name := a.Name.String(); name {
		case "url":
			call.URL = w.ForceStringNoCtx(a.Val, a.Pos, url)
		case "sha256":
			call.SHA256 = w.ForceStringNoCtx(a.Val, a.Pos, ctx("while evaluating the sha256 of the content we should fetch"))
			call.HasHash = true
		case "name":
			call.Name = w.ForceStringNoCtx(a.Val, a.Pos, ctx("while evaluating the name of the content we should fetch"))
			call.HasName = true
		default:
			throw(w, diag.InvalidArgument, "unsupported argument '%s' to '%s'", name, who)
		}
	}
	if call.URL == "" {
		throw(w, diag.InvalidArgument, "'url' argument required")
	}
	return call
}

func fetchurl(w *worker, args []*cell, _ diag.Pos) value.Value {
	p, err := w.Fetcher().FetchFile(fileCall(w, args[0], "fetchurl"))
	w.Check(err)
	return stored(w, p)
}

func fetchTarball(w *worker, args []*cell, _ diag.Pos) value.Value {
	call := fileCall(w, args[0], "fetchTarball")
	call.URL = eval.ResolvePseudoURL(call.URL)
	p, err := w.Fetcher().FetchTarball(call)
	w.Check(err)
	return stored(w, p)
}

func fetchGit(w *worker, args []*cell, pos diag.Pos) value.Value {
	call := treeCall(w, args[0], "fetchGit")
	call.Git = true
	return fetchedTree(w, call, pos)
}

func fetchTree(w *worker, args []*cell, pos diag.Pos) value.Value {
	return fetchedTree(w, treeCall(w, args[0], "fetchTree"), pos)
}

func fetchedTree(w *worker, call eval.TreeCall, pos diag.Pos) value.Value {
	list, err := w.Fetcher().FetchTree(call)
	w.Check(err)
	return fetched(w, list, pos)
}

// treeCall reads the argument of fetchTree and fetchGit.
func treeCall(w *worker, c *cell, who string) eval.TreeCall {
	if w.Force(c, 0).Kind() != value.KindAttrs {
		want := &eval.Step{Msg: "while evaluating the first argument passed to '" + who + "'"}
		s, _ := w.CoerceCell(c, 0, want, eval.Coercion{})
		return eval.TreeCall{URL: s}
	}
	call := eval.TreeCall{IsSet: true}
	for _, a := range c.Load().Attrs().ByName() {
		if a.Name == symbol.Type {
			want := &eval.Step{Msg: "while evaluating the `type` argument passed to '" + who + "'"}
			w.ForceStringNoCtx(a.Val, a.Pos, want)
		}
		call.Attrs = append(call.Attrs, eval.FetchAttr{Name: a.Name.String(), Value: fetchValue(w, a, who)})
	}
	return call
}

func fetchValue(w *worker, a value.Attr, who string) any {
	switch v := w.Force(a.Val, a.Pos); v.Kind() {
	case value.KindString, value.KindPath:
		s, _ := w.CoerceCell(a.Val, a.Pos, eval.NoFrame, eval.Coercion{})
		return s
	case value.KindBool:
		return v.Bool()
	case value.KindInt:
		if v.Int() < 0 {
			throw(w, diag.InvalidArgument, "negative value given for '%s' argument '%s': %s", who, eval.Ident(a.Name), v.Int())
		}
		return uint64(v.Int())
	default:
		if a.Name.String() == "publicKeys" {
			w.Require("verified-fetches", "")
			var set value.ContextSet
			return string(convert.PrintJSON(w, a.Val, 0, true, true, &set))
		}
		throw(w, diag.WrongType, "argument '%s' to '%s' is %s while a string, Boolean or integer is expected", eval.Ident(a.Name), who, w.Describe(v))
	}
	return nil
}

// fetched makes the set of a fetcher's attributes.
func fetched(w *worker, list []eval.FetchAttr, pos diag.Pos) value.Value {
	out := w.AttrSlots(len(list))
	for _, a := range list {
		out = append(out, value.Attr{Name: symbol.Intern(a.Name), Pos: pos, Val: fetchedCell(w, a.Value)})
	}
	value.SortAttrs(out)
	return value.FromAttrs(w.NewAttrs(out))
}

func fetchedCell(w *worker, v any) *cell {
	switch v := v.(type) {
	case string:
		return w.Cell(value.String(v))
	case bool:
		return boolCell(v)
	case uint64:
		return w.Cell(value.Int(int64(v)))
	case storepath.Path:
		return w.Cell(stored(w, v))
	case func() (uint64, error):
		return w.Delayed(func(w *worker) value.Value {
			n, err := v()
			w.Check(err)
			return value.Int(int64(n))
		})
	}
	panic("builtin: a fetcher returned a value of no known type")
}

func fetchMercurial(w *worker, args []*cell, pos diag.Pos) value.Value {
	var url, rev, name string
	if w.Force(args[0], 0).Kind() != value.KindAttrs {
		url, _ = w.CoerceCell(args[0], 0, ctx("while evaluating the first argument passed to builtins.fetchMercurial"), eval.Coercion{})
	} else {
		for _, a := range args[0].Load().Attrs().List() {
			switch a.Name.String() {
			case "url":
				url, _ = w.CoerceCell(a.Val, a.Pos, ctx("while evaluating the `url` attribute passed to builtins.fetchMercurial"), eval.Coercion{})
			case "rev":
				rev = w.ForceStringNoCtx(a.Val, a.Pos, ctx("while evaluating the `rev` attribute passed to builtins.fetchMercurial"))
			case "name":
				name = w.ForceStringNoCtx(a.Val, a.Pos, ctx("while evaluating the `name` attribute passed to builtins.fetchMercurial"))
			default:
				w.Fail(diag.New(diag.InvalidArgument, "unsupported argument '%s' to 'fetchMercurial'", eval.Ident(a.Name)).At(a.Pos))
			}
		}
	}
	list, err := w.Fetcher().FetchMercurial(url, rev, name)
	w.Check(err)
	return fetched(w, list, pos)
}

func getFlake(w *worker, args []*cell, _ diag.Pos) value.Value {
	w.Require("flakes", "")
	return throw(w, diag.NotYet, "firn has no flakes yet")
}

func parseFlakeRef(w *worker, args []*cell, pos diag.Pos) value.Value {
	w.Require("flakes", "")
	s := w.ForceStringNoCtx(args[0], 0, ctx("while evaluating the argument passed to builtins.parseFlakeRef"))
	list, err := w.Fetcher().ParseRef(s)
	w.Check(err)
	return fetched(w, list, 0)
}

func flakeRefToString(w *worker, args []*cell, _ diag.Pos) value.Value {
	w.Require("flakes", "")
	set := w.ForceAttrs(args[0], 0, ctx("while evaluating the argument passed to builtins.flakeRefToString"))
	var list []eval.FetchAttr
	for _, a := range set.ByName() {
		var x any
		switch v := w.Force(a.Val, 0); v.Kind() {
		case value.KindInt:
			if v.Int() < 0 {
				throw(w, diag.InvalidArgument, "negative value given for flake ref attr %s: %s", eval.Ident(a.Name), v.Int())
			}
			x = uint64(v.Int())
		case value.KindBool:
			x = v.Bool()
		case value.KindString:
			x = v.Str()
		default:
			throw(w, diag.WrongType, "flake reference attribute sets may only contain integers, Booleans, and strings, but attribute '%s' is %s", eval.Ident(a.Name), w.Describe(v))
		}
		list = append(list, eval.FetchAttr{Name: a.Name.String(), Value: x})
	}
	s, err := w.Fetcher().FormatRef(list)
	w.Check(err)
	return value.String(s)
}
