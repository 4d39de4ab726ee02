package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/term"

	"firn/internal/activity"
	"firn/internal/build/devshell"
	drvoptions "firn/internal/build/options"
	"firn/internal/build/plan"
	"firn/internal/diag"
	"firn/internal/format/derivation"
	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/lang/eval"
	"firn/internal/lang/packages"
	"firn/internal/lang/symbol"
	"firn/internal/lang/value"
	"firn/internal/store"
)

var (
	shellPureFlag        = Flag{Long: "pure", Doc: "Begin with only a few variables of the environment."}
	shellImpureFlag      = Flag{Long: "impure", Doc: "Keep the variables of the environment, which is what happens anyway."}
	shellKeepFlag        = Flag{Long: "keep", Labels: []string{"name"}, Terse: true, Doc: "With `--pure`, keep the variable *name*."}
	shellRunFlag         = Flag{Long: "run", Labels: []string{"cmd"}, Terse: true, Doc: "Run *cmd* in a shell that is not interactive, and leave."}
	classicCommandFlag   = Flag{Long: "command", Labels: []string{"cmd"}, Terse: true, Doc: "Run *cmd* in the interactive shell, and leave it unless *cmd* ends with `return`."}
	shellPackagesFlag    = Flag{Long: "packages", Short: 'p', Doc: "Take the arguments as packages of `<nixpkgs>` that are to be there."}
	shellExcludeFlag     = Flag{Long: "exclude", Labels: []string{"regexp"}, Terse: true, Doc: "Do not build dependencies whose path matches *regexp*."}
	shellInterpreterFlag = Flag{Short: 'i', Labels: []string{"interpreter"}, Doc: "In the first lines of a script, run it by *interpreter*."}
	shellRunEnvFlag      = Flag{Long: "run-env", Doc: "Has no effect."}
)

var nixShellCommand = Command{
	Name: "nix-shell", Classic: true, Category: ClassicGroup,
	Summary: "start an interactive shell based on an expression",
	Doc: `Builds what a derivation depends on, though not the derivation, and starts a bash with its variables, in which its setup has run. Without arguments it takes ` + "`./shell.nix`" + `, or else ` + "`./default.nix`" + `.

Scripts that begin with ` + "`#!/usr/bin/env nix-shell`" + ` and have lines like ` + "`#! nix-shell -i bash -p hello`" + ` run with the packages that these name.`,
	Examples: []Example{
		{"Work on a package", "nix-shell '<nixpkgs>' --attr hello"},
		{"Have some packages", "nix-shell --packages jq curl"},
		{"Run one command without the rest of the environment", "nix-shell --pure --packages jq --run 'jq --version'"},
	},
	Flags: [][]*Flag{
		{&attrFlag, &classicCommandFlag, &classicDryRunFlag, &shellExcludeFlag, &exprFlag, &shellInterpreterFlag, &shellKeepFlag,
			&shellPackagesFlag, &shellPureFlag, &shellRunFlag},
		{&addDrvLinkFlag, &checkFlag, &drvLinkFlag, &indirectFlag, &noOutLinkFlag, &classicOutLinkFlag, &shellRunEnvFlag},
		slices.DeleteFunc(slices.Clone(evalFlags), func(f *Flag) bool { return f == &impureFlag }), {&shellImpureFlag},
		commonFlags, classicFlags,
	},
	Args: []Arg{{Label: "paths", Many: true, Complete: completeFile}},
	Run:  runNixShell,
}

// A shellCall is one run of nix-shell.
type shellCall struct {
	*evaluation
	drv    storepath.Path
	shell  string // program
	pure   bool
	script *shellScript
}

func runNixShell(ctx context.Context, c *Call) error {
	if c.Has(&shellPackagesFlag) && c.Has(&exprFlag) {
		return diag.Misuse(diag.Usage, "'-p' and '-E' are mutually exclusive")
	}
	s := &shellCall{pure: c.Last(&shellPureFlag, &shellImpureFlag) == &shellPureFlag, script: c.Script}
	environ := &environ{c.Process.Environ}
	environ.set("IN_NIX_SHELL", map[bool]string{true: "pure", false: "impure"}[s.pure])
	c.Process.Environ = environ.list
	if c.Script != nil && c.Config.Shell.ArgumentsRelativeScript {
		abs, err := filepath.Abs(c.Script.path)
		if err != nil {
			return err
		}
		c.BaseDir = filepath.Dir(abs)
	}
	e, err := c.newEvaluation(ctx, c.Has(&readonlyFlag))
	if err != nil {
		return err
	}
	defer e.Close()
	if err := e.needFiles(); err != nil {
		return err
	}
	s.evaluation = e
	if err := e.Run(func(w *eval.Worker) { s.drv = s.derivation(w) }); err != nil {
		return err
	}
	if err := s.findShell(ctx); err != nil {
		return err
	}
	d, err := s.buildInputs(ctx)
	if err != nil || c.Has(&classicDryRunFlag) {
		return err
	}
	return s.start(ctx, d, environ)
}

