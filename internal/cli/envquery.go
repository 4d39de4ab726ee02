package cli

import (
	"bufio"
	"context"
	"runtime"
	"slices"
	"strings"

	"firn/internal/diag"
	"firn/internal/lang/convert"
	"firn/internal/lang/eval"
	"firn/internal/lang/packages"
	"firn/internal/lang/symbol"
	"firn/internal/lang/value"
	"firn/internal/lang/version"
)

// A packageRow is what a query shows of one package. The fields that were not
// asked for are zero.
type packageRow struct {
	attrPath, name  string
	system          string
	drvPath         string
	outputName      string
	outputs         []packages.Output
	description     string
	meta            []metaEntry
	reached         int  // how far the query of this package got
	skip            bool // not asked for
	failedAssertion bool
}

// Stages of a query: a package that fails by assertion is shown in JSON as far
// as it got.
const (
	reachedNothing = iota
	reachedNames
	reachedOutputs
	reachedDrvPath
	reachedMeta
)

// A metaEntry is an attribute of meta. The value is nil if it is not plain data;
// json is its JSON form if JSON was asked for.
type metaEntry struct {
	name  string
	value *value.Value
	json  []byte
}

// An envQuery is one nix-env --query --available.
type envQuery struct {
	*evaluation
	out       *bufio.Writer
	filter    string
	selectors []*version.Selector
	failed    error // while printing
}

func (c *Call) queryAvailable(ctx context.Context) error {
	e, err := c.newEvaluation(ctx, true)
	if err != nil {
		return err
	}
	q := &envQuery{evaluation: e, out: bufio.NewWriter(c.Out)}
	q.filter = c.Config.General.System
	if s, ok := c.Value(&systemFilterFlag); ok {
		q.filter = s
	}
	for _, arg := range c.Args {
		s, err := version.ParseSelector(arg)
		if err != nil {
			return diag.As(err)
		}
		q.selectors = append(q.selectors, s)
	}
	rows, err := q.rows()
	if err != nil {
		return err
	}
	if rows, err = q.selected(rows); err != nil {
		return err
	}
	sortByName(rows)
	q.print(rows)
	if q.failed != nil {
		return q.failed
	}
	return q.out.Flush()
}

// rows evaluates all packages, on all cores.
func (q *envQuery) rows() (rows []*packageRow, err error) {
	q.OnWorkers(q.cores(), func(workers []*eval.Worker, start func(func())) {
		w := workers[0]
		var root *value.Value
		var o packages.Options
		if failure := w.Try(func() {
			o = packages.Options{AutoArgs: q.autoArgs(w), SkipFailures: true}
			root = q.root(w, o.AutoArgs)
		}); failure != nil {
			err = failure
			return
		}
		visited, failure := packages.VisitAll(workers, root, o, start, q.visit)
		if failure != nil {
			err = failure
			return
		}
		prefix, _ := q.call.Value(&attrFlag)
		rows, err = collect(visited, prefix)
	})
	return rows, err
}

func (q *envQuery) cores() int {
	if n := int(q.call.Config.Eval.Cores); n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}

// root is the value that packages are looked for in.
func (q *envQuery) root(w *eval.Worker, auto *value.Attrs) *value.Value {
	name, ok := q.call.Value(&envFileFlag)
	if !ok {
		name = w.World.Home + "/.nix-defexpr"
	}
	c := q.sourceValue(w, w.ResolveLinks(q.fileArgument(w, name), true))
	if path, ok := q.call.Value(&attrFlag); ok {
		c, _ = packages.Select(w, c, path, auto)
	}
	return c
}

// sourceValue evaluates a file or a directory with default.nix; other
// directories become a set of all expressions in them.
func (q *envQuery) sourceValue(w *eval.Worker, path string) *value.Value {
	t, err := w.World.Files.Lstat(path)
	w.Check(err)
	if t == "" {
		w.Fail(diag.New(diag.FileNotFound, "path '%s' does not exist", path))
	}
	if isExpression(w, path, t) {
		return w.Cell(w.EvalFile(path))
	}
	if t != eval.Directory {
		w.Fail(diag.New(diag.InvalidArgument, "path '%s' is not a directory or a Nix expression", path))
	}
	attrs := map[symbol.Symbol]*value.Value{symbol.Intern("_combineChannels"): value.EmptyList}
	q.gather(w, path, attrs)
	list := w.AttrSlots(len(attrs))
	for name, c := range attrs {
		list = append(list, value.Attr{Name: name, Val: c})
	}
	value.SortAttrs(list)
	return w.Cell(value.FromAttrs(w.NewAttrs(list)))
}

func isExpression(w *eval.Worker, path string, t eval.FileType) bool {
	if t == eval.Directory {
		t, err := w.World.Files.Lstat(w.ResolveLinks(path+"/default.nix", true))
		return err == nil && t == eval.Regular
	}
	return t == eval.Regular
}

