package cli

import (
	"context"
	"fmt"
	"os"
	"slices"

	"firn/internal/build/devshell"
	"firn/internal/build/plan"
	"firn/internal/diag"
	"firn/internal/format/derivation"
	"firn/internal/format/storepath"
	"firn/internal/store"
)

// developed is the environment of a build.
type developed struct {
	env  *devshell.Environment
	path storepath.Path // its description in the store
	drv  storepath.Path // whose environment it is
}

// developArgument is the environment of what an argument names: a derivation, or
// a description in the store that was made before.
func (e *evaluation) developArgument(ctx context.Context, arg string) (*developed, error) {
	var args []string
	if arg != "" {
		args = []string{arg}
	}
	if err := e.needFiles(); err != nil {
		return nil, err
	}
	list, err := e.installables(args)
	if err != nil {
		return nil, err
	}
	if len(list) != 1 {
		return nil, diag.New(diag.InvalidArgument, "'%s' needs to evaluate to a single derivation, but it evaluated to %d", arg, len(list))
	}
	p := list[0].target.Path
	if !p.IsDerivation() {
		return e.readEnvironment(p)
	}
	return e.captureEnvironment(ctx, p)
}

func (e *evaluation) readEnvironment(p storepath.Path) (*developed, error) {
	text, err := os.ReadFile(e.store.RealPath(p))
	if err != nil {
		return nil, err
	}
	env, err := devshell.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("path '%s': %w", e.StoreDir.Join(p), err)
	}
	return &developed{env: env, path: p}, nil
}

// captureEnvironment builds the description of a derivation's environment.
func (e *evaluation) captureEnvironment(ctx context.Context, drv storepath.Path) (*developed, error) {
	d, err := e.World.Store.ReadDerivation(drv)
	if err != nil {
		return nil, err
	}
	script, err := e.written.AddText(ctx, store.Text{Name: devshell.CaptureName, Contents: devshell.CaptureScript()})
	if err != nil {
		return nil, err
	}
	changed, err := devshell.Capture(e.StoreDir, d, script)
	if err != nil {
		return nil, err
	}
	path, err := e.addDerivation(ctx, changed)
	if err != nil {
		return nil, err
	}
	results, err := e.scheduler.Realise(ctx, []plan.Target{{Path: path, All: true}})
	if err != nil {
		return nil, e.call.buildError(err, e.StoreDir)
	}
	for _, o := range results[0].Outputs {
		if info, err := os.Stat(e.store.RealPath(o.Path)); err == nil && info.Size() > 0 && info.Mode().IsRegular() {
			found, err := e.readEnvironment(o.Path)
			if err == nil {
				found.drv = drv
			}
			return found, err
		}
	}
	return nil, diag.New(diag.BuildFailed, "get-env.sh failed to produce an environment")
}

// addDerivation computes the output paths of a derivation and writes it to the
// store.
func (e *evaluation) addDerivation(ctx context.Context, d *derivation.Derivation) (storepath.Path, error) {
	h := derivation.Hasher{Dir: e.StoreDir, Read: e.World.Store.ReadDerivation}
	if err := h.Fill(d); err != nil {
		return "", err
	}
	text := d.AppendATerm(nil, e.StoreDir)
	path, err := d.Path(e.StoreDir, text)
	if err != nil {
		return "", err
	}
	return e.written.AddText(ctx, store.Text{Name: path.Name(), Contents: text, References: d.References(), Path: path, Derivation: d})
}

// redirects are what --redirect replaces: for each package the paths of its
// outputs, as far as the environment has them.
func (e *evaluation) redirects(ctx context.Context, env *devshell.Environment) (map[string]string, error) {
	all := map[string]string{}
	for _, values := range e.call.All(&redirectFlag) {
		list, err := e.installables(values[:1])
		if err != nil {
			return nil, err
		}
		results, err := e.build(ctx, list)
		if err != nil {
			return nil, err
		}
		var paths []string
		for _, r := range results {
			for _, o := range resultOutputs(r) {
				full := e.StoreDir.Join(o.Path)
				paths = append(paths, full)
				to := values[1]
				if o.Name != "" {
					to += "/" + o.Name
				}
				all[full] = to
			}
		}
		if !slices.ContainsFunc(paths, env.Uses) {
			e.call.Log.Warn(fmt.Sprintf("'%s' (in '--redirect %s') is not used by this build environment", values[0], values[0]))
		}
	}
	return all, nil
}
