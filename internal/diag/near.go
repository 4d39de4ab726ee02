package diag

import (
	"iter"
	"sort"
)

// Limits of what counts as near, as Nix has them.
const (
	nearMost     = 5
	nearDistance = 2
)

// Near returns the candidates that are at most two edits away from word, the
// nearest first and equally near ones in byte order, five at most.
func Near(word string, candidates iter.Seq[string]) []string {
	type match struct {
		distance int
		name     string
	}
	var found []match
	var row []int
	for name := range candidates {
		// Lengths alone already tell most candidates apart.
		if d := len(name) - len(word); d > nearDistance || -d > nearDistance {
			continue
		}
		var d int
		if d, row = distance(word, name, row); d <= nearDistance {
			found = append(found, match{d, name})
		}
	}
	sort.Slice(found, func(i, j int) bool {
		if found[i].distance != found[j].distance {
			return found[i].distance < found[j].distance
		}
		return found[i].name < found[j].name
	})
	var names []string
	for _, m := range found {
		if len(names) == nearMost {
			break
		}
		if len(names) == 0 || names[len(names)-1] != m.name {
			names = append(names, m.name)
		}
	}
	return names
}

// distance is the number of bytes to insert, delete or replace to get from a to
// b. The row is scratch space, returned for the next call.
func distance(a, b string, row []int) (int, []int) {
	row = row[:0]
	for j := 0; j <= len(b); j++ {
		row = append(row, j)
	}
	for i := 0; i < len(a); i++ {
		diagonal := row[0]
		row[0] = i + 1
		for j := 0; j < len(b); j++ {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)], row
}
