package cli

import (
	"context"
	"strings"

	"firn/internal/config"
	"firn/internal/format/storepath"
)

var envCommand = Command{
	Name: "env", Category: Utility, Feature: config.NixCommand,
	Summary: "manipulate the process environment",
	Doc:     "Commands that run programs in an environment with packages.",
	Sub:     []*Command{&envShellCommand},
}

var shellCommandFlag = Flag{Long: "command", Short: 'c', Labels: []string{"command", "args"}, Rest: true, Doc: "Run *command* with *args* instead of a shell. Everything that follows belongs to it."}

var envShellCommand = Command{
	Name: "shell", Category: MainCommands, Feature: config.NixCommand,
	Summary: "run a shell in which the given packages are available",
	Doc: `Builds packages and runs a shell with their ` + "`bin`" + ` directories, and those of what they propagate, in front of ` + "`PATH`" + `. Nothing else in the environment changes.

If the store is not at its own place, as it is for people without a store of the machine, the shell sees it there.`,
	Examples: []Example{
		{"Run a shell with two packages", "nix shell --file '<nixpkgs>' hello jq"},
		{"Run one program", "nix shell --file '<nixpkgs>' hello --command hello --greeting Hi"},
		{"Run a program that sees nothing of the environment", "nix shell --ignore-env --keep-env-var HOME --file '<nixpkgs>' coreutils --command env"},
	},
	Flags: [][]*Flag{{&shellCommandFlag}, shellEnvFlags, installableFlags, lockFlags, evalFlags},
	Args:  []Arg{{Label: "installables", Many: true}},
	Run:   runEnvShell,
}

func runEnvShell(ctx context.Context, c *Call) error {
	env, err := c.shellEnviron()
	if err != nil {
		return err
	}
	e, err := c.newEvaluation(ctx, false)
	if err != nil {
		return err
	}
	defer e.Close()
	if err := e.needFiles(); err != nil {
		return err
	}
	list, err := e.installables(c.Args)
	if err != nil {
		return err
	}
	results, err := e.build(ctx, list)
	if err != nil {
		return err
	}
	var paths []storepath.Path
	for _, r := range results {
		for _, o := range resultOutputs(r) {
			paths = append(paths, o.Path)
		}
	}
	dirs, err := e.binDirs(paths)
	if err != nil {
		return err
	}
	if old := env.get("PATH"); old != "" {
		dirs = append(dirs, old)
	}
	env.set("PATH", strings.Join(dirs, ":"))
	argv, err := c.shellCommandLine()
	if err != nil {
		return err
	}
	return e.run(ctx, argv[0], argv, env)
}

// shellCommandLine is what --command gives, or the person's shell.
func (c *Call) shellCommandLine() ([]string, error) {
	if argv := c.All(&shellCommandFlag); len(argv) > 0 {
		return argv[0], nil
	}
	if shell, ok := c.Env("SHELL"); ok && shell != "" {
		return []string{shell}, nil
	}
	return []string{"bash"}, nil
}
