package eval

import (
	"slices"
	"strings"

	"firn/internal/diag"
	"firn/internal/lang/value"
)

const (
	maxSuggestions = 5
	maxDistance    = 10
	// maxCandidates bounds the work on huge sets.
	maxCandidates = 100_000
)

// nearest returns the names most like the wanted one, best first.
func nearest(want string, names []string) []string {
	if len(names) > maxCandidates {
		return nil
	}
	type match struct {
		distance int
		name     string
	}
	var best []match
	for _, n := range names {
		if d := distance(want, n); d <= maxDistance {
			best = append(best, match{d, n})
		}
	}
	slices.SortFunc(best, func(a, b match) int {
		if a.distance != b.distance {
			return a.distance - b.distance
		}
		return strings.Compare(a.name, b.name)
	})
	var out []string
	for _, m := range best[:min(len(best), maxSuggestions)] {
		out = append(out, m.name)
	}
	return out
}

// distance is the number of bytes to insert, delete or replace between a and b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(row[j+1]+1, row[j]+1, cost)
		}
	}
	return row[len(b)]
}

func attrNames(set *value.Attrs) []string {
	list := set.List()
	out := make([]string, len(list))
	for i := range list {
		out[i] = list[i].Name.String()
	}
	return out
}

// Where shows a position as messages do: file:line:column.
func (ev *Evaluator) Where(p diag.Pos) string {
	at := ev.Positions.Resolve(p)
	if !at.Valid() {
		return "«none»"
	}
	return at.String()
}
