package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"firn/internal/activity"
	"firn/internal/build/devshell"
	"firn/internal/config"
	"firn/internal/diag"
	"firn/internal/format/storepath"
	"firn/internal/wiring"
)

var redirectFlag = Flag{Long: "redirect", Labels: []string{"installable", "outputs-dir"}, Doc: "Replace the paths of *installable*'s outputs in the environment by directories below *outputs-dir*, to try a changed build of a dependency."}

var devFailedFlag = Flag{Long: "failed", Doc: "Take the build that failed last in this store instead of an installable."}

// failedBuild is the derivation whose build failed last.
func (e *evaluation) failedBuild() (string, error) {
	if err := e.needFiles(); err != nil {
		return "", err
	}
	if e.call.Arg(0) != "" {
		return "", diag.Misuse(diag.Usage, "'--failed' takes the place of an installable")
	}
	last, ok := wiring.History(e.store).LastFailed()
	if !ok {
		return "", diag.New(diag.BuildFailed, "no build has failed in this store")
	}
	drv := e.StoreDir.Join(storepath.Path(last.Drv))
	e.call.Log.Say(activity.Info, diag.Msgf("entering the environment of '%s'", drv))
	return drv, nil
}

var printDevEnvCommand = Command{
	Name: "print-dev-env", Category: Utility, Feature: config.NixCommand,
	Summary: "print shell code that reproduces the build environment of a derivation",
	Doc:     "Prints code for bash that sets the variables and functions which the setup of a build leaves. With `--json` it is a description for other programs.",
	Examples: []Example{
		{"Take over the environment of a build", "source <(nix print-dev-env --file ./default.nix hello)"},
		{"Get it as JSON", "nix print-dev-env --file ./default.nix hello --json"},
	},
	Flags: [][]*Flag{{&redirectFlag, &devProfileFlag}, jsonFlags, installableFlags, lockFlags, evalFlags},
	Args:  []Arg{installableArg},
	Run:   runPrintDevEnv,
}

func runPrintDevEnv(ctx context.Context, c *Call) error {
	e, err := c.newEvaluation(ctx, false)
	if err != nil {
		return err
	}
	defer e.Close()
	found, err := e.developArgument(ctx, c.Arg(0))
	if err != nil {
		return err
	}
	if c.Has(&jsonFlag) {
		text, err := found.env.JSON()
		if err != nil {
			return err
		}
		if c.Pretty() {
			text = indentJSON(text)
		}
		return printLine(c.Out, string(text))
	}
	dir, err := os.MkdirTemp("", "nix-dev-env.")
	if err != nil {
		return err
	}
	code, err := e.developScript(ctx, found, dir)
	if err != nil || !found.env.Structured {
		// Only files of structured attributes outlive this program.
		err = errors.Join(err, os.RemoveAll(dir))
	}
	if err != nil {
		return err
	}
	return printLine(c.Out, code)
}

// developScript is the code that brings an environment about; files that it
// needs are written below dir.
func (e *evaluation) developScript(ctx context.Context, d *developed, dir string) (string, error) {
	redirects, err := e.redirects(ctx, d.env)
	if err != nil {
		return "", err
	}
	outputs, err := filepath.Abs("outputs")
	if err != nil {
		return "", err
	}
	code, files, err := d.env.Script(devshell.ScriptOptions{OutputsDir: outputs, TempDir: dir, Redirects: redirects})
	if err != nil {
		return "", err
	}
	return code, writeFiles(files)
}

