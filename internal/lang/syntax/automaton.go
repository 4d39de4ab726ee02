package syntax

import (
	"slices"
	"strings"
	"sync"
)

// An automaton is the LALR(1) automaton of the grammar: what an LR parser does
// in each state on each token. Where a state knows several reductions, the most
// frequent one is made on all other tokens; that is how wrong tokens are found
// late, and why the list of expected ones is short.
type automaton struct {
	rules  []rule
	states []state
}

// A sym is a token, or, from kinds on, a nonterminal.
type sym = int

type rule struct {
	left  sym
	right []sym
	prec  Kind // the token whose precedence counts, or kindError
}

type state struct {
	actions map[Kind]int // explicit: state+1 to shift to, -rule-1 to reduce by
	errors  tokenSet     // tokens that are wrong although others reduce
	none    bool         // all other tokens are wrong
	reduce  int          // the rule for all other tokens unless none
	gotos   map[sym]int
}

// syntaxAutomaton is built when the first syntax error needs it.
var syntaxAutomaton = sync.OnceValue(func() *automaton { return newAutomaton(readGrammar(grammar)) })

// readGrammar reads the notation of the grammar. Rule 0 is the start.
func readGrammar(text string) []rule {
	tokens := map[string]sym{}
	for k, name := range kindNames {
		if name[0] == '\'' {
			tokens[name] = k
		}
	}
	for name, k := range tokenNames {
		tokens[name] = int(k)
	}
	r := grammarReader{tokens: tokens, names: map[string]sym{}}
	r.rules = []rule{{left: r.nonterminal("start"), right: []sym{r.nonterminal("text"), int(KindEOF)}}}
	for _, line := range strings.Split(text, "\n") {
		r.line(strings.Fields(line))
	}
	return r.rules
}

type grammarReader struct {
	tokens, names map[string]sym
	rules         []rule
	left          sym
}

func (r *grammarReader) nonterminal(name string) sym {
	if _, ok := r.names[name]; !ok {
		r.names[name] = int(kinds) + len(r.names)
	}
	return r.names[name]
}

func (r *grammarReader) line(words []string) {
	if len(words) == 0 {
		return
	}
	if len(words) > 1 && words[1] == "=" {
		r.left = r.nonterminal(words[0])
		words = words[1:]
	}
	for _, alternative := range split(words[1:], "|") {
		r.rules = append(r.rules, r.rule(alternative))
	}
}

func split(words []string, by string) [][]string {
	parts := [][]string{nil}
	for _, w := range words {
		if w == by {
			parts = append(parts, nil)
		} else {
			parts[len(parts)-1] = append(parts[len(parts)-1], w)
		}
	}
	return parts
}

func (r *grammarReader) rule(words []string) rule {
	made := rule{left: r.left, prec: kindError}
	for i, w := range words {
		if w == "%prec" {
			made.prec = Kind(r.tokens[words[i+1]])
			break
		}
		s, ok := r.tokens[w]
		if !ok {
			s = r.nonterminal(w)
		} else {
			made.prec = Kind(s)
		}
		made.right = append(made.right, s)
	}
	return made
}

// builder makes the automaton: first the states of LR(0), then the tokens after
// which each complete item of a state may be reduced, then the actions.
type builder struct {
	rules  []rule
	of     map[sym][]int // rules by left side
	first  map[sym]tokenSet
	empty  map[sym]bool // derives nothing
	states []lrState
}

type item struct{ rule, dot int }

type lrState struct {
	kernel []item
	gotos  map[sym]int
	order  []sym // of gotos
	ahead  []tokenSet
}

// A tokenSet is a set of kinds; there are fewer than 64.
type tokenSet uint64

func (t tokenSet) has(k Kind) bool { return t&(1<<k) != 0 }

func newAutomaton(rules []rule) *automaton {
	b := builder{rules: rules, of: map[sym][]int{}, first: map[sym]tokenSet{}, empty: map[sym]bool{}}
	for i, r := range rules {
		b.of[r.left] = append(b.of[r.left], i)
	}
	b.findFirst()
	b.findStates()
	b.propagate()
	a := &automaton{rules: rules}
	for i := range b.states {
		a.states = append(a.states, b.state(&b.states[i]))
	}
	return a
}

func (b *builder) findFirst() {
	for changed := true; changed; {
		changed = false
		for _, r := range b.rules {
			f, empty := b.firstOf(r.right)
			if f|b.first[r.left] != b.first[r.left] || empty && !b.empty[r.left] {
				b.first[r.left] |= f
				b.empty[r.left] = b.empty[r.left] || empty
				changed = true
			}
		}
	}
}

// firstOf returns the tokens that can begin a row of symbols, and whether the
// row can be empty.
func (b *builder) firstOf(row []sym) (tokenSet, bool) {
	var f tokenSet
	for _, s := range row {
		if s < int(kinds) {
			return f | 1<<s, false
		}
		f |= b.first[s]
		if !b.empty[s] {
			return f, false
		}
	}
	return f, true
}

