package eval

import (
	"iter"

	"firn/internal/diag"
	"firn/internal/lang/value"
)

// attrNames lists the names in a set, for suggestions.
func attrNames(set *value.Attrs) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, a := range set.List() {
			if !yield(a.Name.String()) {
				return
			}
		}
	}
}

// Where shows a position as messages do: file:line:column.
func (ev *Evaluator) Where(p diag.Pos) string {
	at := ev.Positions.Resolve(p)
	if !at.Valid() {
		return "«none»"
	}
	return at.String()
}
