package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"firn/internal/activity"
	"firn/internal/build/plan"
	"firn/internal/config"
	"firn/internal/diag"
	"firn/internal/format/storepath"
	"firn/internal/store"
)

var (
	whyAllFlag     = Flag{Long: "all", Short: 'a', Doc: "Show every way from the package to the dependency, not just a shortest one."}
	whyPreciseFlag = Flag{Long: "precise", Doc: "Show the files of each path that mention the next one. With `--json`, their offsets too."}
)

var whyDependsCommand = Command{
	Name: "why-depends", Category: Infrequent, Feature: config.NixCommand,
	Summary: "show why a package has another package in its closure",
	Doc: `Shows a chain of references that leads from *package* to *dependency*, a shortest one. It needs no files unless ` + "`--precise`" + ` asks for them: a binary cache's metadata is enough.

With ` + "`--json`" + ` it prints an object: ` + "`version`" + ` (1), ` + "`package`" + `, ` + "`dependency`" + `, ` + "`depends`" + ` (whether it does), and ` + "`references`" + `, a list of ` + "`from`" + `, ` + "`to`" + `, ` + "`distance`" + ` (of ` + "`to`" + ` from the dependency) and, for ` + "`--precise`" + `, ` + "`mentions`" + ` with ` + "`file`" + ` (empty if the path itself is the file), ` + "`link`" + ` (whether it stands in the target of a symbolic link) and ` + "`offset`" + ` in bytes.`,
	Examples: []Example{
		{"Show one chain from a result to a library", "nix why-depends ./result /nix/store/0q5vdhjcx7sp9gpgn5cpdkshaqzfi7n2-openssl"},
		{"Show all files on all ways", "nix why-depends --all --precise --file ./default.nix hello glibc"},
	},
	Flags: [][]*Flag{{&whyAllFlag, &whyPreciseFlag, &pathDerivationFlag}, jsonFlags, installableFlags, evalFlags},
	Args:  []Arg{{Label: "package"}, {Label: "dependency"}},
	Run:   runWhyDepends,
}

func runWhyDepends(ctx context.Context, c *Call) error {
	return c.withStore(func(st store.Store) error {
		from, err := c.onePath(ctx, st, c.Args[0], true)
		if err != nil {
			return err
		}
		// What is not known once the package was built is not part of it.
		to, err := c.onePath(ctx, st, c.Args[1], false)
		if err != nil {
			return err
		}
		closure, err := store.Closure(ctx, st, from)
		if err != nil {
			return err
		}
		w := &whyDepends{
			Call: c, store: st, from: from, dependence: newDependence(closure, to),
			all: c.Has(&whyAllFlag), precise: c.Has(&whyPreciseFlag), visited: make(map[storepath.Path]bool),
		}
		_, depends := w.distance[from]
		switch {
		case c.Has(&jsonFlag):
			return w.tell(ctx, depends && to != "")
		case !depends || to == "":
			c.Log.Say(activity.Error, fmt.Sprintf("'%s' does not depend on '%s'", c.inFull(st.Dir(), 0), c.inFull(st.Dir(), 1)))
			return nil
		}
		return w.printTree(ctx)
	})
}

// inFull is an argument as messages have it: a path in full.
func (c *Call) inFull(dir storepath.Dir, arg int) string {
	if paths, ok := c.namedPaths(dir, c.Args[arg:arg+1]); ok {
		return dir.Join(paths[0])
	}
	return c.Args[arg]
}

// onePath returns the path that an argument means, which has to be one. Outputs
// are built if that is asked for; else those that are not known are "".
func (c *Call) onePath(ctx context.Context, st store.Store, arg string, build bool) (p storepath.Path, err error) {
	if paths, ok := c.namedPaths(st.Dir(), []string{arg}); ok {
		return paths[0], nil
	}
	e, err := c.newEvaluation(ctx, false)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	list, err := e.installables([]string{arg})
	if err != nil {
		return "", err
	}
	if c.Has(&pathDerivationFlag) && len(list) == 1 {
		return list[0].target.Path, nil
	}
	var outputs []plan.Output
	if build {
		results, err := e.build(ctx, list)
		if err != nil {
			return "", err
		}
		for _, r := range results {
			outputs = append(outputs, resultOutputs(r)...)
		}
	} else if outputs, err = e.finder(st).recorded(ctx, list); err != nil {
		return "", err
	}
	if len(outputs) != 1 {
		return "", diag.New(diag.InvalidArgument, "argument '%s' should evaluate to one store path", arg)
	}
	return outputs[0].Path, nil
}

// A whyDepends is one answer.
type whyDepends struct {
	*Call
	*dependence
	store        store.Store
	from         storepath.Path
	all, precise bool
	visited      map[storepath.Path]bool
}

// Terminal codes that upstream writes wherever its output goes.
const (
	whyGrey   = "\x1b[38;5;244m"
	whyGreen  = "\x1b[32;1m"
	whyBlue   = "\x1b[34;1m"
	whyNormal = "\x1b[0m"
)

// errShown ends the printing at the first way that is complete.
var errShown = errors.New("shown")