func (b *builder) findStates() {
	b.states = []lrState{{kernel: []item{{}}}}
	for n := 0; n < len(b.states); n++ {
		next := map[sym][]item{}
		var order []sym
		for it := range b.closure(b.states[n].kernel, nil) {
			if right := b.rules[it.rule].right; it.dot < len(right) {
				next[right[it.dot]] = append(next[right[it.dot]], item{it.rule, it.dot + 1})
			}
		}
		for s := range next {
			order = append(order, s)
		}
		slices.Sort(order)
		gotos := map[sym]int{}
		for _, s := range order {
			gotos[s] = b.stateOf(next[s])
		}
		b.states[n].gotos, b.states[n].order = gotos, order
	}
	for i := range b.states {
		b.states[i].ahead = make([]tokenSet, len(b.states[i].kernel))
	}
}

func (b *builder) stateOf(kernel []item) int {
	slices.SortFunc(kernel, func(x, y item) int { return (x.rule-y.rule)*64 + x.dot - y.dot })
	i := slices.IndexFunc(b.states, func(s lrState) bool { return slices.Equal(s.kernel, kernel) })
	if i < 0 {
		i = len(b.states)
		b.states = append(b.states, lrState{kernel: kernel})
	}
	return i
}

// closure returns the items of a state and the tokens that may follow each,
// given those of the kernel.
func (b *builder) closure(kernel []item, ahead []tokenSet) map[item]tokenSet {
	all := map[item]tokenSet{}
	var work []item
	for i, it := range kernel {
		all[it] = 0
		if ahead != nil {
			all[it] = ahead[i]
		}
		work = append(work, it)
	}
	for len(work) > 0 {
		it := work[len(work)-1]
		work = work[:len(work)-1]
		right := b.rules[it.rule].right
		if it.dot == len(right) {
			continue
		}
		follow, empty := b.firstOf(right[it.dot+1:])
		if empty {
			follow |= all[it]
		}
		for _, r := range b.of[right[it.dot]] {
			next := item{r, 0}
			if had, ok := all[next]; !ok || had|follow != had {
				all[next] = had | follow
				work = append(work, next)
			}
		}
	}
	return all
}

// propagate finds the tokens that may follow the kernel items of all states.
func (b *builder) propagate() {
	b.states[0].ahead[0] = 1 << KindEOF
	for changed := true; changed; {
		changed = false
		for n := range b.states {
			s := &b.states[n]
			for it, ahead := range b.closure(s.kernel, s.ahead) {
				right := b.rules[it.rule].right
				if it.dot == len(right) {
					continue
				}
				to := &b.states[s.gotos[right[it.dot]]]
				i := slices.Index(to.kernel, item{it.rule, it.dot + 1})
				if to.ahead[i]|ahead != to.ahead[i] {
					to.ahead[i] |= ahead
					changed = true
				}
			}
		}
	}
}

// reduction is a rule that can be reduced, and before which tokens.
type reduction struct {
	rule  int
	ahead tokenSet
}

// state decides what happens on each token.
func (b *builder) state(s *lrState) state {
	var reductions []reduction
	for it, ahead := range b.closure(s.kernel, s.ahead) {
		if it.dot == len(b.rules[it.rule].right) {
			reductions = append(reductions, reduction{it.rule, ahead})
		}
	}
	slices.SortFunc(reductions, func(x, y reduction) int { return x.rule - y.rule })
	made := state{actions: map[Kind]int{}, gotos: map[sym]int{}, none: true}
	shifts := map[Kind]int{}
	for _, sym := range s.order {
		if sym < int(kinds) {
			shifts[Kind(sym)] = s.gotos[sym]
		} else {
			made.gotos[sym] = s.gotos[sym]
		}
	}
	if len(reductions) == 1 && len(shifts) == 0 {
		made.none, made.reduce = false, reductions[0].rule
		return made
	}
	made.errors = b.resolve(reductions, shifts)
	most := 0
	for _, r := range reductions {
		n := 0
		for k := range kinds {
			if r.ahead.has(k) {
				n++
			}
		}
		if n > most {
			most, made.none, made.reduce = n, false, r.rule
		}
	}
	for _, r := range reductions {
		for k := range kinds {
			if r.ahead.has(k) && r.rule != made.reduce {
				made.actions[k] = -r.rule - 1
			}
		}
	}
	for k, to := range shifts {
		made.actions[k] = to + 1
	}
	return made
}

// resolve settles by precedence whether to shift or to reduce. It returns the
// tokens before which neither is right.
func (b *builder) resolve(reductions []reduction, shifts map[Kind]int) (errors tokenSet) {
	for i := range reductions {
		r := &reductions[i]
		rule := precedences[b.rules[r.rule].prec]
		if rule.level == loose {
			continue
		}
		for k := range kinds {
			_, shift := shifts[k]
			token := precedences[k]
			if !shift || !r.ahead.has(k) || token.level == loose {
				continue
			}
			equal := token.level == rule.level
			if token.level > rule.level || equal && token.assoc != leansLeft {
				r.ahead &^= 1 << k
			}
			if token.level < rule.level || equal && token.assoc != leansRight {
				delete(shifts, k)
			}
			if equal && token.assoc == leansNowhere {
				errors |= 1 << k
			}
		}
	}
	return errors
}
