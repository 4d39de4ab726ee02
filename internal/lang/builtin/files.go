package builtin

import (
	"strings"

	"firn/internal/diag"
	"firn/internal/format/nixhash"
	"firn/internal/lang/eval"
	"firn/internal/lang/symbol"
	"firn/internal/lang/value"
)

func files() []eval.Builtin {
	return []eval.Builtin{
		{Name: "import", Global: true, Args: []string{"path"}, Fn: importFile, Doc: "Evaluates the file *path* (or its `default.nix`, if it is a directory) and returns its value. Every file is evaluated once. Importing a `.drv` in the store returns the derivation."},
		{Name: "scopedImport", Global: true, Args: []string{"scope", "path"}, Fn: scopedImport, Doc: "Like `import`, with the attributes of *scope* as variables in the file. The result is not remembered."},
		{Name: "pathExists", Args: []string{"path"}, Fn: pathExists, Doc: "Returns `true` if *path* exists. A string that ends in a slash must name a directory. What the evaluation may not see does not exist."},
		{Name: "readFile", Args: []string{"path"}, Fn: readFile, Doc: "Returns the contents of the file *path*, which must have no zero bytes. A file in the store brings the references that occur in it."},
		{Name: "readDir", Args: []string{"path"}, Fn: readDir, Doc: "Returns the entries of the directory *path*: a set of names, each with its type as by `readFileType`."},
		{Name: "readFileType", Args: []string{"path"}, Fn: readFileType, Doc: "Returns the type of *path*: `\"regular\"`, `\"directory\"`, `\"symlink\"` or `\"unknown\"`."},
		{Name: "hashFile", Args: []string{"type", "path"}, Fn: hashFile, Doc: "Returns the hash of the contents of the file *path* in base 16; *type* is `\"md5\"`, `\"sha1\"`, `\"sha256\"` or `\"sha512\"`."},
		{Name: "findFile", Args: []string{"search-path", "name"}, Fn: findFile, Doc: "Looks *name* up in *search-path*, a list like `builtins.nixPath`. This is what `<name>` does, with `__nixPath`."},
	}
}

// realise coerces a cell to a path and builds what its context asks for. With
// follow, symbolic links are resolved throughout.
func realise(w *worker, c *cell, links linkMode) string {
	path, context := w.CoerceToPath(c, 0, ctx("while realising the context of a path"))
	if context == nil && links == keepLinks {
		return path
	}
	w.PushContextOf(path)
	if context != nil {
		path = w.Rewrite(path, w.RealiseContext(context))
	}
	switch links {
	case followAll:
		path = w.ResolveLinks(path, true)
	case followParents:
		path = w.ResolveLinks(path, false)
	}
	w.Pop()
	return path
}

// linkMode says which symbolic links a path is rid of.
type linkMode uint8

const (
	keepLinks linkMode = iota
	followParents
	followAll
)

func importFile(w *worker, args []*cell, _ diag.Pos) value.Value {
	path := realise(w, args[0], keepLinks)
	if d, ok := storedDerivation(w, path); ok {
		return d
	}
	return w.EvalFile(path)
}

func scopedImport(w *worker, args []*cell, _ diag.Pos) value.Value {
	path := realise(w, args[1], keepLinks)
	if d, ok := storedDerivation(w, path); ok {
		return d
	}
	set := w.ForceAttrs(args[0], 0, ctx("while evaluating the first argument passed to builtins.scopedImport"))
	list := set.List()
	names := make([]symbol.Symbol, len(list))
	env := w.Env(nil, len(list))
	for i := range list {
		names[i] = list[i].Name
		env.SetSlot(i, list[i].Val)
	}
	code := w.ParseFileIn(w.ResolveFile(path), eval.NewScope(nil, names...))
	return w.Eval(code, env)
}

func pathExists(w *worker, args []*cell, _ diag.Pos) value.Value {
	v := w.Force(args[0], 0)
	links, dir := followParents, false
	if v.Kind() == value.KindString {
		dir = strings.HasSuffix(v.Str(), "/") || strings.HasSuffix(v.Str(), "/.")
	}
	if dir {
		links = followAll
	}
	var t eval.FileType
	if w.CatchForbidden(func() {
		path := realise(w, args[0], links)
		var err error
		t, err = w.World.Files.Lstat(path)
		w.Check(err)
		if t == "" && path == string(w.StoreDir) {
			t = eval.Directory // there is always a store, empty perhaps
		}
	}) {
		return value.Bool(false)
	}
	return value.Bool(t != "" && (!dir || t == eval.Directory))
}

