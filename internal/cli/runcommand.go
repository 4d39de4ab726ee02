package cli

import (
	"context"
	"os"
	"os/exec"
	"syscall"

	"firn/internal/build/sandbox"
	"firn/internal/config"
	"firn/internal/diag"
)

var runCommand = Command{
	Name: "run", Category: MainCommands, Feature: config.NixCommand,
	Summary: "run a program of a package",
	Doc: `Builds the package that *installable* names and runs ` + "`bin/PROGRAM`" + ` of it with the arguments after ` + "`--`" + `. PROGRAM is the package's ` + "`meta.mainProgram`" + `, else its ` + "`pname`" + `, else its name without the version.

If the store is not at its own place, as it is for people without a store of the machine, the program runs where it seems to be.`,
	Examples: []Example{
		{"Run the package in a file", "nix run --file ./default.nix"},
		{"Run an attribute with arguments", "nix run --file ./default.nix hello -- --greeting Hi"},
	},
	Flags: [][]*Flag{installableFlags, evalFlags},
	Args:  []Arg{installableArg, {Label: "args", Many: true}},
	Run:   runRun,
}

func runRun(ctx context.Context, c *Call) error {
	e, err := c.newEvaluation(ctx, false)
	if err != nil {
		return err
	}
	defer e.Close()
	var args []string
	if len(c.Args) > 0 {
		args = c.Args[:1]
	}
	list, err := e.installables(args)
	if err != nil {
		return err
	}
	if len(list) != 1 {
		return diag.New(diag.InvalidArgument, "'%s' is not one package but %s", c.Arg(0), len(list))
	}
	results, err := e.build(ctx, list)
	if err != nil {
		return err
	}
	var rest []string
	if len(c.Args) > 1 {
		rest = c.Args[1:]
	}
	for _, o := range results[0].Outputs {
		program := "bin/" + list[0].program
		if info, err := os.Stat(e.store.RealPath(o.Path) + "/" + program); err == nil && !info.IsDir() {
			return e.exec(ctx, e.StoreDir.Join(o.Path)+"/"+program, rest)
		}
	}
	return diag.New(diag.FileNotFound, "the package has no program '%s'", "bin/"+list[0].program)
}

// exec runs a program in the store in place of this one.
func (e *evaluation) exec(ctx context.Context, path string, args []string) error {
	c := e.call
	c.Log.Stop()
	argv := append([]string{path}, args...)
	if e.atItsPlace() {
		e.Close()
		return &os.PathError{Op: "run", Path: path, Err: syscall.Exec(path, argv, c.Process.Environ)}
	}
	cwd, _ := os.Getwd()
	_, err := sandbox.Enter(ctx, &sandbox.Entry{
		Path: path, Args: argv, Env: c.Process.Environ, Dir: cwd,
		Source: e.realStoreDir(), Target: string(e.StoreDir),
	})
	var exit *exec.ExitError
	if asError(err, &exit) {
		return Exit(exit.ExitCode())
	}
	return err
}
