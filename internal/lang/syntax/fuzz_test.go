package syntax

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// byGrammar reports whether the automaton of the grammar accepts a text.
func byGrammar(text string) bool {
	return Check(text, Options{PipeOperators: true}) == nil
}

// check parses a text. It must not panic; parser and grammar must agree; and
// the tree must print alike from a used arena.
func check(t *testing.T, text string) {
	o := Options{Base: "/b", Home: "/h", PipeOperators: true}
	var a Arena
	e, err := Parse(text, o, &a)
	if err != nil {
		if strings.HasPrefix(err.Error(), "syntax error") && byGrammar(text) {
			t.Errorf("%q: %v, but the grammar accepts it", text, err)
		}
		return
	}
	if !byGrammar(text) {
		t.Errorf("%q: accepted against the grammar", text)
	}
	first := string(Print(nil, e))
	a.Reset()
	e, err = Parse(text, o, &a)
	if err != nil {
		t.Fatalf("%q: second time: %v", text, err)
	}
	if second := string(Print(nil, e)); second != first {
		t.Errorf("%q: prints %s, then %s", text, first, second)
	}
}

// pieces are what random texts are made of.
var pieces = strings.Fields(`{ } ( ) [ ] " '' ${ a b c or if then else let in rec with assert inherit == != <= >=
	< > && || -> // ++ + - * / ? ! : @ , ; . ... = 1 2.5 .5 ./a a/b /a ~/a <a/b> http://x.org x:y /**/ /*c*/ #
	$ $$ ' \ ''$ ''' ''\ ~ ^ <| |> ./a/${ a// {} {}: {a}: a: a@ "a" ''a'' "${a}" (a) [a] a.b {a=b;} a=b; inherit`)

// TestRandomTexts compares parser and grammar on texts that are nearly right.
func TestRandomTexts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		var b strings.Builder
		run := run{a: syntaxAutomaton(), stack: []int{0}}
		for range 1 + r.IntN(16) {
			piece := pieces[r.IntN(len(pieces))]
			for range 3 { // prefer what can stand here
				var s scanner
				s.init(piece, nil)
				s.next()
				if try := run.clone(); s.kind != KindEOF && try.feed(s.kind) {
					run = try
					break
				}
				piece = pieces[r.IntN(len(pieces))]
			}
			b.WriteString(piece)
			if r.IntN(8) > 0 {
				b.WriteByte(" \n"[r.IntN(2)])
			}
		}
		check(t, b.String())
	}
}

func (r run) clone() run {
	r.stack = append([]int(nil), r.stack...)
	return r
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"{ a, b ? 1, ... }@c: let d.e = ''\n  x ${a} ''$y\n''; inherit (a) b; in [ d ./x/${b} <n> ]",
		"rec { a = -1.5e3 + 2 * (3 - b.c or d); \"x${y}\" = assert !a ? b; http://x.org; } // { }",
		"with a; if b -> c then d |> e else f <| g", "1\x00", "\"\\\r\n$${a}\"",
	} {
		f.Add(text)
	}
	f.Fuzz(check)
}
