package builtin

import (
	"strings"

	"firn/internal/diag"
	"firn/internal/lang/eval"
	"firn/internal/lang/value"
)

func strings_() []eval.Builtin {
	return []eval.Builtin{
		{Name: "toString", Global: true, Args: []string{"e"}, Fn: toString, Doc: "Turns *e* into a string: strings and paths as they are, numbers in decimal, `true` as `\"1\"`, `false` and `null` as `\"\"`, lists as their items joined by blanks, sets by their `__toString` or `outPath`."},
		{Name: "substring", Args: []string{"start", "len", "s"}, Fn: substring, Doc: "Returns the *len* bytes of *s* from byte *start*; fewer if *s* ends before, and all the rest if *len* is negative."},
		{Name: "stringLength", Args: []string{"s"}, Fn: stringLength, Doc: "Returns the number of bytes of *s*."},
		{Name: "concatStringsSep", Args: []string{"separator", "list"}, Fn: concatStringsSep, Doc: "Joins the strings in *list*, with *separator* between them."},
		{Name: "replaceStrings", Args: []string{"from", "to", "s"}, Fn: replaceStrings, Doc: "Returns *s* with every occurrence of a string in *from* replaced by the one at the same place in *to*. Earlier ones in *from* are tried first; *to* is evaluated only where it is used."},
	}
}

func toString(w *worker, args []*cell, _ diag.Pos) value.Value {
	s, c := w.CoerceCell(args[0], 0, ctx("while evaluating the first argument passed to builtins.toString"), eval.Coercion{More: true})
	return value.StringWith(s, c)
}

func substring(w *worker, args []*cell, _ diag.Pos) value.Value {
	start := w.ForceInt(args[0], 0, ctx("while evaluating the first argument (the start offset) passed to builtins.substring"))
	if start < 0 {
		return throw(w, diag.OutOfRange, "negative start position in 'substring'")
	}
	n := w.ForceInt(args[1], 0, ctx("while evaluating the second argument (the substring length) passed to builtins.substring"))
	s, c := w.CoerceCell(args[2], 0, ctx("while evaluating the third argument (the string) passed to builtins.substring"), eval.Coercion{Copy: true})
	if start >= int64(len(s)) {
		return value.StringWith("", c)
	}
	s = s[start:]
	if n >= 0 && n < int64(len(s)) {
		s = s[:n]
	}
	return value.StringWith(piece(s), c)
}

// piece returns a part of a string without pinning a much longer one. What is
// long is not worth the copy.
func piece(s string) string {
	if len(s) < 64 {
		return strings.Clone(s)
	}
	return s
}

func stringLength(w *worker, args []*cell, _ diag.Pos) value.Value {
	s, _ := w.CoerceCell(args[0], 0, ctx("while evaluating the argument passed to builtins.stringLength"), eval.Coercion{Copy: true})
	return value.Int(int64(len(s)))
}

func concatStringsSep(w *worker, args []*cell, _ diag.Pos) value.Value {
	const item = ctx("while evaluating one element of the list of strings to concat passed to builtins.concatStringsSep")
	sep, c := w.ForceString(args[0], 0, ctx("while evaluating the first argument (the separator string) passed to builtins.concatStringsSep"))
	items := w.ForceList(args[1], 0, ctx("while evaluating the second argument (the list of strings to concat) passed to builtins.concatStringsSep"))
	var set value.ContextSet
	set.Add(c)
	var b strings.Builder
	for i, x := range items {
		if i > 0 {
			b.WriteString(sep)
		}
		s, c := w.CoerceCell(x, 0, item, eval.Coercion{Copy: true})
		b.WriteString(s)
		set.Add(c)
	}
	return value.StringWith(b.String(), set.Context())
}

func replaceStrings(w *worker, args []*cell, _ diag.Pos) value.Value {
	fromCells := w.ForceList(args[0], 0, ctx("while evaluating the first argument passed to builtins.replaceStrings"))
	toCells := w.ForceList(args[1], 0, ctx("while evaluating the second argument passed to builtins.replaceStrings"))
	if len(fromCells) != len(toCells) {
		return throw(w, diag.InvalidArgument, "'from' and 'to' arguments passed to builtins.replaceStrings have different lengths")
	}
	r := replacer{w: w, to: toCells, from: make([]string, len(fromCells))}
	for i, c := range fromCells {
		r.from[i], _ = w.ForceString(c, 0, ctx("while evaluating one of the strings to replace passed to builtins.replaceStrings"))
		r.note(r.from[i])
	}
	s, c := w.ForceString(args[2], 0, ctx("while evaluating the third argument passed to builtins.replaceStrings"))
	r.context.Add(c)
	out, changed := r.replace(s)
	if !changed {
		return value.StringWith(s, r.context.Context())
	}
	return value.StringWith(out, r.context.Context())
}

// A replacer holds one call's patterns. first tells which bytes a pattern can
// begin with.
type replacer struct {
	w       *worker
	from    []string
	to      []*cell
	texts   []*string
	first   [256]bool
	empty   bool
	context value.ContextSet
}

func (r *replacer) note(from string) {
	if from == "" {
		r.empty = true
		return
	}
	r.first[from[0]] = true
}

func (r *replacer) replace(s string) (out string, changed bool) {
	var b strings.Builder
	done := 0 // s[:done] is in b
	for p := 0; p <= len(s); {
		if !r.empty && (p == len(s) || !r.first[s[p]]) {
			p++
			continue
		}
		i := r.match(s[p:])
		if i < 0 {
			p++
			continue
		}
		changed = true
		b.WriteString(s[done:p])
		b.WriteString(r.text(i))
		done = p
		if r.from[i] == "" {
			if p < len(s) {
				b.WriteByte(s[p])
				done++
			}
			p++
			continue
		}
		p += len(r.from[i])
		done = p
	}
	if changed && done < len(s) {
		b.WriteString(s[done:])
	}
	return b.String(), changed
}

func (r *replacer) match(rest string) int {
	for i, f := range r.from {
		if strings.HasPrefix(rest, f) {
			return i
		}
	}
	return -1
}

// text evaluates a replacement when it is first used.
func (r *replacer) text(i int) string {
	if r.texts == nil {
		r.texts = make([]*string, len(r.from))
	}
	if r.texts[i] == nil {
		s, c := r.w.ForceString(r.to[i], 0, ctx("while evaluating one of the replacement strings passed to builtins.replaceStrings"))
		r.context.Add(c)
		r.texts[i] = &s
	}
	return *r.texts[i]
}