// derivation evaluates to the one derivation that is meant.
func (s *shellCall) derivation(w *eval.Worker) storepath.Path {
	var drvs []storepath.Path
	auto := s.autoArgs(w)
	for _, root := range s.roots(w, &drvs) {
		args := auto
		if takesInNixShell(w, root) {
			args = withInNixShell(w, auto)
		}
		for _, path := range s.call.attrPaths() {
			v, _ := packages.Select(w, root, path, args)
			w.Force(v, 0)
			for _, p := range packages.Find(w, v, packages.Options{AutoArgs: args}) {
				drv := p.DrvPath(w)
				if drv == "" {
					w.Fail(diag.New(diag.InvalidDerivation, "derivation does not contain a 'drvPath' attribute"))
				}
				drvs = append(drvs, drv)
			}
		}
	}
	if len(drvs) != 1 {
		w.Fail(diag.Misuse(diag.Usage, "nix-shell requires a single derivation"))
	}
	return drvs[0]
}

// roots are the values of the arguments; those that are derivations in the store
// are added to drvs.
func (s *shellCall) roots(w *eval.Worker, drvs *[]storepath.Path) (roots []*value.Value) {
	c := s.call
	parse := func(text string) {
		roots = append(roots, w.Cell(w.Eval(w.ParseString(text, w.World.Cwd, diag.FromString, nil), nil)))
	}
	switch {
	case c.Has(&shellPackagesFlag):
		parse(packagesExpression(c.Args))
	case c.Has(&exprFlag):
		for _, arg := range c.Args {
			parse(arg)
		}
	case len(c.Args) == 0:
		roots = append(roots, w.FileCell(s.defaultFile(w)))
	default:
		for _, arg := range c.Args {
			if drv, ok := s.storeDerivation(arg); ok {
				*drvs = append(*drvs, drv)
				continue
			}
			roots = append(roots, w.FileCell(s.shellFile(w, s.fileArgument(w, arg))))
		}
	}
	for _, r := range roots {
		w.Force(r, 0)
	}
	return roots
}

// packagesExpression is what --packages means.
func packagesExpression(names []string) string {
	var b strings.Builder
	b.WriteString(`{...}@args: with import <nixpkgs> args; (pkgs.runCommandCC or pkgs.runCommand) "shell" { buildInputs = [ `)
	for _, name := range names {
		b.WriteString("(" + name + ") ")
	}
	b.WriteString(`]; } ""`)
	return b.String()
}

// storeDerivation recognises a derivation in the store, or a link to one.
func (s *shellCall) storeDerivation(arg string) (storepath.Path, bool) {
	arg, _, _ = strings.Cut(arg, "!")
	p, err := followLinksToPath(s.StoreDir, arg)
	return p, err == nil && p.IsDerivation()
}

func (s *shellCall) defaultFile(w *eval.Worker) string {
	for _, name := range []string{"shell.nix", "default.nix"} {
		file := w.World.Cwd + "/" + name
		if exists(w, file) {
			return file
		}
	}
	w.Fail(diag.Misuse(diag.Usage, "no argument specified and no '%s' or '%s' file found in the working directory", "shell.nix", "default.nix"))
	return ""
}

// shellFile is the file that a path means: in a directory, shell.nix comes first.
func (s *shellCall) shellFile(w *eval.Worker, path string) string {
	file := w.ResolveFile(path)
	dir, isDir := strings.CutSuffix(file, "/default.nix")
	if !isDir || strings.HasSuffix(path, "/default.nix") {
		return path
	}
	shell := dir + "/shell.nix"
	if exists(w, shell) {
		if s.call.Config.Shell.AlwaysLooksForShellNix {
			return shell
		}
		s.call.Log.Warn(diag.Msgf("Skipping '%s', because the setting '%s' is disabled. This is a deprecated behavior. Consider enabling '%s'.",
			shell, "nix-shell-always-looks-for-shell-nix", "nix-shell-always-looks-for-shell-nix"))
	}
	if !exists(w, file) {
		w.Fail(diag.New(diag.FileNotFound, "neither '%s' nor '%s' found in '%s'", "shell.nix", "default.nix", dir))
	}
	return file
}

