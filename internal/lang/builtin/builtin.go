// Package builtin is the table of builtins: the functions and constants that
// every Nix program sees, by theme. Each row carries its own documentation,
// from which help and the manual are made.
//
// Messages and the frames that explain what a value was wanted for are those of
// Nix, whose tests compare them. Builtins of 2.36 know no position of their
// own, which is why most pass none.
package builtin

import (
	"slices"

	"firn/internal/diag"
	"firn/internal/lang/eval"
	"firn/internal/lang/value"
)

type (
	ctx    = eval.Ctx
	worker = eval.Worker
	cell   = value.Value
)

// Table returns all builtins. The caller owns the slice.
func Table() []eval.Builtin {
	return slices.Concat(
		constants(), types(), control(), numbers(), lists(), folds(), sets(), strings_(),
		files(), paths(), derivations(), regexes(), versions(), contexts(), hashes(), conversions(), fetchers(), native(),
	)
}

// bound checks that a row's function forces no more than the one argument.
type fn = func(w *worker, args []*cell, pos diag.Pos) value.Value
