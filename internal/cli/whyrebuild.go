package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"firn/internal/build/history"
	"firn/internal/build/plan"
	"firn/internal/build/rebuild"
	"firn/internal/config"
	"firn/internal/format/storepath"
	"firn/internal/wiring"
)

var whyRebuildCommand = Command{
	Name: "why-rebuild", Category: Infrequent, Feature: config.NixCommand,
	Summary: "explain why something has to be built again",
	Doc: `Compares each derivation that would be built with the last one of that name that was built in this store, and shows what was changed itself: sources, variables, builders, inputs that came or went. What only follows from such a change is counted. Nothing is built.

With ` + "`--json`" + ` it prints an object: ` + "`version`" + ` (1), ` + "`builds`" + ` (how many derivations would be built), ` + "`follow`" + ` (how many of them changed only below), ` + "`causes`" + `, a list of ` + "`new`" + `, ` + "`old`" + `, ` + "`affects`" + ` and ` + "`changes`" + ` (` + "`what`" + `, ` + "`old`" + `, ` + "`new`" + `), and ` + "`new`" + `, the derivations that have no predecessor.`,
	Examples: []Example{{"See why a package would be built", "firn why-rebuild --file ./default.nix hello"}},
	Flags:    [][]*Flag{jsonFlags, installableFlags, evalFlags},
	Args:     []Arg{{Label: "installables", Many: true}},
	Run:      runWhyRebuild,
}

func runWhyRebuild(ctx context.Context, c *Call) error {
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
	targets := make([]plan.Target, len(list))
	for i := range list {
		targets[i] = list[i].target
	}
	sum, err := e.scheduler.Rehearse(ctx, targets)
	if err != nil {
		return c.buildError(err, e.StoreDir)
	}
	report, err := rebuild.Compare(predecessors(sum.Builds, wiring.History(e.store)), e.World.Store.ReadDerivation)
	if err != nil {
		return err
	}
	if c.Has(&jsonFlag) {
		return c.printJSON(rebuildJSON(report, e.StoreDir))
	}
	return printLine(c.Out, rebuildText(report, e.StoreDir))
}

// predecessors pairs derivations with what was built last in their place.
func predecessors(builds map[storepath.Path]*plan.Job, h *history.History) []rebuild.Pair {
	pairs := make([]rebuild.Pair, 0, len(builds))
	for _, drv := range slices.Sorted(maps.Keys(builds)) {
		p := rebuild.Pair{New: drv}
		if last, ok := h.Last(drv.DerivationName(), string(drv)); ok {
			p.Old = storepath.Path(last.Drv)
		}
		pairs = append(pairs, p)
	}
	return pairs
}

func rebuildJSON(r *rebuild.Report, dir storepath.Dir) any {
	type change struct {
		What string `json:"what"`
		Old  string `json:"old"`
		New  string `json:"new"`
	}
	type cause struct {
		New     string   `json:"new"`
		Old     string   `json:"old"`
		Affects int      `json:"affects"`
		Changes []change `json:"changes"`
	}
	causes, fresh := []cause{}, []string{}
	for _, one := range r.Causes {
		changes := []change{}
		for _, x := range one.Changes {
			changes = append(changes, change(x))
		}
		causes = append(causes, cause{dir.Join(one.New), dir.Join(one.Old), one.Affects, changes})
	}
	for _, p := range r.New {
		fresh = append(fresh, dir.Join(p))
	}
	return map[string]any{"version": 1, "builds": r.Builds, "follow": r.Follow, "causes": causes, "new": fresh}
}

func rebuildText(r *rebuild.Report, dir storepath.Dir) string {
	if r.Builds == 0 {
		return "nothing would be built"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s would be built", counted(r.Builds, "derivation"))
	for _, cause := range r.Causes {
		fmt.Fprintf(&b, "\n\n%s, which %s on\n", dir.Join(cause.New), dependants(cause.Affects))
		fmt.Fprintf(&b, "  changed since %s:", dir.Join(cause.Old))
		for _, change := range cause.Changes {
			b.WriteString("\n    " + changeText(change))
		}
	}
	if len(r.New) > 0 {
		fmt.Fprintf(&b, "\n\nnot built in this store before:")
		for _, p := range r.New {
			b.WriteString("\n  " + dir.Join(p))
		}
	}
	if r.Follow > 0 {
		fmt.Fprintf(&b, "\n\n%s only follow from changes below", counted(r.Follow, "derivation"))
	}
	return b.String()
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// dependants tells how many of the builds depend on a cause.
func dependants(n int) string {
	if n == 1 {
		return "1 of them depends"
	}
	return fmt.Sprintf("%d of them depend", n)
}

// changeText words a difference in a line.
func changeText(c rebuild.Change) string {
	old, new, where := firstDifference(c.Old, c.New)
	switch {
	case c.Old == "":
		return fmt.Sprintf("%s: %s is new", c.What, shortened(c.New))
	case c.New == "":
		return fmt.Sprintf("%s: %s is gone", c.What, shortened(c.Old))
	}
	return fmt.Sprintf("%s%s: %s → %s", c.What, where, shortened(old), shortened(new))
}

// firstDifference returns the first lines that differ, and which they are if
// there are several.
func firstDifference(old, new string) (oldLine, newLine, where string) {
	if !strings.Contains(old, "\n") && !strings.Contains(new, "\n") {
		return old, new, ""
	}
	a, b := strings.Split(old, "\n"), strings.Split(new, "\n")
	n := 0
	for n < len(a)-1 && n < len(b)-1 && a[n] == b[n] {
		n++
	}
	return a[n], b[n], fmt.Sprintf(", line %d", n+1)
}

// shortened quotes a text of reasonable length.
func shortened(text string) string {
	const most = 70
	text, _, more := strings.Cut(text, "\n")
	if runes := []rune(text); len(runes) > most {
		text, more = string(runes[:most]), true
	}
	if more {
		text += "…"
	}
	return "'" + text + "'"
}
