package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/store"
)

// Pieces of the lines that trees are drawn with.
const (
	treeBranch = "├───"
	treeLast   = "└───"
	treeLine   = "│   "
	treeBlank  = "    "
)

// printTrees draws the closures of paths. What was drawn before ends in dots.
func (s *storeCall) printTrees(ctx context.Context, paths []storepath.Path) error {
	t := treePrinter{s, make(map[storepath.Path]bool)}
	for _, p := range paths {
		if err := t.print(ctx, p, "", ""); err != nil {
			return err
		}
	}
	return nil
}

type treePrinter struct {
	*storeCall
	done map[storepath.Path]bool
}

// print draws a path behind first, and what it refers to behind rest. References
// that others of them refer to come first, which keeps the tree flat.
func (t *treePrinter) print(ctx context.Context, p storepath.Path, first, rest string) error {
	if t.done[p] {
		t.line(first + t.full(p) + " [...]")
		return nil
	}
	t.done[p] = true
	t.line(first + t.full(p))
	info, err := t.store.PathInfo(ctx, p)
	if err != nil {
		return err
	}
	refs, err := sortedInfos(ctx, t.store, info.References)
	if err != nil {
		return err
	}
	for i, r := range refs {
		branch, line := treeBranch, treeLine
		if i == len(refs)-1 {
			branch, line = treeLast, treeBlank
		}
		if err := t.print(ctx, r.Path, rest+branch, rest+line); err != nil {
			return err
		}
	}
	return nil
}

// walk calls visit for each path of a closure: always for the least one of those
// that were met and not visited.
func (s *storeCall) walk(ctx context.Context, paths []storepath.Path, visit func(*pathinfo.Info)) error {
	infos, err := store.Closure(ctx, s.store, paths...)
	if err != nil {
		return err
	}
	byPath := make(map[storepath.Path]*pathinfo.Info, len(infos))
	for _, info := range infos {
		byPath[info.Path] = info
	}
	met := make(map[storepath.Path]bool, len(infos))
	var todo []storepath.Path // descending
	add := func(p storepath.Path) {
		if !met[p] {
			met[p] = true
			at, _ := slices.BinarySearchFunc(todo, p, func(a, b storepath.Path) int { return strings.Compare(string(b), string(a)) })
			todo = slices.Insert(todo, at, p)
		}
	}
	for _, p := range paths {
		add(p)
	}
	for len(todo) > 0 {
		info := byPath[todo[len(todo)-1]]
		todo = todo[:len(todo)-1]
		visit(info)
		for _, r := range info.References {
			add(r)
		}
	}
	return nil
}

// printDot prints a closure for Graphviz.
func (s *storeCall) printDot(ctx context.Context, paths []storepath.Path) error {
	colours := [...]string{"black", "red", "green", "blue", "magenta", "burlywood"}
	edges := 0
	s.line("digraph G {")
	err := s.walk(ctx, paths, func(info *pathinfo.Info) {
		fmt.Fprintf(s.out, "%q [label = %q, shape = box, style = filled, fillcolor = \"#ff0000\"];\n", info.Path, info.Path.Name())
		for _, r := range info.References {
			if r == info.Path {
				continue
			}
			fmt.Fprintf(s.out, "%q -> %q [color = %q];\n", r, info.Path, colours[edges%len(colours)])
			edges++
		}
	})
	if err != nil {
		return err
	}
	s.line("}")
	return nil
}

const graphMLHead = `<?xml version='1.0' encoding='utf-8'?>
<graphml xmlns='http://graphml.graphdrawing.org/xmlns'
    xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'
    xsi:schemaLocation='http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd'>
<key id='narSize' for='node' attr.name='narSize' attr.type='long'/><key id='name' for='node' attr.name='name' attr.type='string'/><key id='type' for='node' attr.name='type' attr.type='string'/><graph id='G' edgedefault='directed'>
`

// printGraphML prints a closure as XML.
func (s *storeCall) printGraphML(ctx context.Context, paths []storepath.Path) error {
	s.out.WriteString(graphMLHead)
	err := s.walk(ctx, paths, func(info *pathinfo.Info) {
		kind := "output-path"
		if info.Path.IsDerivation() {
			kind = "derivation"
		}
		name := info.Path.Name()
		name = name[:strings.IndexByte(name, '-')+1] // Nix: nothing at all if there is no dash
		fmt.Fprintf(s.out, "  <node id=\"%s\">\n    <data key=\"narSize\">%d</data>\n    <data key=\"name\">%s</data>\n    <data key=\"type\">%s</data>\n  </node>\n",
			info.Path, info.NARSize, name, kind)
		for _, r := range info.References {
			if r != info.Path {
				fmt.Fprintf(s.out, "  <edge source=\"%s\" target=\"%s\"/>\n", info.Path, r)
			}
		}
	})
	if err != nil {
		return err
	}
	s.line("</graph>\n</graphml>")
	return nil
}