// gather adds the expressions in a directory, by file name without ".nix".
func (q *envQuery) gather(w *eval.Worker, dir string, attrs map[symbol.Symbol]*value.Value) {
	entries, err := w.World.Files.ReadDir(dir)
	w.Check(err)
	slices.SortFunc(entries, func(a, b eval.DirEntry) int { return strings.Compare(a.Name, b.Name) })
	for _, e := range entries {
		if e.Name == "manifest.nix" {
			continue
		}
		path := w.ResolveLinks(eval.CanonPath(dir+"/"+e.Name), true)
		t, err := w.World.Files.Lstat(path)
		if err != nil || t == "" {
			continue // a link to nothing
		}
		switch {
		case isExpression(w, path, t) && (t != eval.Regular || strings.HasSuffix(path, ".nix")):
			name := symbol.Intern(strings.TrimSuffix(e.Name, ".nix"))
			if attrs[name] != nil {
				q.call.Log.Warn("name collision in input Nix expressions, skipping '" + path + "'")
				continue
			}
			attrs[name] = w.Cell(w.Apply(w.Global(symbol.Intern("import")), w.Cell(value.Path(path))))
		case t == eval.Directory:
			q.gather(w, path, attrs)
		}
	}
}

// visit evaluates what the command line asks of a package.
func (q *envQuery) visit(w *eval.Worker, p *packages.Package) any {
	c := q.call
	r := &packageRow{attrPath: p.AttrPath, name: p.Name}
	json, xml := c.Has(&envJSONFlag), c.Has(&envXMLFlag)
	if r.skip = q.filter != "*" && p.System(w) != q.filter || !q.wanted(p.Name); r.skip {
		return r
	}
	w.PushElementText("while querying the derivation named '%s'", p.Name)
	r.failedAssertion = w.Catch(func() {
		if json || xml || c.Has(&envSystemFlag) {
			r.system = p.System(w)
		}
		if json || xml {
			r.outputName = p.OutputName(w)
		}
		r.reached = reachedNames
		if json || xml || c.Has(&outPathFlag) {
			r.outputs = p.Outputs(w, c.Has(&outPathFlag))
		}
		r.reached = reachedOutputs
		if c.Has(&drvPathFlag) {
			if drv := p.DrvPath(w); drv != "" {
				r.drvPath = w.StoreDir.Join(drv)
			}
		}
		r.reached = reachedDrvPath
		if c.Has(&descriptionFlag) {
			r.description = p.MetaString(w, "description")
		}
		if c.Has(&metaFlag) && (json || xml) {
			r.queryMeta(w, p, json)
		}
		r.reached = reachedMeta
	})
	w.Pop()
	return r
}

func (q *envQuery) wanted(name string) bool {
	if len(q.selectors) == 0 {
		return true
	}
	for _, s := range q.selectors {
		if ok, err := s.Matches(name); ok || err != nil {
			return true
		}
	}
	return false
}

func (r *packageRow) queryMeta(w *eval.Worker, p *packages.Package, json bool) {
	meta := p.Meta(w)
	if meta == nil {
		return
	}
	for _, a := range meta.ByName() {
		name := a.Name.String()
		r.meta = append(r.meta, metaEntry{name: name})
		e := &r.meta[len(r.meta)-1]
		e.value = p.MetaValue(w, name)
		if e.value != nil && json {
			var set value.ContextSet
			e.json = convert.PrintJSON(w, e.value, 0, true, true, &set)
		}
	}
}

// collect returns the rows of the packages that were asked for; a failure other
// than an assertion ends the query.
func collect(visited []packages.Visited, prefix string) ([]*packageRow, error) {
	rows := make([]*packageRow, 0, len(visited))
	for i := range visited {
		v := &visited[i]
		if v.Err != nil {
			if eval.Catchable(v.Err) {
				continue
			}
			return nil, v.Err
		}
		r := v.Result.(*packageRow)
		if r.skip {
			continue
		}
		switch {
		case prefix != "" && r.attrPath != "":
			r.attrPath = prefix + "." + r.attrPath
		case prefix != "":
			r.attrPath = prefix
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// selected orders rows by the selector that matches them first, and fails for a
// selector that matches none.
func (q *envQuery) selected(rows []*packageRow) ([]*packageRow, error) {
	if len(q.selectors) == 0 {
		return rows, nil
	}
	var out []*packageRow
	taken := make([]bool, len(rows))
	for _, s := range q.selectors {
		hits := 0
		for i, r := range rows {
			ok, err := s.Matches(r.name)
			if err != nil {
				return nil, diag.As(err)
			}
			if !ok {
				continue
			}
			hits++
			if !taken[i] {
				taken[i] = true
				out = append(out, r)
			}
		}
		if hits == 0 && s.String() != "*" {
			return nil, diag.New(diag.InvalidArgument, "selector '%s' matches no derivations", s)
		}
	}
	return out, nil
}

// sortByName sorts without regard to case.
func sortByName(rows []*packageRow) {
	keys := make(map[*packageRow]string, len(rows))
	for _, r := range rows {
		keys[r] = strings.ToUpper(r.name)
	}
	slices.SortStableFunc(rows, func(a, b *packageRow) int { return strings.Compare(keys[a], keys[b]) })
}
