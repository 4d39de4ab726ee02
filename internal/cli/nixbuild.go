package cli

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"firn/internal/activity"
	"firn/internal/build/plan"
	"firn/internal/diag"
	"firn/internal/format/derivation"
	"firn/internal/format/storepath"
	"firn/internal/lang/eval"
	"firn/internal/lang/packages"
	"firn/internal/lang/value"
)

var (
	noOutLinkFlag      = Flag{Long: "no-out-link", Aliases: []string{"no-link"}, Doc: "Do not make links to the results."}
	classicOutLinkFlag = Flag{Long: "out-link", Short: 'o', Labels: []string{"path"}, Terse: true, Doc: "The name of the links to the results, instead of `result`."}
	drvLinkFlag        = Flag{Long: "drv-link", Labels: []string{"path"}, Terse: true, Doc: "Has no effect."}
	addDrvLinkFlag     = Flag{Long: "add-drv-link", Doc: "Has no effect."}
	classicDryRunFlag  = Flag{Long: "dry-run", Doc: "Only tell what would be built and fetched."}
	checkFlag          = Flag{Long: "check", Doc: "Build what is there again and fail if the outcome differs."}
	repairFlag         = Flag{Long: "repair", Doc: "Build or fetch what is damaged again."}
)

var nixBuildCommand = Command{
	Name: "nix-build", Classic: true, Category: ClassicGroup,
	Summary: "build what an expression evaluates to",
	Doc:     "Evaluates each *path*, by default `./default.nix`, builds the derivations in it and prints the paths of the results. It also makes links to them: `result`, `result-2`, …, with the name of the output added for others than `out`. The links keep the results from being collected.",
	Examples: []Example{
		{"Build the derivation in the default file", "nix-build"},
		{"Build an attribute", "nix-build '<nixpkgs>' --attr hello"},
		{"Build an expression without a link", "nix-build --no-out-link --expr 'with import <nixpkgs> { }; hello'"},
	},
	Flags: [][]*Flag{
		{&attrFlag, &checkFlag, &classicDryRunFlag, &exprFlag, &noOutLinkFlag, &classicOutLinkFlag, &repairFlag},
		{&addDrvLinkFlag, &drvLinkFlag, &indirectFlag},
		evalFlags, commonFlags, classicFlags,
	},
	Args: []Arg{{Label: "paths", Many: true, Complete: completeFile}},
	Exits: []ExitCode{
		{100, "a build failed; 1 is added for a timeout, 2 for a hash that is another than expected, 4 for any other failure, and 8 for an outcome that differs with `--check`"},
	},
	Run: runNixBuild,
}

// An output of a derivation that is wanted.
type wantedOutput struct {
	drv  storepath.Path
	name string
}

func runNixBuild(ctx context.Context, c *Call) error {
	e, err := c.newEvaluation(ctx, c.Has(&readonlyFlag))
	if err != nil {
		return err
	}
	defer e.Close()
	if err := e.needBuilder(); err != nil {
		return err
	}
	var list []wantedOutput
	find := func() (targets []plan.Target, err error) {
		err = e.Run(func(w *eval.Worker) { list = e.buildArguments(w) })
		for _, o := range list {
			targets = append(targets, o.target())
		}
		return targets, err
	}
	if c.Has(&classicDryRunFlag) {
		targets, err := find()
		if err != nil {
			return err
		}
		return e.announce(ctx, targets)
	}
	results, err := e.buildFound(ctx, c.classicMode(), find)
	if err != nil {
		return buildError(err)
	}
	if c.Last(&noOutLinkFlag, &classicOutLinkFlag) != &noOutLinkFlag {
		if err := e.linkOutputs(ctx, list, results); err != nil {
			return err
		}
	}
	for _, r := range results {
		for _, o := range r.Outputs {
			if err := printLine(c.Out, e.StoreDir.Join(o.Path)); err != nil {
				return err
			}
		}
	}
	return nil
}

// classicMode is what --check and --repair ask for; the last one counts.
func (c *Call) classicMode() plan.Mode {
	switch c.Last(&checkFlag, &repairFlag) {
	case &checkFlag:
		return plan.Check
	case &repairFlag:
		return plan.Repair
	}
	return plan.Normal
}

func (o wantedOutput) target() plan.Target {
	return plan.Target{Path: o.drv, Outputs: []string{o.name}}
}

func setMode(targets []plan.Target, m plan.Mode) {
	for i := range targets {
		targets[i].Mode = m
	}
}

// announce tells what is going to be built and fetched.
func (e *evaluation) announce(ctx context.Context, targets []plan.Target) error {
	if !e.call.Config.General.PrintMissing {
		return nil
	}
	missing, err := e.scheduler.Rehearse(ctx, unchecked(targets))
	if err != nil {
		return buildError(err)
	}
	e.call.printMissing(missing, e.StoreDir, activity.Info)
	return nil
}

