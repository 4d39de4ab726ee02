package repl

import (
	"fmt"
	"slices"
	"strings"

	"firn/internal/diag"
	"firn/internal/lang/eval"
	"firn/internal/lang/syntax"
	"firn/internal/lang/value"
)

// maxShown is how many names of a loaded set are shown.
const maxShown = 20

// addAttrs adds the attributes of a set as variables.
func (r *Repl) addAttrs(c *value.Value) {
	set := r.w.ForceAttrs(c, 0, eval.Ctx("while evaluating an attribute set to be merged in the global scope"))
	r.needRoom(set.Len())
	list := set.ByName()
	for _, a := range list {
		r.bindValue(a.Name, a.Val)
	}
	r.host.Notice(fmt.Sprintf("Added %d variables.", len(list)))
	r.lastLoaded = set
	var names []string
	for _, a := range list[:min(len(list), maxShown)] {
		names = append(names, string(syntax.AppendIdentifier(nil, a.Name.String())))
	}
	r.host.Notice(strings.Join(names, ", "))
	if len(list) > maxShown {
		r.host.Notice(fmt.Sprintf("... and %d more; view with :ll", len(list)-maxShown))
	}
}

// loadFile adds what a file evaluates to and remembers it for :reload.
func (r *Repl) loadFile(arg string) {
	w := r.w
	v := w.AutoCall(r.host.AutoArgs(w), w.EvalFile(r.host.FileArgument(w, arg)))
	r.addAttrs(w.Cell(v))
	r.files = append(slices.DeleteFunc(r.files, func(f string) bool { return f == arg }), arg)
}

func (r *Repl) loadFlake(ref string) error {
	if ref == "" {
		return diag.New(diag.Usage, "cannot use ':load-flake' without a path specified. (Use '.' for the current working directory.)")
	}
	c, err := r.host.LoadFlake(r.w, ref)
	if err != nil {
		return err
	}
	r.addAttrs(c)
	r.flakes = append(slices.DeleteFunc(r.flakes, func(f string) bool { return f == ref }), ref)
	return nil
}

// loadFiles loads the files that were loaded before and what the command line
// names. What fails stays in the list; a failure to find out what the command
// line names is raised.
func (r *Repl) loadFiles() {
	for _, f := range slices.Clone(r.files) {
		r.host.Notice(`Loading "` + f + `"...`)
		r.attempt(func() error { r.loadFile(f); return nil })
	}
	if r.Preload == nil {
		return
	}
	for _, p := range r.Preload(r.w) {
		r.host.Notice("Loading installable '" + p.Text + "'...")
		r.attempt(func() error { r.addAttrs(p.Cell); return nil })
	}
}

func (r *Repl) loadFlakes() {
	for _, f := range slices.Clone(r.flakes) {
		r.host.Notice("Loading flake '" + f + "'...")
		r.attempt(func() error { return r.loadFlake(f) })
	}
}

// attempt shows the failure of f.
func (r *Repl) attempt(f func() error) {
	var err error
	if failure := r.w.Try(func() { err = f() }); failure != nil {
		err = failure
	}
	if err != nil {
		r.host.Error(err)
	}
}

func (r *Repl) reload() {
	r.w.ForgetFiles()
	r.reset()
	r.loadFiles()
	r.loadFlakes()
}
