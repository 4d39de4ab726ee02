package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"

	"firn/internal/oracle"
	"firn/internal/oracle/exprgen"
)

const batchSize = 250

// A difference is an expression of which the two made different things.
type difference struct {
	node      *exprgen.Node
	firn, nix outcome
	count     int // of expressions that differ in this way
}

// findings is what a run found. Safe for concurrent use through add.
type findings struct {
	mu        sync.Mutex
	evaluated int
	failed    int                    // of these, with both
	skipped   int                    // the reference crashed or took too long
	explained map[string]int         // by name
	kinds     map[string]*difference // by signature
	show      io.Writer              // gets each kind when it is found; nil: nothing does
}

// fuzz generates the expressions and compares them.
func (s *session) fuzz() *findings {
	found := &findings{explained: map[string]int{}, kinds: map[string]*difference{}}
	if !s.quiet {
		found.show = os.Stderr
	}
	batches := make(chan []*exprgen.Node)
	var wg sync.WaitGroup
	for range s.jobs {
		wg.Go(func() {
			for batch := range batches {
				s.batch(batch, found)
			}
		})
	}
	g := exprgen.New(s.seed, s.filesDir())
	for made := 0; made < s.count && found.size() < s.most; made += batchSize {
		batch := make([]*exprgen.Node, min(batchSize, s.count-made))
		for i := range batch {
			batch[i] = g.Expression()
		}
		batches <- batch
	}
	close(batches)
	wg.Wait()
	return found
}

// batch lets the reference say which expressions fail. The others are compared as one list, the failing ones one by one.
func (s *session) batch(nodes []*exprgen.Node, found *findings) {
	items := make([]item, len(nodes))
	for i, n := range nodes {
		items[i] = s.put(n)
	}
	defer remove(items)
	var values, failures []item
	var messages []outcome // of failures; odd where the process ended instead
	for rest := items; len(rest) > 0; {
		outcomes := s.inTurn(s.nixSide, rest)
		for i, o := range outcomes {
			if o.fails {
				failures, messages = append(failures, rest[i]), append(messages, o)
			} else {
				values = append(values, rest[i])
			}
		}
		rest = rest[len(outcomes):]
		if len(rest) > 0 { // this one ended the process
			failures, messages = append(failures, rest[0]), append(messages, outcome{odd: "ended"})
			rest = rest[1:]
		}
	}
	s.compareValues(values, found)
	for i, it := range failures {
		if messages[i].fails && s.one(s.firnSide, it) == messages[i] {
			found.note(1, 1)
		} else {
			s.compareOne(it, found)
		}
	}
}

// compareValues evaluates the expressions as one list, and halves of it where the lists differ.
func (s *session) compareValues(items []item, found *findings) {
	if len(items) <= 2 {
		for _, it := range items {
			s.compareOne(it, found)
		}
		return
	}
	nix, firn := s.together(s.nixSide, items), s.together(s.firnSide, items)
	if nix == firn && !nix.fails && nix.odd == "" {
		found.note(len(items), 0)
		return
	}
	s.compareValues(items[:len(items)/2], found)
	s.compareValues(items[len(items)/2:], found)
}

// compareOne evaluates a single expression with both, in the same way.
func (s *session) compareOne(it item, found *findings) {
	nix, firn := s.one(s.nixSide, it), s.one(s.firnSide, it)
	switch {
	case nix.odd != "":
		found.skip()
		if firn.odd == "" || strings.HasPrefix(firn.odd, "took") {
			return
		}
	case nix == firn && nix.fails:
		found.note(1, 1)
		return
	case nix == firn:
		found.note(1, 0)
		return
	}
	if firn.fails && nix.fails {
		if why := oracle.Explain(firn.text, nix.text); why != "" {
			found.explain(why)
			return
		}
	}
	if found.again(firn, nix) {
		return
	}
	found.add(s.shrink(difference{node: it.node, firn: firn, nix: nix, count: 1}))
}

// shrink looks for the smallest expression that differs in the same way.
func (s *session) shrink(d difference) difference {
	for budget := 300; budget > 0; {
		smaller := false
		for n := range d.node.Smaller {
			if n.Size() >= d.node.Size() && len(n.String()) >= len(d.node.String()) {
				continue
			}
			if budget--; budget < 0 {
				break
			}
			it := s.put(n)
			firn := s.one(s.firnSide, it)
			var nix outcome
			if shape(firn) == shape(d.firn) {
				nix = s.one(s.nixSide, it)
			}
			remove([]item{it})
			if nix != firn && shape(firn) == shape(d.firn) && shape(nix) == shape(d.nix) {
				d.node, d.firn, d.nix, smaller = n, firn, nix, true
				break
			}
		}
		if !smaller {
			break
		}
	}
	return d
}

var (
	quoted = regexp.MustCompile(`"(\\.|[^"\\])*"|'[^']*'|«[^»]*»|/[^\s,;)]+|[{\[(].*`)
	number = regexp.MustCompile(`-?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?`)
)

// signature is the same for differences that are likely to have the same cause.
func signature(firn, nix outcome) string {
	return shape(firn) + " / " + shape(nix)
}

func shape(o outcome) string {
	switch {
	case o.odd != "":
		return "odd " + firstWords(o.odd)
	case !o.fails:
		return "a value"
	}
	return number.ReplaceAllString(quoted.ReplaceAllString(o.text, "…"), "N")
}

func firstWords(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return number.ReplaceAllString(line, "N")
}

func (f *findings) size() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.kinds)
}

func (f *findings) note(evaluated, failed int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.evaluated += evaluated
	f.failed += failed
}

func (f *findings) skip() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.skipped++
}

func (f *findings) explain(why string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.evaluated++
	f.explained[why]++
}

// again counts a difference of a kind that is known already.
func (f *findings) again(firn, nix outcome) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := f.kinds[signature(firn, nix)]
	if d == nil {
		return false
	}
	f.evaluated++
	d.count++
	return true
}

func (f *findings) add(d difference) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.evaluated++
	key := signature(d.firn, d.nix)
	if key == "a value / a value" {
		key += " " + d.node.String()
	}
	if old := f.kinds[key]; old != nil {
		old.count++
		return
	}
	f.kinds[key] = &d
	if f.show != nil {
		fmt.Fprint(f.show, &d)
	}
}

// String is the report.
func (f *findings) String() string {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(f.kinds)) {
		b.WriteString(f.kinds[key].String())
	}
	for _, why := range slices.Sorted(maps.Keys(f.explained)) {
		fmt.Fprintf(&b, "%d explained: %s\n", f.explained[why], why)
	}
	fmt.Fprintf(&b, "%d expressions, of which %d fail with both; %d skipped (the reference gave no answer); %d kinds of differences\n",
		f.evaluated, f.failed, f.skipped, len(f.kinds))
	return b.String()
}

func (d *difference) String() string {
	return fmt.Sprintf("---- %d times\n%s\n  nix:  %s\n  firn: %s\n", d.count, d.node, d.nix, d.firn)
}

func (o outcome) String() string {
	switch {
	case o.odd != "":
		return o.odd
	case o.fails:
		return "error: " + o.text
	}
	if len(o.text) > 2000 {
		return o.text[:2000] + "…"
	}
	return o.text
}