// unchecked are targets without what is to be done again: only what is missing is told.
func unchecked(targets []plan.Target) []plan.Target {
	list := slices.Clone(targets)
	for i := range list {
		list[i].Mode = plan.Normal
	}
	return list
}

// linkOutputs makes the links of nix-build: result, result-2, …, numbered by
// derivation.
func (e *evaluation) linkOutputs(ctx context.Context, list []wantedOutput, results []plan.Result) error {
	name := "result"
	if s, ok := e.call.Value(&classicOutLinkFlag); ok {
		name = s
	}
	name, err := filepath.Abs(name)
	if err != nil {
		return err
	}
	numbers := make(map[storepath.Path]int)
	for i, want := range list {
		if numbers[want.drv] == 0 {
			numbers[want.drv] = len(numbers) + 1
		}
		link := name
		if n := numbers[want.drv]; n > 1 {
			link += "-" + itoa(n)
		}
		for _, o := range results[i].Outputs {
			if o.Name != "out" {
				link += "-" + o.Name
			}
			if err := e.keep(ctx, o.Path, link); err != nil {
				return err
			}
		}
	}
	return nil
}

// buildArguments evaluates the arguments of nix-build to the outputs that they
// mean.
func (e *evaluation) buildArguments(w *eval.Worker) (list []wantedOutput) {
	auto := e.autoArgs(w)
	var roots []*value.Value
	if slices.Contains(e.call.Args, "-") {
		text, err := e.call.readStdin() // Nix: what else is given does not count
		w.Check(err)
		roots = append(roots, w.Cell(w.Eval(w.ParseString(text, w.World.Cwd, diag.FromStdin, nil), nil)))
	} else {
		list, roots = e.evaluateArguments(w)
	}
	for _, root := range roots {
		for _, path := range e.call.attrPaths() {
			v, _ := packages.Select(w, root, path, auto)
			w.Force(v, 0)
			for _, p := range packages.Find(w, v, packages.Options{AutoArgs: auto}) {
				o := outputOf(w, &p)
				e.head.add(o.target())
				list = append(list, o)
			}
		}
	}
	return list
}

// evaluateArguments returns the arguments that are derivations, and the values
// of the others.
func (e *evaluation) evaluateArguments(w *eval.Worker) (list []wantedOutput, roots []*value.Value) {
	c := e.call
	args := c.Args
	if len(args) == 0 && !c.Has(&exprFlag) {
		args = []string{"."}
	}
	for _, arg := range args {
		if c.Has(&exprFlag) {
			roots = append(roots, w.Cell(w.Eval(w.ParseString(arg, w.World.Cwd, diag.FromString, nil), nil)))
		} else if o, ok := e.derivationArgument(w, arg); ok {
			list = append(list, o)
		} else {
			roots = append(roots, w.Cell(w.EvalFile(w.ResolveFile(e.fileArgument(w, arg)))))
		}
	}
	return list, roots
}

// attrPaths are the values of --attr, or the whole value.
func (c *Call) attrPaths() (paths []string) {
	for _, values := range c.All(&attrFlag) {
		paths = append(paths, values[0])
	}
	if paths == nil {
		return []string{""}
	}
	return paths
}

// outputOf returns the output that a package stands for.
func outputOf(w *eval.Worker, p *packages.Package) wantedOutput {
	drv := p.DrvPath(w)
	if drv == "" {
		w.Fail(diag.New(diag.InvalidDerivation, "derivation does not contain a 'drvPath' attribute"))
	}
	name := p.OutputName(w)
	if name == "" {
		w.Fail(diag.New(diag.InvalidDerivation, "derivation '%s' lacks an 'outputName' attribute", w.StoreDir.Join(drv)))
	}
	return wantedOutput{drv, name}
}

// derivationArgument recognises DERIVATION or DERIVATION!OUTPUT.
func (e *evaluation) derivationArgument(w *eval.Worker, arg string) (wantedOutput, bool) {
	arg, output, chosen := strings.Cut(arg, "!")
	abs, err := filepath.Abs(arg)
	w.Check(err)
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		abs = real
	}
	p, err := w.StoreDir.Parse(abs)
	if err != nil || !p.IsDerivation() {
		return wantedOutput{}, false
	}
	d, err := w.World.Store.ReadDerivation(p)
	w.Check(err)
	if !chosen {
		output = "out"
		if i := slices.IndexFunc(d.Env, func(v derivation.EnvVar) bool { return v.Name == "outputName" }); i >= 0 {
			output = d.Env[i].Value
		}
	}
	if !slices.ContainsFunc(d.Outputs, func(o derivation.Output) bool { return o.Name == output }) {
		w.Fail(diag.New(diag.InvalidDerivation, "derivation '%s' does not have output '%s'", w.StoreDir.Join(p), output))
	}
	return wantedOutput{p, output}, true
}
