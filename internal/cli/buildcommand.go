package cli

import (
	"context"
	"errors"
	"strconv"

	"firn/internal/activity"
	"firn/internal/build/plan"
	"firn/internal/config"
	"firn/internal/lang/symbol"
	"firn/internal/lang/version"
)

var (
	outLinkFlag       = Flag{Long: "out-link", Short: 'o', Labels: []string{"path"}, Doc: "The name of the links to the results, instead of `result`."}
	noLinkFlag        = Flag{Long: "no-link", Doc: "Do not make links to the results."}
	printOutPathsFlag = Flag{Long: "print-out-paths", Doc: "Print the paths of the results."}
	buildDryRunFlag   = Flag{Long: "dry-run", Doc: "Show what would be built, and build nothing."}
	buildRepairFlag   = Flag{Long: "repair", Doc: "Compare what is there with what is registered, and build or fetch what is damaged again."}
	rebuildFlag       = Flag{Long: "rebuild", Doc: "Build again what is there and fail if the outcome differs."}
)

var buildCommand = Command{
	Name: "build", Category: MainCommands, Feature: config.NixCommand,
	Summary: "build a derivation or fetch a store path",
	Doc:     "Builds what the arguments name and makes links to the results: `result`, `result-1`, …, with the name of the output added for others than `out`. The links keep the results from being collected.",
	Examples: []Example{
		{"Build the derivation in a file", "nix build --file ./default.nix"},
		{"Build an attribute without a link and print its path", "nix build --file ./default.nix --no-link --print-out-paths hello"},
		{"Build two outputs", "nix build --file ./default.nix 'openssl^bin,man'"},
	},
	Flags: [][]*Flag{{&buildDryRunFlag, &noLinkFlag, &outLinkFlag, &printOutPathsFlag, &rebuildFlag, &buildRepairFlag, &pathStdinFlag}, jsonFlags, installableFlags, evalFlags},
	Args:  []Arg{{Label: "installables", Many: true}},
	Run:   runBuild,
}

func runBuild(ctx context.Context, c *Call) error {
	if c.Has(&pathStdinFlag) {
		if err := c.moreArguments(); err != nil {
			return err
		}
	}
	e, err := c.newEvaluation(ctx, false)
	if err != nil {
		return err
	}
	defer e.Close()
	if c.Has(&buildDryRunFlag) {
		list, err := e.installables(c.Args)
		if err != nil {
			return err
		}
		return e.rehearse(ctx, list)
	}
	list, results, err := e.buildInstallables(ctx, c.Args, c.buildMode())
	if err != nil {
		return err
	}
	if c.Last(&noLinkFlag, &outLinkFlag) != &noLinkFlag {
		name, ok := c.Value(&outLinkFlag)
		if !ok {
			name = "result"
		}
		if err := e.linkResults(ctx, results, name); err != nil {
			return err
		}
	}
	return e.printResults(list, results)
}

// buildMode is what --rebuild and --repair ask for; the last one counts.
func (c *Call) buildMode() plan.Mode {
	switch c.Last(&rebuildFlag, &buildRepairFlag) {
	case &rebuildFlag:
		return plan.Check
	case &buildRepairFlag:
		return plan.Repair
	}
	return plan.Normal
}

// printResults prints what --print-out-paths and --json ask for.
func (e *evaluation) printResults(list []wanted, results []plan.Result) error {
	c := e.call
	if c.Has(&printOutPathsFlag) {
		for _, r := range results {
			for _, o := range resultOutputs(r) {
				if err := printLine(c.Out, e.StoreDir.Join(o.Path)); err != nil {
					return err
				}
			}
		}
	}
	if !c.Has(&jsonFlag) {
		return nil
	}
	return e.printResultsJSON(list, results)
}

func (e *evaluation) printResultsJSON(list []wanted, results []plan.Result) error {
	out := make([]any, len(results))
	for i, r := range results {
		out[i] = e.resultJSON(&list[i].target, r)
	}
	return e.call.printJSON(out)
}

// resultJSON is a path, or a derivation with its outputs.
func (e *evaluation) resultJSON(t *plan.Target, r plan.Result) any {
	if t.IsPath() {
		return e.StoreDir.Join(r.Path)
	}
	outputs := make(map[string]any, len(r.Outputs))
	for _, o := range r.Outputs {
		outputs[o.Name] = nil
		if o.Path != "" {
			outputs[o.Name] = e.StoreDir.Join(o.Path)
		}
	}
	return map[string]any{"drvPath": e.StoreDir.Join(t.Path), "outputs": outputs}
}

// rehearse prints what would be done.
func (e *evaluation) rehearse(ctx context.Context, list []wanted) error {
	targets := make([]plan.Target, len(list))
	for i := range list {
		targets[i] = list[i].target
	}
	if err := e.needBuilder(); err != nil {
		return err
	}
	sum, results, err := e.scheduler.Foresee(ctx, targets)
	if err != nil {
		return e.call.buildError(err, e.StoreDir)
	}
	e.call.printMissing(sum, e.StoreDir, activity.Error)
	if e.call.Has(&jsonFlag) {
		return e.printResultsJSON(list, results)
	}
	return nil
}

func asError[T error](err error, target *T) bool { return errors.As(err, target) }
func itoa(n int) string                          { return strconv.Itoa(n) }
func pnameSymbol() symbol.Symbol                 { return symbol.Intern("pname") }

func nameWithoutVersion(name string) string {
	name, _ = version.SplitName(name)
	return name
}