func exists(w *eval.Worker, file string) bool {
	t, err := w.World.Files.Lstat(file)
	w.Check(err)
	return t != ""
}

var inNixShell = symbol.Intern("inNixShell")

// takesInNixShell reports whether a value is a function that names the argument.
func takesInNixShell(w *eval.Worker, root *value.Value) bool {
	formals, _, ok := w.Formals(w.Force(root, 0))
	return ok && slices.ContainsFunc(formals, func(f eval.Formal) bool { return f.Name == inNixShell })
}

func withInNixShell(w *eval.Worker, auto *value.Attrs) *value.Attrs {
	if auto.Get(inNixShell) != nil {
		return auto
	}
	list := append(w.AttrSlots(auto.Len()+1), auto.List()...)
	list = append(list, value.Attr{Name: inNixShell, Val: w.Cell(value.Bool(true))})
	value.SortAttrs(list)
	return w.NewAttrs(list)
}

// findShell finds the bash that is started: NIX_BUILD_SHELL, the one of
// nixpkgs, or that of the environment.
func (s *shellCall) findShell(ctx context.Context) error {
	if shell, ok := s.call.Env("NIX_BUILD_SHELL"); ok && shell != "" {
		s.shell = shell
		return nil
	}
	s.shell = "bash"
	var target plan.Target
	err := s.Run(func(w *eval.Worker) {
		v := w.Cell(w.Eval(w.ParseString("(import <nixpkgs> { }).bashInteractive", w.World.Cwd, diag.FromString, nil), nil))
		list := packages.Find(w, v, packages.Options{})
		if len(list) != 1 {
			w.Fail(diag.New(diag.InvalidDerivation, "the 'bashInteractive' attribute in <nixpkgs> did not evaluate to a derivation"))
		}
		target = plan.Target{Path: list[0].DrvPath(w), Outputs: []string{list[0].OutputName(w)}}
	})
	if err == nil {
		var results []plan.Result
		if results, err = s.scheduler.Realise(ctx, []plan.Target{target}); err == nil {
			s.shell = s.StoreDir.Join(results[0].Outputs[0].Path) + "/bin/bash"
		}
	}
	if err != nil && ctx.Err() == nil {
		s.call.Log.Report(activity.Error, err, false)
		s.call.Log.Say(activity.Notice, "will use bash from your environment")
		return nil
	}
	return err
}

// buildInputs builds what the derivation depends on and returns the derivation
// with the paths in place.
func (s *shellCall) buildInputs(ctx context.Context) (*derivation.Derivation, error) {
	d, err := s.World.Store.ReadDerivation(s.drv)
	if err != nil {
		return nil, err
	}
	targets, err := s.inputTargets(d)
	if err != nil {
		return nil, err
	}
	if err := s.announce(ctx, targets); err != nil || s.call.Has(&classicDryRunFlag) {
		return nil, err
	}
	if _, err := s.scheduler.Realise(ctx, targets); err != nil {
		return nil, buildError(err)
	}
	// Only what depends on outputs without known paths has places for them.
	if t, err := d.Type(); err != nil || t.HasKnownOutputPaths() || d.IsBasic() {
		return d, err
	}
	resolved, err := s.finder(s.store).putInPlace(ctx, d)
	if err != nil || resolved == nil {
		return d, err
	}
	return resolved.Derivation, nil
}

// inputTargets are what a derivation depends on but for what --exclude names.
func (s *shellCall) inputTargets(d *derivation.Derivation) ([]plan.Target, error) {
	var excluded []*regexp.Regexp
	for _, values := range s.call.All(&shellExcludeFlag) {
		re, err := regexp.Compile(values[0])
		if err != nil {
			return nil, diag.Misuse(diag.Usage, "'%s' is not a regular expression", values[0])
		}
		excluded = append(excluded, re)
	}
	var targets []plan.Target
	for _, in := range d.InputDrvs {
		full := s.StoreDir.Join(in.Path)
		if slices.ContainsFunc(excluded, func(re *regexp.Regexp) bool { return re.MatchString(full) }) {
			continue
		}
		targets = append(targets, nodeTargets(in.Path, nil, &in.InputNode)...)
	}
	for _, p := range d.InputSrcs {
		targets = append(targets, plan.Target{Path: p})
	}
	return targets, nil
}