// contents reads a file that a builtin was given.
func contents(w *worker, c *cell) (text, path string) {
	path = realise(w, c, followAll)
	text, err := w.World.Files.ReadFile(path)
	w.Check(err)
	return text, path
}

func readFile(w *worker, args []*cell, _ diag.Pos) value.Value {
	text, path := contents(w, args[0])
	if strings.IndexByte(text, 0) >= 0 {
		return throw(w, diag.InvalidArgument, "the contents of the file '%s' cannot be represented as a Nix string", path)
	}
	return value.StringWith(text, fileContext(w, path, text))
}

// fileContext returns the references of a file in the store, as far as they
// occur in its text.
func fileContext(w *worker, path, text string) *value.Context {
	p, _, err := w.StoreDir.ParseInside(path)
	if err != nil {
		return nil
	}
	refs, err := w.World.Store.References(p)
	if err != nil || len(refs) == 0 {
		return nil
	}
	var elems []value.Elem
	for _, r := range refs {
		if strings.Contains(text, r.HashPart()) {
			elems = append(elems, value.Elem{Kind: value.Opaque, Path: r})
		}
	}
	return value.NewContext(elems...)
}

func readDir(w *worker, args []*cell, _ diag.Pos) value.Value {
	path := realise(w, args[0], followAll)
	entries, err := w.World.Files.ReadDir(path)
	if t, e := w.World.Files.Lstat(path); err != nil && e == nil && t != "" && t != eval.Directory {
		return throw(w, diag.FileUnreadable, "'%s' is not a directory", path)
	}
	w.Check(err)
	list := w.AttrSlots(len(entries))
	for _, e := range entries {
		list = append(list, value.Attr{Name: symbol.Intern(e.Name), Val: w.Cell(value.String(string(e.Type)))})
	}
	value.SortAttrs(list)
	return value.FromAttrs(w.NewAttrs(list))
}

func readFileType(w *worker, args []*cell, _ diag.Pos) value.Value {
	path := realise(w, args[0], keepLinks)
	refuseLinks(w, path)
	t, err := w.World.Files.Lstat(path)
	w.Check(err)
	if t == "" {
		return throw(w, diag.FileNotFound, "path '%s' does not exist", path)
	}
	return value.String(string(t))
}

// refuseLinks fails if a folder on the way to path is a symbolic link. Nix: all
// other builtins follow these.
func refuseLinks(w *worker, path string) {
	for i := 1; i < len(path); i++ {
		if path[i] != '/' {
			continue
		}
		t, err := w.World.Files.Lstat(path[:i])
		w.Check(err)
		if t == eval.Symlink {
			throw(w, diag.FileUnreadable, "path '%s' is a symlink", path[:i])
		}
	}
}

func hashFile(w *worker, args []*cell, _ diag.Pos) value.Value {
	algo := algorithm(w, args[0], ctx("while evaluating the first argument passed to builtins.hashFile"))
	text, _ := contents(w, args[1])
	return value.String(nixhash.Sum(algo, []byte(text)).Base16())
}

func findFile(w *worker, args []*cell, _ diag.Pos) value.Value {
	items := w.ForceList(args[0], 0, ctx("while evaluating the first argument passed to builtins.findFile"))
	entries := make([]eval.SearchEntry, len(items))
	for i, c := range items {
		entries[i] = searchEntry(w, c)
	}
	name := w.ForceStringNoCtx(args[1], 0, ctx("while evaluating the second argument passed to builtins.findFile"))
	return value.Path(w.FindFile(entries, name, 0))
}

func searchEntry(w *worker, c *cell) eval.SearchEntry {
	var e eval.SearchEntry
	set := w.ForceAttrs(c, 0, ctx("while evaluating an element of the list passed to builtins.findFile"))
	if a := set.Get(symbol.Prefix); a != nil {
		e.Prefix = w.ForceStringNoCtx(a.Val, 0, ctx("while evaluating the `prefix` attribute of an element of the list passed to builtins.findFile"))
	}
	a := w.NeedAttr(set, symbol.Path, ctx("in an element of the __nixPath"))
	path, context := w.CoerceCell(a.Val, 0, ctx("while evaluating the `path` attribute of an element of the list passed to builtins.findFile"), eval.Coercion{})
	e.Path = path
	if context != nil {
		e.Path = w.Rewrite(path, w.RealiseContext(context))
	}
	return e
}
