package wiring

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"firn/internal/config"
	"firn/internal/store/local"
)

// keptSpace are the settings of collections that nobody asks for.
func keptSpace(v *config.Values, m *Machine) local.Space {
	sp := local.Space{
		Min: v.GC.MinFree, Max: v.GC.MaxFree, Interval: time.Duration(v.GC.MinFreeCheckInterval) * time.Second,
		KeepOutputs: v.GC.KeepOutputs, KeepDerivations: v.GC.KeepDerivations,
	}
	if file, ok := m.Env("_NIX_TEST_FREE_SPACE_FILE"); ok { // Nix's own tests fill no disks
		sp.Free = func() (uint64, error) { return readNumber(file) }
	}
	return sp
}

func readNumber(file string) (uint64, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("file '%s' holds no number of bytes", file)
	}
	return n, nil
}