func (w *whyDepends) printTree(ctx context.Context) error {
	if !w.precise {
		if err := printLine(w.Out, w.full(w.from)); err != nil {
			return err
		}
	}
	err := w.node(ctx, w.from, "", "")
	if err == errShown {
		return nil
	}
	return err
}

func (w *whyDepends) full(p storepath.Path) string { return w.store.Dir().Join(p) }

// node prints a path behind first, if that is for it to do, and behind rest the
// references of it that lead on.
func (w *whyDepends) node(ctx context.Context, p storepath.Path, first, rest string) error {
	if w.precise {
		arrow := ""
		if first != "" {
			arrow = "→ "
		}
		if err := printLine(w.Out, first+w.grey(p)+arrow+w.full(p)+whyNormal); err != nil {
			return err
		}
	}
	if p == w.target && !w.all && w.from != w.target {
		return errShown
	}
	if w.visited[p] {
		return nil
	}
	if w.precise {
		w.visited[p] = true
	}
	refs := w.next(p, w.from == w.target)
	mentions, err := w.mentions(ctx, p, refs)
	if err != nil {
		return err
	}
	for i, ref := range refs {
		if err := w.reference(ctx, p, ref, mentions[ref], rest, !w.all || i == len(refs)-1); err != nil {
			return err
		}
	}
	return nil
}

// reference prints one reference of a path and what follows from it.
func (w *whyDepends) reference(ctx context.Context, p, ref storepath.Path, mentions []mention, rest string, last bool) error {
	branch, line := treeBranch, treeLine
	if last {
		branch, line = treeLast, treeBlank
	}
	for i, m := range mentions {
		piece := branch
		if i > 0 {
			piece = line
		}
		if err := printLine(w.Out, rest+piece+w.mentionText(ref, m)); err != nil {
			return err
		}
		if !w.all {
			break
		}
	}
	if !w.precise {
		if err := printLine(w.Out, rest+w.grey(ref)+branch+w.full(ref)+whyNormal); err != nil {
			return err
		}
		w.visited[p] = true
	}
	if ref == p {
		return nil
	}
	return w.node(ctx, ref, rest+line, rest+line)
}

func (w *whyDepends) grey(p storepath.Path) string {
	if w.visited[p] {
		return whyGrey
	}
	return ""
}

// mentions finds where a path mentions its references, if that is asked for.
func (w *whyDepends) mentions(ctx context.Context, p storepath.Path, refs []storepath.Path) (map[storepath.Path][]mention, error) {
	if !w.precise || len(refs) == 0 {
		return nil, nil
	}
	return findMentions(ctx, w.store, p, refs)
}

func (w *whyDepends) mentionText(of storepath.Path, m mention) string {
	colour := whyBlue
	if of == w.target {
		colour = whyGreen
	}
	text := m.around
	if !m.Link {
		text = printable(text)
	}
	marked := string(text[:m.at]) + colour + string(text[m.at:m.at+storepath.HashLen]) + whyNormal + string(text[m.at+storepath.HashLen:])
	file := m.File
	if file == "" {
		file = "/"
	}
	if m.Link {
		return file + " -> " + marked
	}
	return file + ": …" + marked + "…"
}

// printable puts dots in place of what a terminal does not show as one letter.
func printable(text []byte) []byte {
	out := slices.Clone(text)
	for i, b := range out {
		if b < ' ' || b > '~' {
			out[i] = '.'
		}
	}
	return out
}

// A whyReference is one reference in the JSON answer.
type whyReference struct {
	From     string    `json:"from"`
	To       string    `json:"to"`
	Distance int       `json:"distance"`
	Mentions []mention `json:"mentions,omitempty"`
}

// tell prints the answer as JSON.
func (w *whyDepends) tell(ctx context.Context, depends bool) error {
	answer := struct {
		Version    int            `json:"version"`
		Package    string         `json:"package"`
		Dependency string         `json:"dependency,omitempty"`
		Depends    bool           `json:"depends"`
		References []whyReference `json:"references"`
	}{Version: 1, Package: w.full(w.from), Depends: depends, References: []whyReference{}}
	if w.target != "" {
		answer.Dependency = w.full(w.target)
	}
	if depends {
		var err error
		if answer.References, err = w.references(ctx); err != nil {
			return err
		}
	}
	return w.printJSON(answer)
}

// references lists the references on the ways that are shown, those of a path
// before those of the paths they lead to.
func (w *whyDepends) references(ctx context.Context) (list []whyReference, err error) {
	todo := []storepath.Path{w.from}
	met := map[storepath.Path]bool{w.from: true}
	for len(todo) > 0 {
		p := todo[0]
		todo = todo[1:]
		refs := w.next(p, w.from == w.target)
		if !w.all && len(refs) > 1 {
			refs = refs[:1]
		}
		mentions, err := w.mentions(ctx, p, refs)
		if err != nil {
			return nil, err
		}
		for _, r := range refs {
			list = append(list, whyReference{w.full(p), w.full(r), w.distance[r], mentions[r]})
			if !met[r] {
				met[r] = true
				todo = append(todo, r)
			}
		}
	}
	return list, nil
}
