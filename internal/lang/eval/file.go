package eval

import (
	"strings"
	"sync"

	"firn/internal/diag"
	"firn/internal/format/storepath"
	"firn/internal/lang/symbol"
	"firn/internal/lang/syntax"
	"firn/internal/lang/value"
)

// A fileCache remembers every file's value, so that a file is read and
// evaluated once.
type fileCache struct {
	mu sync.RWMutex
	// resolved maps the paths that were imported to the files they are.
	resolved map[string]string
	values   map[string]*value.Value
}

func (c *fileCache) init() {
	c.resolved = make(map[string]string)
	c.values = make(map[string]*value.Value)
}

// ForgetFiles drops the cache of files, so that changed files are read again.
func (ev *Evaluator) ForgetFiles() {
	ev.files.mu.Lock()
	ev.files.init()
	ev.files.mu.Unlock()
}

// fileNode evaluates a file.
type fileNode struct {
	leaf
	path string
}

func (n *fileNode) thunk(w *Worker, env *value.Env) *value.Value { panic("eval: file in a program") }

func (n *fileNode) eval(w *Worker, _ *value.Env) value.Value {
	e := w.ParseFile(n.path)
	if w.Debugger != nil {
		e.n = n.debug(w, e.n)
	}
	w.Push(n, 0)
	r := w.Eval(e, nil)
	w.Pop()
	return r
}

// debug puts a frame around the program of the file.
func (n *fileNode) debug(w *Worker, program node) node {
	pos := program.at()
	if _, ok := program.(*letNode); ok {
		pos = 0 // as Nix has it: a let has no place
	}
	r := resolver{w.Evaluator, w.slabs}
	return r.debug(program, nil, pos, n.text())
}

func (n *fileNode) text() string { return diag.Msgf("while evaluating the file '%s':", n.path) }

func (n *fileNode) frames(_ *Worker, _ uint64, out []diag.Frame) []diag.Frame {
	return append(out, diag.Frame{Msg: n.text()})
}

// EvalFile evaluates a file, or default.nix of a directory.
func (w *Worker) EvalFile(path string) value.Value {
	return w.Force(w.FileCell(path), 0)
}

// FileCell returns the cell of a file's value, without forcing it.
func (w *Worker) FileCell(path string) *value.Value {
	c := &w.files
	c.mu.RLock()
	file, ok := c.resolved[path]
	cell := c.values[file]
	c.mu.RUnlock()
	if ok && cell != nil {
		return cell
	}
	file = w.ResolveFile(path)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.resolved[path] = file
	if cell = c.values[file]; cell == nil {
		cell = w.Cell(value.Thunk(w.exprs.add(&fileNode{path: file}), nil))
		c.values[file] = cell
	}
	return cell
}

const maxLinks = 1024

// ResolveFile follows symbolic links and appends default.nix to directories.
func (w *Worker) ResolveFile(path string) string {
	if strings.HasPrefix(path, InternalPrefix) {
		return path
	}
	for range maxLinks {
		t, err := w.World.Files.Lstat(path)
		w.Check(err)
		switch t {
		case Symlink:
			target, err := w.World.Files.ReadLink(path)
			w.Check(err)
			path = joinLink(path, target)
			continue
		case Directory:
			return CanonPath(path + "/default.nix")
		}
		return path
	}
	w.Fail(diag.New(diag.FileUnreadable, "too many symbolic links encountered while traversing the path '%s'", path))
	return ""
}

// joinLink returns what a link at path points to.
func joinLink(path, target string) string {
	if strings.HasPrefix(target, "/") {
		return CanonPath(target)
	}
	return CanonPath(Dir(path) + "/" + target)
}

// ParseFile reads and resolves a file.
func (w *Worker) ParseFile(path string) Code { return w.ParseFileIn(path, nil) }

// ParseFileIn is ParseFile in a scope of the caller's.
func (w *Worker) ParseFileIn(path string, scope *Scope) Code {
	origin := diag.Origin{Kind: diag.FromFile, Name: path}
	if text, ok := w.Internal[path]; ok {
		origin.Text = text
		return w.parse(text, "/", origin, scope)
	}
	text, err := w.World.Files.ReadFile(path)
	w.Check(err)
	return w.parse(text, Dir(path), origin, scope)
}

