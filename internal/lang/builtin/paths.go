package builtin

import (
	"strings"

	"firn/internal/diag"
	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
	"firn/internal/lang/eval"
	"firn/internal/lang/symbol"
	"firn/internal/lang/value"
)

func paths() []eval.Builtin {
	return []eval.Builtin{
		{Name: "baseNameOf", Global: true, Args: []string{"x"}, Fn: baseNameOf, Doc: "Returns what follows the last slash of *x*, not counting one at its end. The result keeps the context."},
		{Name: "dirOf", Global: true, Args: []string{"s"}, Fn: dirOf, Doc: "Returns what precedes the last slash of *s*; a path if *s* is one."},
		{Name: "toPath", Args: []string{"s"}, Fn: toPath, Doc: "Deprecated. Checks that *s* is an absolute path and returns it as a string, made canonical. Write `/. + s` instead."},
		{Name: "placeholder", Global: true, Args: []string{"output"}, Fn: placeholder, Doc: "Returns a string that a build replaces by the path of its output *output*."},
		{Name: "storePath", Args: []string{"path"}, Fn: storePath, Doc: "Returns *path*, which must be in the store, as a string that refers to the store object. Not available in pure evaluation."},
		{Name: "toFile", Args: []string{"name", "s"}, Fn: toFile, Doc: "Puts the text *s* into the store as a file called *name* and returns its path. *s* may refer to store objects, but not to the outputs of derivations."},
		{Name: "filterSource", Args: []string{"f", "path"}, Fn: filterSource, Doc: "Copies *path* to the store without the files for which *f* returns `false`; *f* gets the path as a string and the file's type. Consider `builtins.path`, which also sets the name."},
		{Name: "path", Args: []string{"args"}, Fn: pathBuiltin, Doc: "Copies a path to the store. *args* has `path`, and perhaps `name`, `filter` (as for `filterSource`), `recursive` (`false` stores the bytes of a single file) and `sha256`, the hash that the copy must have."},
	}
}

func baseNameOf(w *worker, args []*cell, _ diag.Pos) value.Value {
	s, c := w.CoerceCell(args[0], 0, ctx("while evaluating the first argument passed to builtins.baseNameOf"), eval.Coercion{})
	if len(s) > 1 && s[len(s)-1] == '/' {
		s = s[:len(s)-1]
	}
	return value.StringWith(s[strings.LastIndexByte(s, '/')+1:], c)
}

func dirOf(w *worker, args []*cell, _ diag.Pos) value.Value {
	v := w.Force(args[0], 0)
	if v.Kind() == value.KindPath {
		return value.Path(eval.Dir(v.Str()))
	}
	s, c := w.CoerceCell(args[0], 0, ctx("while evaluating the first argument passed to 'builtins.dirOf'"), eval.Coercion{})
	switch i := strings.LastIndexByte(s, '/'); i {
	case -1:
		s = "."
	case 0:
		s = "/"
	default:
		s = s[:i]
	}
	return value.StringWith(s, c)
}

func toPath(w *worker, args []*cell, _ diag.Pos) value.Value {
	s, c := w.CoerceToPath(args[0], 0, ctx("while evaluating the first argument passed to builtins.toPath"))
	return value.StringWith(s, c)
}

func placeholder(w *worker, args []*cell, _ diag.Pos) value.Value {
	return value.String(storepath.HashPlaceholder(w.ForceStringNoCtx(args[0], 0, ctx("while evaluating the first argument passed to builtins.placeholder"))))
}

func storePath(w *worker, args []*cell, _ diag.Pos) value.Value {
	if w.Pure {
		return throw(w, diag.ForbiddenPure, "'%s' is not allowed in pure evaluation mode", "builtins.storePath")
	}
	path, context := w.CoerceToPath(args[0], 0, ctx("while evaluating the first argument passed to 'builtins.storePath'"))
	if _, err := w.StoreDir.Parse(path); err != nil {
		path = w.ResolveLinks(path, true)
	}
	p, _, err := w.StoreDir.ParseInside(path)
	if err != nil {
		return throw(w, diag.NotInStore, "path '%s' is not in the Nix store", path)
	}
	w.Check(w.World.Store.EnsureValid(p))
	return value.StringWith(path, context.Union(value.NewContext(value.Elem{Kind: value.Opaque, Path: p})))
}

// stored is the string of a store path that refers to itself.
func stored(w *worker, p storepath.Path) value.Value {
	return value.StringWith(w.StoreDir.Join(p), value.NewContext(value.Elem{Kind: value.Opaque, Path: p}))
}

func toFile(w *worker, args []*cell, _ diag.Pos) value.Value {
	name := w.ForceStringNoCtx(args[0], 0, ctx("while evaluating the first argument passed to builtins.toFile"))
	text, context := w.ForceString(args[1], 0, ctx("while evaluating the second argument passed to builtins.toFile"))
	var refs []storepath.Path
	for _, e := range context.Elems() {
		if e.Kind != value.Opaque {
			return throw(w, diag.ContextNotAllowed, "files created by %s may not reference derivations, but %s references %s",
				"builtins.toFile", name, rawElem(e))
		}
		refs = append(refs, e.Path)
	}
	p, err := w.World.Store.AddText(name, []byte(text), refs)
	w.Check(err)
	return stored(w, p)
}

