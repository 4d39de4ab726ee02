package cli

import (
	"context"
	"os"

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
	Flags: [][]*Flag{shellEnvFlags, installableFlags, lockFlags, evalFlags},
	Args:  []Arg{installableArg, {Label: "args", Many: true}},
	Run:   runRun,
}

func runRun(ctx context.Context, c *Call) error {
	env, err := c.shellEnviron()
	if err != nil {
		return err
	}
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
	if err := e.needFiles(); err != nil {
		return err
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
			path := e.StoreDir.Join(o.Path) + "/" + program
			return e.run(ctx, path, append([]string{path}, rest...), env)
		}
	}
	return diag.New(diag.FileNotFound, "the package has no program '%s'", "bin/"+list[0].program)
}
