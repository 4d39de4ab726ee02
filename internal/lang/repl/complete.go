package repl

import (
	"slices"
	"strings"

	"firn/internal/lang/eval"
)

// Complete returns the lines that a line may be the beginning of: it completes
// variables, attributes of what can be evaluated, and paths.
func (r *Repl) Complete(line string) []string {
	start := strings.LastIndexAny(line, " \n\r\t(){}[]") + 1
	head, word := line[:start], line[start:]
	var out []string
	switch slash, dot := strings.LastIndexByte(word, '/'), strings.LastIndexByte(word, '.'); {
	case slash >= 0:
		out = r.completePath(word[:slash], word[slash+1:])
	case dot >= 0:
		out = r.completeAttr(word[:dot], word[dot+1:])
	default:
		for name := range r.names {
			if strings.HasPrefix(name, word) {
				out = append(out, name)
			}
		}
	}
	for i := range out {
		out[i] = head + out[i]
	}
	slices.Sort(out)
	return out
}

func (r *Repl) completePath(dir, prefix string) (out []string) {
	full := dir
	if !strings.HasPrefix(dir, "/") {
		full = r.w.World.Cwd + "/" + dir
	}
	entries, err := r.w.World.Files.ReadDir(eval.CanonPath(full + "/"))
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name, prefix) && e.Name[0] != '.' {
			out = append(out, dir+"/"+e.Name)
		}
	}
	return out
}

// completeAttr evaluates what stands before the dot; its failures mean that
// there is nothing to propose.
func (r *Repl) completeAttr(expr, prefix string) (out []string) {
	r.w.Try(func() {
		code, err := r.parse(expr)
		if err != nil {
			return
		}
		set := r.w.ForceAttrs(r.w.Cell(r.w.Eval(code, r.env)), 0, eval.NoFrame)
		for _, a := range set.List() {
			if name := a.Name.String(); strings.HasPrefix(name, prefix) {
				out = append(out, expr+"."+name)
			}
		}
	})
	return out
}