// ParseString resolves a text; base is where its relative paths start.
func (w *Worker) ParseString(text, base string, origin diag.OriginKind, scope *Scope) Code {
	return w.parse(text, base, diag.Origin{Kind: origin, Text: text}, scope)
}

// ParseOptions returns the options of the parser for a text.
func (w *Worker) ParseOptions(base string, origin diag.Origin) syntax.Options {
	return syntax.Options{
		Base: base, Home: w.World.Home, HomeErr: w.World.HomeErr,
		Positions: w.Positions, Origin: origin,
		PipeOperators:   w.Features("pipe-operators"),
		LintURLLiterals: w.LintURLLiterals, LintShortPaths: w.LintShortPaths, LintAbsolutePaths: w.LintAbsolutePaths,
		Warn: w.World.Warn,
	}
}

func (w *Worker) parse(text, base string, origin diag.Origin, scope *Scope) Code {
	w.arena.Reset()
	e, err := syntax.Parse(text, w.ParseOptions(base, origin), &w.arena)
	w.Check(err)
	w.count.Files++
	return w.Resolve(e, scope)
}

// CopyPath copies a path to the store as interpolation does, once per path.
func (w *Worker) CopyPath(path string) (string, *value.Context) {
	cache := w.Memo(copiesKey{}, func() any { return new(sync.Map) }).(*sync.Map)
	if c, ok := cache.Load(path); ok {
		c := c.(copied)
		return c.text, c.context
	}
	if strings.HasSuffix(path, ".drv") {
		w.Fail(diag.New(diag.InvalidName, "file names are not allowed to end in '%s'", ".drv"))
	}
	p, err := w.World.Store.AddSource(Source{Name: Base(path), Path: w.ResolveLinks(path, false), Method: storepath.NAR})
	w.Check(err)
	c := copied{w.StoreDir.Join(p), value.NewContext(value.Elem{Kind: value.Opaque, Path: p})}
	cache.Store(path, c)
	return c.text, c.context
}

type copiesKey struct{}

type copied struct {
	text    string
	context *value.Context
}

// internal reports whether a position lies in a file of firn's own, which
// traces leave out.
func (w *Worker) internal(p diag.Pos) bool {
	o := w.Positions.Origin(p)
	return o != nil && o.Kind == diag.FromFile && strings.HasPrefix(o.Name, InternalPrefix)
}

// InternalPrefix begins the names of the files that firn itself brings.
const InternalPrefix = "«nix-internal»/"

// PosValue makes the set that describes a position, or null.
func (w *Worker) PosValue(p diag.Pos) value.Value {
	o := w.Positions.Origin(p)
	if o == nil || o.Kind != diag.FromFile {
		return value.Null()
	}
	at := w.Positions.Resolve(p)
	list := w.AttrSlots(3)
	list = append(list,
		value.Attr{Name: symbol.File, Val: w.Cell(value.String(at.Origin.Name))},
		value.Attr{Name: symbol.Line, Val: w.Cell(value.Int(int64(at.Line)))},
		value.Attr{Name: symbol.Column, Val: w.Cell(value.Int(int64(at.Column)))})
	value.SortAttrs(list)
	return value.FromAttrs(w.NewAttrs(list))
}

// ShowElem prints an element of a string context as messages do.
func (ev *Evaluator) ShowElem(e value.Elem) string {
	path := ev.StoreDir.Join(e.Path)
	switch e.Kind {
	case value.Built:
		return path + "^" + strings.ReplaceAll(e.Outputs, "!", "^")
	case value.DrvDeep:
		return path + " (deep)"
	}
	return path
}

// Later returns a cell that evaluates the program when it is needed.
func (w *Worker) Later(c Code, env *value.Env) *value.Value {
	return w.Cell(value.Thunk(w.exprs.add(c.n), env))
}

// CheckNames fails if the text is no program or uses names that nothing
// defines.
func (w *Worker) CheckNames(text, base string, origin diag.Origin) {
	w.parse(text, base, origin, nil)
}
