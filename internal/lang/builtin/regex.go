package builtin

import (
	"firn/internal/diag"
	"firn/internal/lang/eval"
	"firn/internal/lang/posixre"
	"firn/internal/lang/value"
)

func regexes() []eval.Builtin {
	return []eval.Builtin{
		{Name: "match", Args: []string{"regex", "s"}, Fn: match, Doc: "Returns the list of what the groups of the POSIX extended regular expression *regex* match, if it matches all of *s*, and `null` otherwise. A group that takes no part is `null`."},
		{Name: "split", Args: []string{"regex", "s"}, Fn: split, Doc: "Returns the pieces of *s* between the matches of *regex*, with the list of each match's groups between them. The pieces refer to nothing, even if *s* does."},
	}
}

// compile returns the pattern's matcher, compiled once an evaluation.
func compile(w *worker, pattern string) *posixre.Regexp {
	cache := w.Memo(regexKey{}, func() any { return new(posixre.Cache) }).(*posixre.Cache)
	re, err := cache.Compile(pattern)
	if err != nil {
		throw(w, diag.InvalidRegex, "%s", diag.Plain(regexError(err, pattern)))
	}
	return re
}

type regexKey struct{}

func regexError(err error, pattern string) string {
	if e, ok := err.(*posixre.Error); ok && e.Kind == posixre.Limit {
		return diag.Msgf("memory limit exceeded by regular expression '%s'", pattern)
	}
	return diag.Msgf("invalid regular expression '%s'", pattern)
}

func match(w *worker, args []*cell, _ diag.Pos) value.Value {
	re := compile(w, w.ForceStringNoCtx(args[0], 0, ctx("while evaluating the first argument passed to builtins.match")))
	s, _ := w.ForceString(args[1], 0, ctx("while evaluating the second argument passed to builtins.match"))
	var buf [8]posixre.Span
	groups, ok, err := re.Match(buf[:0], s)
	if err != nil {
		throw(w, diag.InvalidRegex, "%s", diag.Plain(regexError(err, re.Pattern())))
	}
	if !ok {
		return value.Null()
	}
	return groupList(w, s, groups)
}

func groupList(w *worker, s string, groups []posixre.Span) value.Value {
	items := w.List(len(groups))
	for i, g := range groups {
		items[i] = value.Nil
		if g.Matched() {
			items[i] = w.Cell(value.String(piece(g.Of(s))))
		}
	}
	return value.List(items)
}

func split(w *worker, args []*cell, _ diag.Pos) value.Value {
	re := compile(w, w.ForceStringNoCtx(args[0], 0, ctx("while evaluating the first argument passed to builtins.split")))
	s, _ := w.ForceString(args[1], 0, ctx("while evaluating the second argument passed to builtins.split"))
	var out []*cell
	end := 0
	err := re.Each(s, func(spans []posixre.Span) bool {
		out = append(out,
			w.Cell(value.String(piece(s[end:spans[0].Start]))),
			w.Cell(groupList(w, s, spans[1:])))
		end = spans[0].End
		return true
	})
	if err != nil {
		throw(w, diag.InvalidRegex, "%s", diag.Plain(regexError(err, re.Pattern())))
	}
	if out == nil {
		return value.List([]*cell{args[1]})
	}
	return value.List(append(out, w.Cell(value.String(piece(s[end:])))))
}