func writeFiles(files []devshell.File) error {
	for _, f := range files {
		if err := os.WriteFile(f.Path, []byte(f.Text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

var (
	devProfileFlag   = Flag{Long: "profile", Labels: []string{"path"}, Complete: completeFile, Doc: "Make *path* a link to the environment, which keeps it from being collected."}
	phaseFlag        = Flag{Long: "phase", Labels: []string{"phase-name"}, Doc: "Run a phase of the build, like `build` or `installCheck`, instead of a shell."}
	unpackFlag       = Flag{Long: "unpack", Doc: "Run the `unpack` phase."}
	configureFlag    = Flag{Long: "configure", Doc: "Run the `configure` phase."}
	buildPhaseFlag   = Flag{Long: "build", Doc: "Run the `build` phase."}
	checkPhaseFlag   = Flag{Long: "check", Doc: "Run the `check` phase."}
	installFlag      = Flag{Long: "install", Doc: "Run the `install` phase."}
	installCheckFlag = Flag{Long: "installcheck", Doc: "Run the `installCheck` phase."}
)

var phases = []struct {
	flag *Flag
	name string
}{
	{&unpackFlag, "unpack"}, {&configureFlag, "configure"}, {&buildPhaseFlag, "build"}, {&checkPhaseFlag, "check"},
	{&installFlag, "install"}, {&installCheckFlag, "installCheck"},
}

var developCommand = Command{
	Name: "develop", Category: MainCommands, Feature: config.NixCommand,
	Summary: "run a bash shell that provides the build environment of a derivation",
	Doc:     "Starts a bash with the variables and functions that the build of a package has after its setup, so that its phases can be run by hand. Outputs are replaced by directories below `./outputs`.",
	Examples: []Example{
		{"Work on a package", "nix develop --file ./default.nix hello"},
		{"Run its configure phase", "nix develop --file ./default.nix hello --configure"},
		{"Run a program in its environment", "nix develop --file ./default.nix hello --command make"},
	},
	Flags: [][]*Flag{
		{&buildPhaseFlag, &checkPhaseFlag, &shellCommandFlag, &configureFlag, &devFailedFlag, &installFlag, &installCheckFlag, &phaseFlag, &devProfileFlag, &redirectFlag, &unpackFlag},
		shellEnvFlags, installableFlags, lockFlags, evalFlags,
	},
	Args: []Arg{installableArg},
	Run:  runDevelop,
}

func runDevelop(ctx context.Context, c *Call) error {
	env, err := c.shellEnviron()
	if err != nil {
		return err
	}
	e, err := c.newEvaluation(ctx, false)
	if err != nil {
		return err
	}
	defer e.Close()
	arg := c.Arg(0)
	if c.Has(&devFailedFlag) {
		if arg, err = e.failedBuild(); err != nil {
			return err
		}
	}
	found, err := e.developArgument(ctx, arg)
	if err != nil {
		return err
	}
	if profile, ok := c.Value(&devProfileFlag); ok {
		abs, err := filepath.Abs(profile)
		if err != nil {
			return err
		}
		if err := e.keep(ctx, found.path, abs); err != nil {
			return err
		}
	}
	dir, err := os.MkdirTemp("", "nix-develop.")
	if err != nil {
		return err
	}
	session, err := c.developSession(filepath.Join(dir, "rc"), env)
	if err == nil {
		err = e.writeSession(ctx, session, found, dir)
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	env.set("IN_NIX_SHELL", "impure")
	env.set("NIX_GCROOT", e.StoreDir.Join(found.path))
	return e.run(ctx, session.Shell, session.Args(), env)
}

// developSession reads from flags what the shell is to do.
func (c *Call) developSession(rc string, env *environ) (*devshell.Session, error) {
	s := &devshell.Session{RCFile: rc, Shell: "bash", Trace: c.Log.Level() >= activity.Debug,
		Prompt: c.Config.Shell.BashPrompt, PromptPrefix: c.Config.Shell.BashPromptPrefix, PromptSuffix: c.Config.Shell.BashPromptSuffix}
	if argv := c.All(&shellCommandFlag); len(argv) > 0 {
		s.Command = argv[0]
	}
	s.Phase, _ = c.Value(&phaseFlag)
	for _, p := range phases {
		if c.Has(p.flag) {
			s.Phase = p.name
		}
	}
	if s.Phase != "" && s.Command != nil {
		return nil, diag.Misuse(diag.Usage, "you cannot specify both '--command' and a phase of the build")
	}
	return s, nil
}

func (e *evaluation) writeSession(ctx context.Context, s *devshell.Session, d *developed, dir string) error {
	code, err := e.developScript(ctx, d, dir)
	if err != nil {
		return err
	}
	return os.WriteFile(s.RCFile, []byte(s.Develop(code)), 0o600)
}
