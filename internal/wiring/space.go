package wiring

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"firn/internal/config"
	"firn/internal/store/local"
)

// spaceKeeper returns what collects garbage while builds use up the disk, nil if
// nothing is to.
func spaceKeeper(v *config.Values, m *Machine, st *local.Store) func(context.Context) {
	if v.GC.MinFree == 0 {
		return nil
	}
	sp := local.Space{MinFree: v.GC.MinFree, MaxFree: v.GC.MaxFree, Interval: time.Duration(v.GC.MinFreeCheckInterval) * time.Second}
	if file, ok := m.Env("_NIX_TEST_FREE_SPACE_FILE"); ok { // Nix's own tests fill no disks
		sp.Free = func() (uint64, error) { return readNumber(file) }
	}
	o := local.CollectOptions{KeepOutputs: v.GC.KeepOutputs, KeepDerivations: v.GC.KeepDerivations}
	return func(ctx context.Context) { st.KeepSpace(ctx, sp, o) }
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
