package cli

import (
	"context"
	"io"
	"os"
	"slices"

	"firn/internal/config"
	"firn/internal/diag"
	"firn/internal/format/derivation"
	"firn/internal/format/storepath"
	"firn/internal/lang/eval"
	"firn/internal/lang/jsontext"
	"firn/internal/store"
	"firn/internal/store/local"
)

var derivationCommand = Command{
	Name: "derivation", Category: Utility, Feature: config.NixCommand,
	Summary: "work with derivations",
	Doc:     "A derivation is the recipe of a build: a file in the store whose name ends in `.drv`. These commands show it, and make one, as JSON.",
	Sub:     []*Command{&derivationAddCommand, &derivationShowCommand},
}

var recursiveFlag = Flag{Long: "recursive", Short: 'r', Doc: "Include everything that the derivations need."}

var derivationShowCommand = Command{
	Name: "show", Category: Utility, Feature: config.NixCommand,
	Summary: "show derivations as JSON",
	Doc:     "Prints an object whose member `derivations` has the derivation of each *installable* under the name of its file. A path in the store that is no derivation stands for the one that made it.",
	Examples: []Example{
		{"Show a derivation", "nix derivation show /nix/store/38lx6sb5rrhd8gk9gmzqlhp4zz84isq4-hello-2.10.drv"},
		{"Show what an attribute of a file needs", "nix derivation show --file ./default.nix --recursive hello"},
	},
	Flags: [][]*Flag{{&recursiveFlag}, prettyFlags, installableFlags, evalFlags},
	Args:  []Arg{{Label: "installables", Many: true}},
	Run:   runDerivationShow,
}

func runDerivationShow(ctx context.Context, c *Call) error {
	e, err := c.newEvaluation(ctx, false)
	if err != nil {
		return err
	}
	defer e.Close()
	wanted, err := e.installables(c.Args)
	if err != nil {
		return err
	}
	if err := e.Flush(); err != nil {
		return err
	}
	var drvs []storepath.Path
	for _, w := range wanted {
		drv, err := e.derivationOf(ctx, w.target.Path)
		if err != nil {
			return err
		}
		drvs = append(drvs, drv)
	}
	if c.Has(&recursiveFlag) {
		if drvs, err = e.derivationClosure(ctx, drvs); err != nil {
			return err
		}
	}
	slices.Sort(drvs)
	return c.printDerivations(slices.Compact(drvs), e.World.Store)
}

// derivationOf returns a derivation, or for another path the first that is known
// to have made it.
func (e *evaluation) derivationOf(ctx context.Context, p storepath.Path) (storepath.Path, error) {
	if p.IsDerivation() || e.target == nil {
		return p, nil
	}
	var derivers []storepath.Path
	if q, ok := e.target.(store.Querier); ok {
		var err error
		if derivers, err = q.ValidDerivers(ctx, p); err != nil {
			return "", err
		}
	}
	if len(derivers) == 0 {
		return "", diag.New(diag.InvalidStorePath, "'%s' does not have a known deriver", e.StoreDir.Join(p))
	}
	return derivers[0], nil
}

// derivationClosure returns the derivations in the closure of some.
func (e *evaluation) derivationClosure(_ context.Context, drvs []storepath.Path) (out []storepath.Path, err error) {
	seen := map[storepath.Path]bool{}
	for _, d := range drvs {
		paths, err := e.World.Store.Closure(d)
		if err != nil {
			return nil, err
		}
		for _, p := range paths {
			if p.IsDerivation() && !seen[p] {
				seen[p] = true
				out = append(out, p)
			}
		}
	}
	return out, nil
}

// printDerivations prints {"derivations":{<base name>:<derivation>},"version":4}.
func (c *Call) printDerivations(drvs []storepath.Path, from eval.Store) error {
	text := []byte(`{"derivations":{`)
	for i, p := range drvs {
		d, err := from.ReadDerivation(p)
		if err != nil {
			return err
		}
		if i > 0 {
			text = append(text, ',')
		}
		if text, err = jsontext.AppendString(text, string(p)); err != nil {
			return err
		}
		if text, err = d.AppendJSON(append(text, ':')); err != nil {
			return err
		}
	}
	text = append(text, `},"version":`+itoa(derivation.JSONVersion)+`}`...)
	if c.Pretty() {
		text = indentJSON(text)
	}
	return printLine(c.Out, string(text))
}

var addDryRunFlag = Flag{Long: "dry-run", Doc: "Compute the path without writing anything."}

var derivationAddCommand = Command{
	Name: "add", Category: Utility, Feature: config.NixCommand,
	Summary:  "write a derivation that is given as JSON to the store",
	Doc:      "Reads one derivation from standard input, as `nix derivation show` prints each, writes it to the store and prints its path. Output paths that are left out are computed, others are checked.",
	Examples: []Example{{"Write a derivation", "nix derivation add < ./derivation.json"}},
	Flags:    [][]*Flag{{&addDryRunFlag}},
	Run:      runDerivationAdd,
}

func runDerivationAdd(ctx context.Context, c *Call) error {
	text, err := io.ReadAll(c.Process.In)
	if err != nil {
		return err
	}
	s, err := c.openStore()
	if err != nil {
		return err
	}
	defer s.Close()
	d, err := derivation.ParseJSON(s.Dir(), text)
	if err != nil {
		return err
	}
	if err := c.completeDerivation(ctx, s, d); err != nil {
		return err
	}
	aterm := d.AppendATerm(nil, s.Dir())
	p, err := d.Path(s.Dir(), aterm)
	if err != nil {
		return err
	}
	if !c.Has(&addDryRunFlag) {
		_, err = s.AddText(ctx, store.Text{
			Name: p.Name(), Contents: aterm, References: d.References(), Path: p, Derivation: d,
		})
		if err != nil {
			return err
		}
	}
	return printLine(c.Out, s.Dir().Join(p))
}

// completeDerivation computes the output paths that are left out, and checks the
// derivation.
func (c *Call) completeDerivation(ctx context.Context, s *local.Store, d *derivation.Derivation) error {
	for _, name := range d.Features() {
		if f, ok := config.ParseFeature(name); ok {
			if err := c.Config.Require(f); err != nil {
				return err
			}
		}
	}
	h := derivation.Hasher{
		Dir:  s.Dir(),
		Warn: func(m string) { c.Log.Warn(m) },
		Read: func(drv storepath.Path) (*derivation.Derivation, error) { return readDerivation(ctx, s, drv) },
	}
	if err := h.Fill(d); err != nil {
		return err
	}
	if err := h.Check(d); err != nil {
		e := *diag.As(err)
		e.Frames = append([]diag.Frame{{Msg: diag.Msgf("while checking derivation from JSON with name '%s'", d.Name)}}, e.Frames...)
		return &e
	}
	return nil
}

// readDerivation reads a valid derivation.
func readDerivation(ctx context.Context, s *local.Store, drv storepath.Path) (*derivation.Derivation, error) {
	if valid, err := s.IsValid(ctx, drv); err != nil || !valid {
		if err == nil {
			err = &store.NotValidError{Dir: s.Dir(), Path: drv}
		}
		return nil, err
	}
	text, err := os.ReadFile(s.RealPath(drv))
	if err != nil {
		return nil, err
	}
	return derivation.ParseATerm(s.Dir(), drv.DerivationName(), string(text))
}
