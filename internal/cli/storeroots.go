package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"firn/internal/config"
	"firn/internal/diag"
	"firn/internal/store/local"
	"firn/internal/ui"
)

var storeRootsCommand = Command{
	Name: "roots", Category: OwnCommands, Feature: config.NixCommand,
	Summary: "show what each root keeps alive",
	Doc: "Lists the roots of the garbage collector: links to results, profiles, and what running programs use. For each it tells how much " +
		"would be deleted if this root were gone, and how much the root keeps in all; sizes are those of archives. The settings " +
		"`keep-outputs` and `keep-derivations` count.",
	Examples: []Example{
		{"Find out what holds the disk's space", "nix store roots"},
		{"The same for programs", "nix store roots --json"},
	},
	Flags: [][]*Flag{jsonFlags},
	Run: func(ctx context.Context, c *Call) error {
		return c.withLocalStore(func(st *local.Store) error {
			list, err := st.RootShares(ctx, c.collectOptions())
			if err != nil {
				return err
			}
			if c.Has(&jsonFlag) {
				return c.printJSON(rootsJSON(st, list))
			}
			return printLine(c.Out, rootsText(st, list))
		})
	},
}

// rootsText is a table: own size, size, root and path.
func rootsText(st *local.Store, list []local.RootShare) string {
	if len(list) == 0 {
		return "no roots"
	}
	lines := []string{fmt.Sprintf("%12s %12s  %s", "alone", "in all", "root")}
	for _, r := range list {
		lines = append(lines, fmt.Sprintf("%12s %12s  %s -> %s", ui.Size(r.OwnSize), ui.Size(r.Size), r.Root, st.Dir().Join(r.Path)))
	}
	return strings.Join(lines, "\n")
}

// rootJSON is one root. Sizes are in bytes.
type rootJSON struct {
	Root        string `json:"root"`
	Path        string `json:"path"`
	Paths       uint64 `json:"closurePaths"`
	Size        uint64 `json:"closureSize"`
	UniquePaths uint64 `json:"uniquePaths"`
	UniqueSize  uint64 `json:"uniqueSize"`
}

func rootsJSON(st *local.Store, list []local.RootShare) any {
	roots := make([]rootJSON, len(list))
	for i, r := range list {
		roots[i] = rootJSON{r.Root, st.Dir().Join(r.Path), r.Paths, r.Size, r.OwnPaths, r.OwnSize}
	}
	return struct {
		Version int        `json:"version"`
		Roots   []rootJSON `json:"roots"`
	}{1, roots}
}

// parsePeriod reads a time span: Go's, or a number of days.
func parsePeriod(text string) (time.Duration, error) {
	if number, ok := strings.CutSuffix(text, "d"); ok {
		if days, err := strconv.ParseUint(number, 10, 16); err == nil {
			return time.Duration(days) * 24 * time.Hour, nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return d, nil
	}
	return 0, diag.Misuse(diag.Usage, "'%s' is not a period, such as '30d' or '12h'", text)
}
