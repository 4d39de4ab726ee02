package cli

import (
	"context"

	"firn/internal/diag"
)

var (
	queryFlag        = Flag{Long: "query", Short: 'q', Doc: "List packages."}
	availableFlag    = Flag{Long: "available", Short: 'a', Doc: "List the packages that the expression has, rather than the installed ones."}
	installedFlag    = Flag{Long: "installed", Doc: "List the installed packages. This is the default."}
	envFileFlag      = Flag{Long: "file", Short: 'f', Labels: []string{"path"}, Terse: true, Complete: completeFile, Doc: "The expression to look for packages in. The default is `~/.nix-defexpr`."}
	systemFilterFlag = Flag{Long: "system-filter", Labels: []string{"system"}, Terse: true, Doc: "Only packages for *system*; `*` for all. The default is the system of this machine."}
	attrPathFlag     = Flag{Long: "attr-path", Short: 'P', Doc: "Show where each package is in the expression."}
	noNameFlag       = Flag{Long: "no-name", Doc: "Leave out the names."}
	envSystemFlag    = Flag{Long: "system", Doc: "Show the systems that the packages are for."}
	compareFlag      = Flag{Long: "compare-versions", Short: 'c', Doc: "Show how versions compare with the installed ones, or those of installed packages with the available ones."}
	statusFlag       = Flag{Long: "status", Short: 's', Doc: "Show whether a package is installed, present, and available from a substituter."}
	drvPathFlag      = Flag{Long: "drv-path", Doc: "Show the paths of the derivations."}
	outPathFlag      = Flag{Long: "out-path", Doc: "Show the paths of the outputs."}
	descriptionFlag  = Flag{Long: "description", Doc: "Show the packages' descriptions."}
	metaFlag         = Flag{Long: "meta", Doc: "With `--json` or `--xml`, print everything that the packages say of themselves."}
	envXMLFlag       = Flag{Long: "xml", Doc: "Print XML."}
	envJSONFlag      = Flag{Long: "json", Doc: "Print JSON."}
	prebuiltFlag     = Flag{Long: "prebuilt-only", Short: 'b', Doc: "Only packages that are present or available from a substituter."}
	envDryRunFlag    = Flag{Long: "dry-run", Doc: "Only show what would be done."}
	profileFlag      = Flag{Long: "profile", Short: 'p', Labels: []string{"path"}, Terse: true, Doc: "The profile to use instead of `~/.nix-profile`."}
)

var nixEnvCommand = Command{
	Name: "nix-env", Classic: true, Category: ClassicGroup,
	Summary: "look for packages in an expression",
	Doc: `Lists packages (` + "`--query`" + `). Names can be restricted by arguments of the form *name* or *name*-*version*, where *name* is an extended regular expression.

firn does not install into profiles yet, so that of all operations only ` + "`--query --available`" + ` is there.`,
	Examples: []Example{
		{"List all packages of an expression with their attribute paths", "nix-env -f default.nix -qaP"},
		{"List all versions of a package with their derivations", "nix-env -f default.nix -qa --drv-path gcc"},
		{"Write everything that packages say of themselves as JSON", "nix-env -f default.nix -qaP --json --meta"},
	},
	Flags: [][]*Flag{
		{&attrFlag, &attrPathFlag, &availableFlag, &compareFlag, &descriptionFlag, &drvPathFlag, &envDryRunFlag, &envFileFlag, &installedFlag,
			&envJSONFlag, &metaFlag, &noNameFlag, &outPathFlag, &prebuiltFlag, &profileFlag, &queryFlag, &statusFlag, &envSystemFlag,
			&systemFilterFlag, &envXMLFlag},
		evalFlags, commonFlags, classicFlags,
	},
	Args: []Arg{{Label: "names", Many: true}},
	Run:  runNixEnv,
}

func runNixEnv(ctx context.Context, c *Call) error {
	switch {
	case !c.Has(&queryFlag):
		return diag.Misuse(diag.Usage, "no operation specified")
	case c.Has(&availableFlag):
		return c.queryAvailable(ctx)
	case c.Has(&attrPathFlag):
		return diag.Misuse(diag.Usage, "--attr-path(-P) only works with --available")
	}
	return diag.Misuse(diag.Usage, "firn has no profiles yet: only '--query --available' is possible")
}
