// Command firn is the Nix system in one static binary.
package main

import (
	"os"

	"firn/internal/build/minishell"
	"firn/internal/cli"
)

func main() {
	if minishell.Named(os.Args[0]) {
		// A sandbox on a machine without a static shell starts this program as its
		// /bin/sh.
		os.Exit(minishell.Main(os.Args))
	}
	os.Exit(cli.Main(&cli.Process{Args: os.Args, Environ: os.Environ(), In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}
