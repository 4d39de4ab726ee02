package eval

import (
	"strings"
	"sync"

	"firn/internal/diag"
	"firn/internal/lang/value"
)

// RealiseContext makes everything that a context refers to valid, building
// where need be, and returns the paths that placeholders stand for.
func (w *Worker) RealiseContext(c *value.Context) map[string]string {
	if c == nil {
		return nil
	}
	var built []value.Elem
	for _, e := range c.Elems() {
		if e.Kind == value.Built {
			built = append(built, e)
		}
		if !w.World.Store.IsValid(e.Path) {
			w.Fail(diag.New(diag.InvalidStorePath, "path '%s' is not valid", w.StoreDir.Join(e.Path)))
		}
	}
	if len(built) == 0 {
		return nil
	}
	if !w.AllowIFD {
		w.Fail(diag.New(diag.ImportFromDerivation,
			"cannot build '%s' during evaluation because the option 'allow-import-from-derivation' is disabled", w.ShowElem(built[0])))
	}
	if w.TraceIFD {
		w.Advise("built '%s' during evaluation due to an import from derivation", w.ShowElem(built[0]))
	}
	paths, err := w.World.Store.Realise(built)
	w.Check(err)
	return paths
}

// Rewrite replaces placeholders in s.
func (w *Worker) Rewrite(s string, paths map[string]string) string {
	for from, to := range paths {
		s = strings.ReplaceAll(s, from, to)
	}
	return s
}

// RealiseString coerces a cell to a string with everything that it refers to
// built.
func (w *Worker) RealiseString(c *value.Value) string {
	s, context := w.CoerceCell(c, 0, Ctx("while realising a string"), Coercion{Copy: true})
	return w.Rewrite(s, w.RealiseContext(context))
}

// contextOf words the frame of realising a path.
type contextOf string

func (p *contextOf) frames(_ *Worker, _ uint64, out []diag.Frame) []diag.Frame {
	return append(out, diag.Frame{Msg: diag.Msgf("while realising the context of path '%s'", string(*p))})
}

// PushContextOf enters the frame of realising the context of a path.
func (w *Worker) PushContextOf(path string) {
	p := contextOf(path)
	w.Push(&p, 0)
}

type adding string

func (p *adding) frames(_ *Worker, _ uint64, out []diag.Frame) []diag.Frame {
	return append(out, diag.Frame{Msg: diag.Msgf("while adding path '%s'", string(*p))})
}

// PushAdding enters the frame of adding a path to the store.
func (w *Worker) PushAdding(path string) {
	p := adding(path)
	w.Push(&p, 0)
}

// CatchForbidden runs f and reports whether it failed because the evaluation
// may not see a path.
func (w *Worker) CatchForbidden(f func()) bool {
	return w.catch(f, func(e *diag.Error) bool {
		return e.Code == diag.ForbiddenPure || e.Code == diag.ForbiddenRestricted
	}) != nil
}

// ResolveLinks resolves the symbolic links in a path: in all its components, or
// in all but the last. Components that don't exist stay as they are.
func (w *Worker) ResolveLinks(path string, last bool) string {
	cache := w.Memo(linksKey{}, func() any { return new(sync.Map) }).(*sync.Map)
	if !last {
		dir := Dir(path)
		if path == "/" {
			return path
		}
		dir = w.resolveAll(dir, cache)
		if dir == "/" {
			return "/" + Base(path)
		}
		return dir + "/" + Base(path)
	}
	return w.resolveAll(path, cache)
}

type linksKey struct{}

// resolveAll resolves from the root down and remembers directories.
func (w *Worker) resolveAll(path string, cache *sync.Map) string {
	if path == "/" || strings.HasPrefix(path, InternalPrefix) {
		return path
	}
	if r, ok := cache.Load(path); ok {
		return r.(string)
	}
	given := path
	for range maxLinks {
		dir := w.resolveAll(Dir(path), cache)
		if dir != "/" {
			dir += "/"
		}
		path = dir + Base(path)
		t, err := w.World.Files.Lstat(path)
		w.Check(err)
		if t != Symlink {
			if t == Directory {
				cache.Store(given, path)
			}
			return path
		}
		target, err := w.World.Files.ReadLink(path)
		w.Check(err)
		path = joinLink(path, target)
		if path == "/" {
			return path
		}
	}
	w.Fail(diag.New(diag.FileUnreadable, "too many symbolic links encountered while traversing the path '%s'", given))
	return ""
}

// SingleElem forces a cell that must hold a string which refers to exactly one
// store object, and returns that reference.
func (w *Worker) SingleElem(c *value.Value, ctx Tracer) value.Elem {
	s, context := w.ForceString(c, 0, ctx)
	elems := context.Elems()
	if len(elems) != 1 {
		w.FailFrom(diag.New(diag.InvalidContext,
			"string '%s' has %s entries in its context. It should only have exactly one entry", s, len(elems)), ctx, 0)
	}
	if elems[0].Kind == value.DrvDeep {
		w.FailFrom(diag.New(diag.InvalidContext,
			"string '%s' has a context which refers to a complete source and binary closure. This is not supported at this time", s), ctx, 0)
	}
	return elems[0]
}