// addPath copies a tree to the store, with a frame that names it. expected may
// be zero.
func addPath(w *worker, s eval.Source, context *value.Context, expected nixhash.Hash) value.Value {
	w.PushAdding(s.Path)
	if context != nil {
		addReferences(w, &s, context)
	}
	var want storepath.Path
	if !expected.IsZero() {
		var err error
		want, err = w.StoreDir.MakeFixed(s.Name, storepath.ContentAddress{Method: s.Method, Hash: expected}, storepath.References{Others: s.References})
		w.Check(err)
		if w.World.Store.IsValid(want) {
			w.Pop()
			return stored(w, want)
		}
	}
	source := s.Path
	s.Path = w.ResolveLinks(s.Path, true)
	p, err := w.World.Store.AddSource(s)
	w.Check(err)
	if want != "" && want != p {
		throw(w, diag.HashMismatch, "store path mismatch in (possibly filtered) path added from '%s'", source)
	}
	w.Pop()
	return stored(w, p)
}

// addReferences builds what the path needs; a copy of a store object keeps its
// references.
func addReferences(w *worker, s *eval.Source, context *value.Context) {
	s.Path = w.Rewrite(s.Path, w.RealiseContext(context))
	if p, _, err := w.StoreDir.ParseInside(s.Path); err == nil {
		// A path that is not valid has none.
		s.References, _ = w.World.Store.References(p)
	}
}

// pathFilter wraps the filter function of a program. Its failures come back as
// errors, for the store is in the middle of its work.
func pathFilter(w *worker, f value.Value) func(string, eval.FileType) (bool, error) {
	return func(path string, t eval.FileType) (keep bool, err error) {
		if e := w.Try(func() {
			r := w.Call2(f, w.Cell(value.String(path)), w.Cell(value.String(string(t))), 0)
			keep = w.NeedBool(r, 0, ctx("while evaluating the return value of the path filter function"))
		}); e != nil {
			return false, e
		}
		return keep, nil
	}
}

func filterSource(w *worker, args []*cell, _ diag.Pos) value.Value {
	path, context := w.CoerceToPath(args[1], 0, ctx("while evaluating the second argument (the path to filter) passed to 'builtins.filterSource'"))
	f := w.ForceFunction(args[0], 0, ctx("while evaluating the first argument passed to builtins.filterSource"))
	return addPath(w, eval.Source{Path: path, Name: eval.Base(path), Method: storepath.NAR, Filter: pathFilter(w, f)}, context, nixhash.Hash{})
}

func pathBuiltin(w *worker, args []*cell, _ diag.Pos) value.Value {
	s := eval.Source{Method: storepath.NAR}
	var context *value.Context
	var expected nixhash.Hash
	set := w.ForceAttrs(args[0], 0, ctx("while evaluating the argument passed to 'builtins.path'"))
	for _, a := range set.List() {
		switch a.Name {
		case symbol.Path:
			s.Path, context = w.CoerceToPath(a.Val, a.Pos, ctx("while evaluating the 'path' attribute passed to 'builtins.path'"))
		case symbol.Name:
			s.Name = w.ForceStringNoCtx(a.Val, a.Pos, ctx("while evaluating the `name` attribute passed to builtins.path"))
		case symbol.Filter:
			s.Filter = pathFilter(w, w.ForceFunction(a.Val, a.Pos, ctx("while evaluating the `filter` parameter passed to builtins.path")))
		case symbol.Recursive:
			if !w.ForceBool(a.Val, a.Pos, ctx("while evaluating the `recursive` attribute passed to builtins.path")) {
				s.Method = storepath.Flat
			}
		case symbol.Sha256:
			text := w.ForceStringNoCtx(a.Val, a.Pos, ctx("while evaluating the `sha256` attribute passed to builtins.path"))
			expected = parseHash(w, text, nixhash.SHA256)
		default:
			return w.Fail(diag.New(diag.InvalidArgument, "unsupported argument '%s' to 'builtins.path'", eval.Ident(a.Name)).At(a.Pos))
		}
	}
	if s.Path == "" {
		return throw(w, diag.InvalidArgument, "missing required 'path' attribute in the first argument to 'builtins.path'")
	}
	if s.Name == "" {
		s.Name = eval.Base(s.Path)
	}
	return addPath(w, s, context, expected)
}

// parseHash reads a hash of a known algorithm; an empty text is the
// hash of zeroes, with a warning.
func parseHash(w *worker, text string, algo nixhash.Algorithm) nixhash.Hash {
	if text != "" {
		return anyHash(w, text, algo)
	}
	if !algo.Valid() {
		throw(w, diag.InvalidHash, "empty hash requires explicit hash algorithm")
	}
	h, err := nixhash.FromBytes(algo, make([]byte, algo.Size()))
	w.Check(err)
	w.Advise("found empty hash, assuming '%s'", h.SRI())
	return h
}
