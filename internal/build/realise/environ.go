package realise

import (
	"maps"
	"os"
	"path"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"firn/internal/build/options"
	"firn/internal/build/plan"
	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
)

// extraFile is a file that is put into the build directory for the builder.
type extraFile struct {
	name string
	data string
}

// environ is what a builder is started with, before output paths are put in place.
type environ struct {
	vars  map[string]string
	files []extraFile
}

// fileVariable adds a file and a variable that holds its path.
func (e *environ) fileVariable(inside, variable, name, data string) {
	e.files = append(e.files, extraFile{name, data})
	e.vars[variable] = path.Join(inside, name)
}

// newEnviron makes the environment of docs/spec/builder-environment.md. inside is the build directory
// as the builder sees it.
func (b *build) newEnviron(inside string) (*environ, error) {
	e := &environ{vars: map[string]string{
		"PATH":            "/path-not-set",
		"HOME":            "/homeless-shelter",
		"NIX_STORE":       string(b.dir),
		"NIX_BUILD_CORES": strconv.Itoa(b.cores()),
	}}
	if b.opt.Structured != nil {
		if err := b.structured(e, inside); err != nil {
			return nil, err
		}
	} else {
		b.variables(e, inside)
		if err := b.graphs(e); err != nil {
			return nil, err
		}
	}
	for _, v := range []string{"NIX_BUILD_TOP", "TMPDIR", "TEMPDIR", "TMP", "TEMP", "PWD"} {
		e.vars[v] = inside
	}
	if b.kind.IsFixed() {
		e.vars["NIX_OUTPUT_CHECKED"] = "1" // Nix: for fetchers of before 2008
	}
	if !b.kind.IsSandboxed() {
		for _, name := range b.opt.ImpureEnvVars {
			if v, ok := b.r.Config.ImpureEnv[name]; ok {
				e.vars[name] = v
			} else {
				e.vars[name] = os.Getenv(name)
			}
		}
	}
	e.vars["NIX_LOG_FD"] = "2"
	e.vars["TERM"] = "xterm-256color"
	return e, nil
}

func (b *build) cores() int {
	if b.r.Config.Cores > 0 {
		return b.r.Config.Cores
	}
	return runtime.NumCPU()
}

// variables hands over the derivation's variables, those of passAsFile in files.
func (b *build) variables(e *environ, inside string) {
	for _, v := range b.d.Env {
		if _, file := slices.BinarySearch(b.opt.PassAsFile, v.Name); file {
			name := ".attr-" + nixhash.Sum(nixhash.SHA256, []byte(v.Name)).Nix32()
			e.fileVariable(inside, v.Name+"Path", name, v.Value)
			continue
		}
		e.vars[v.Name] = v.Value
	}
}

// list gives the environment in the order of names, with texts replaced in names and values.
func (e *environ) list(replace *strings.Replacer) []string {
	list := make([]string, 0, len(e.vars))
	for _, name := range slices.Sorted(maps.Keys(e.vars)) {
		list = append(list, replace.Replace(name+"="+e.vars[name]))
	}
	return list
}

// graphs writes the closures that exportReferencesGraph asks for.
func (b *build) graphs(e *environ) error {
	for _, g := range b.opt.ExportReferencesGraph {
		paths, err := b.exported(g.Paths)
		if err != nil {
			return err
		}
		var text strings.Builder
		for _, p := range paths {
			info := b.infos[p]
			text.WriteString(b.dir.Join(p) + "\n\n" + strconv.Itoa(len(info.References)) + "\n")
			for _, r := range info.References {
				text.WriteString(b.dir.Join(r) + "\n")
			}
		}
		e.files = append(e.files, extraFile{g.Name, text.String()})
	}
	return nil
}

// exported is the closure of paths, and of the outputs of derivations in it, sorted. The infos of what
// it returns are in b.infos.
func (b *build) exported(texts []string) ([]storepath.Path, error) {
	roots := make([]storepath.Path, 0, len(texts))
	for _, t := range texts {
		p, _, err := b.dir.ParseInside(t)
		if err != nil {
			return nil, plan.Failf(plan.InputRejected, "%v", err)
		}
		if _, ok := b.infos[p]; !ok {
			return nil, plan.Failf(plan.InputRejected,
				"cannot export references of path '%s' because it is not in the input closure of the derivation", b.dir.Join(p))
		}
		roots = append(roots, p)
	}
	closure := options.Closure(b.infos, roots...)
	var outputs []storepath.Path
	for p := range closure {
		if !p.IsDerivation() {
			continue
		}
		d, err := b.readDerivation(p)
		if err != nil {
			return nil, err
		}
		for i := range d.Outputs {
			if d.Outputs[i].Path == "" {
				return nil, plan.Failf(plan.InputRejected, "exportReferences on CA derivations is not yet implemented")
			}
			outputs = append(outputs, d.Outputs[i].Path)
		}
	}
	if len(outputs) > 0 {
		infos, err := b.r.Store.Closure(b.ctx, outputs)
		if err != nil {
			return nil, err
		}
		for _, i := range infos {
			b.infos[i.Path] = i
			closure[i.Path] = true
		}
	}
	return slices.Sorted(maps.Keys(closure)), nil
}
