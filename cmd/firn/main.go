// Command firn is the Nix system in one static binary.
package main

import (
	"os"

	"firn/internal/cli"
)

func main() {
	os.Exit(cli.Main(&cli.Process{Args: os.Args, Environ: os.Environ(), In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}
