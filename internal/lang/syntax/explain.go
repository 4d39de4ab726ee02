package syntax

import (
	"strings"

	"firn/internal/diag"
)

// Check reports whether a text follows the grammar, even if it defines names
// twice and the like. The error is as that of [Parse].
func Check(text string, o Options) error {
	p := newParser(text, &o, &Arena{})
	offset, e := p.followGrammar()
	if e == nil {
		return nil
	}
	return e.At(p.at(offset))
}

// explain says why the text is no expression, and at which offset. The parser
// has found that it is none; the automaton finds the same token, and the list of
// those it expected.
func (p *parser) explain() (int, *diag.Error) {
	if offset, e := p.followGrammar(); e != nil {
		return offset, e
	}
	// Not reached unless parser and grammar differ.
	return p.shown(), &diag.Error{Code: diag.ParseError, Msg: "syntax error, unexpected " + p.kind.String()}
}

// followGrammar reads the text with the automaton. It returns the offset of a
// failure.
func (p *parser) followGrammar() (int, *diag.Error) {
	s := scanner{}
	s.init(p.text, nil)
	s.noPipes = p.noPipes
	run := run{a: syntaxAutomaton(), stack: []int{0}}
	if p.bindings {
		run.feed(kindBindings)
	}
	check := parser{arena: p.arena, o: p.o}
	for {
		s.next()
		if s.kind == kindError {
			return s.start, s.problem.err()
		}
		check.scanner = s
		if check.checkValue(); check.err != nil {
			return s.start, check.err
		}
		if !run.feed(s.kind) {
			return s.shown(), &diag.Error{Code: diag.ParseError, Msg: run.message(s.kind)}
		}
		if s.kind == KindEOF {
			return 0, nil
		}
	}
}

// shown is where messages show the current token.
func (s *scanner) shown() int {
	if s.kind == KindEOF {
		return s.end
	}
	return s.start
}

// checkValue fails if the current token has an impossible value.
func (p *parser) checkValue() {
	switch p.kind {
	case KindInt:
		p.checkInteger()
	case KindFloat:
		p.checkFloat()
	case KindString:
		p.stringText()
	case KindIndString:
		p.indText(&indPart{})
	}
}

func (p problem) err() *diag.Error {
	if p == disabledPipe {
		return diag.New(diag.ExperimentalFeature,
			"experimental Nix feature '%s' is disabled; add '--extra-experimental-features %s' to enable it",
			"pipe-operators", "pipe-operators")
	}
	return diag.New(diag.ParseError, "path has a trailing slash")
}

// A run is a parse by the automaton.
type run struct {
	a     *automaton
	stack []int
}

// feed reads a token and reports whether it was possible.
func (r *run) feed(k Kind) bool {
	for {
		s := &r.a.states[r.stack[len(r.stack)-1]]
		action := s.actions[k]
		switch {
		case action > 0:
			r.stack = append(r.stack, action-1)
			return true
		case action < 0:
			r.reduce(-action - 1)
		case s.none || s.errors.has(k):
			return false
		default:
			r.reduce(s.reduce)
		}
	}
}

func (r *run) reduce(rule int) {
	by := &r.a.rules[rule]
	r.stack = r.stack[:len(r.stack)-len(by.right)]
	r.stack = append(r.stack, r.a.states[r.stack[len(r.stack)-1]].gotos[by.left])
}

// message words that k can't be here. What could have been is listed if it is
// at most four kinds.
func (r *run) message(k Kind) string {
	var expected []string
	s := &r.a.states[r.stack[len(r.stack)-1]]
	for k := range kinds {
		if s.actions[k] != 0 {
			expected = append(expected, k.String())
		}
	}
	text := "syntax error, unexpected " + k.String()
	if len(expected) > 0 && len(expected) <= 4 {
		text += ", expecting " + strings.Join(expected, " or ")
	}
	return text
}