// nodeTargets are the outputs of one input, and those of its outputs that are
// derivations.
func nodeTargets(drv storepath.Path, chain []string, n *derivation.InputNode) (targets []plan.Target) {
	if len(n.Outputs) > 0 {
		targets = append(targets, plan.Target{Path: drv, Chain: chain, Outputs: n.Outputs})
	}
	for i := range n.Dynamic {
		d := &n.Dynamic[i]
		targets = append(targets, nodeTargets(drv, append(slices.Clone(chain), d.Output), &d.InputNode)...)
	}
	return targets
}

// start starts the shell.
func (s *shellCall) start(ctx context.Context, d *derivation.Derivation, env *environ) error {
	dir, err := os.MkdirTemp("", "nix-shell.")
	if err != nil {
		return err
	}
	shell := devshell.Classic{
		Dir: s.StoreDir, Derivation: d, TempDir: dir, Cores: int(s.call.Config.Build.Cores), Environ: map[string]string{},
		Pure: s.pure, Root: os.Getuid() == 0, Shell: s.shell,
	}
	for _, v := range env.list {
		if name, value, ok := strings.Cut(v, "="); ok {
			shell.Environ[name] = value
		}
	}
	for _, values := range s.call.All(&shellKeepFlag) {
		shell.Keep = append(shell.Keep, values[0])
	}
	command, interactive := s.command()
	shell.Command = command
	vars, rc, files, err := func() (map[string]string, string, []devshell.File, error) {
		if shell.Infos, err = s.graphInfos(ctx, d); err != nil {
			return nil, "", nil, err
		}
		return shell.Prepare()
	}()
	rcFile := filepath.Join(dir, "rc")
	if err == nil {
		err = writeFiles(append(files, devshell.File{Path: rcFile, Text: rc}))
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	inside := &environ{}
	for name, value := range vars {
		inside.list = append(inside.list, name+"="+value)
	}
	slices.Sort(inside.list)
	program := s.shell
	if !strings.Contains(program, "/") {
		program = s.lookUp(program, env.get("PATH"))
	}
	return s.run(ctx, program, shell.Args(rcFile, interactive), inside)
}

// command is what the shell runs: a script, or what --run or --command gives.
func (s *shellCall) command() (command string, interactive bool) {
	// A bash that reads no terminal would not read its rc file either.
	interactive = term.IsTerminal(int(s.call.Process.In.Fd())) && term.IsTerminal(int(s.call.Process.Err.Fd()))
	if s.script != nil {
		if interpreter, ok := s.call.Value(&shellInterpreterFlag); ok {
			return s.script.command(interpreter), false
		}
	}
	switch s.call.Last(&shellRunFlag, &classicCommandFlag) {
	case &shellRunFlag:
		text, _ := s.call.Value(&shellRunFlag)
		return text + "\nexit", false
	case &classicCommandFlag:
		text, _ := s.call.Value(&classicCommandFlag)
		return text + "\nexit", interactive
	}
	return "", interactive
}

// command runs the script by an interpreter. Two of them look at the first line
// of what they run and would start nix-shell again: perl does not if it is
// called otherwise, and ruby not if it is told to load the file.
func (s *shellScript) command(interpreter string) string {
	words := ""
	for _, arg := range s.args {
		words += drvoptions.Quote(arg) + " "
	}
	switch {
	case strings.Contains(interpreter, "ruby"):
		return fmt.Sprintf("exec  %s -e 'load(ARGV.shift)' -- %s %s", interpreter, drvoptions.Quote(s.path), words)
	case strings.Contains(interpreter, "perl"):
		return fmt.Sprintf("exec -a PERL %s %s %s", interpreter, drvoptions.Quote(s.path), words)
	}
	return fmt.Sprintf("exec  %s %s %s", interpreter, drvoptions.Quote(s.path), words)
}

// graphInfos are the infos of the inputs' closure, for derivations that get to
// see graphs.
func (s *shellCall) graphInfos(ctx context.Context, d *derivation.Derivation) (map[storepath.Path]*pathinfo.Info, error) {
	o, err := drvoptions.Read(d)
	if err != nil || len(o.ExportReferencesGraph) == 0 {
		return nil, err
	}
	var roots []storepath.Path
	for _, g := range o.ExportReferencesGraph {
		for _, text := range g.Paths {
			p, _, err := s.StoreDir.ParseInside(text)
			if err != nil {
				return nil, err
			}
			roots = append(roots, p)
		}
	}
	list, err := store.Closure(ctx, s.store, roots...)
	infos := make(map[storepath.Path]*pathinfo.Info, len(list))
	for _, i := range list {
		infos[i.Path] = i
	}
	return infos, err
}
