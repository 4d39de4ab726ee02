package cli

import (
	"os"
	"testing"
)

// BenchmarkMain measures what a process does besides being started.
func BenchmarkMain(b *testing.B) {
	null, _ := os.OpenFile("/dev/null", os.O_RDWR, 0)
	for _, words := range [][]string{{"nix", "--version"}, {"firn", "config", "show", "cores"}, {"nix-instantiate", "--eval", "-E", "1"}} {
		b.Run(words[len(words)-1], func(b *testing.B) {
			for b.Loop() {
				Main(&Process{Args: words, Environ: os.Environ(), In: null, Out: null, Err: null})
			}
		})
	}
}
