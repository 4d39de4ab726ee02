// Package value holds the data that Nix programs compute with: the 16-byte
// value cell, attribute sets, lists, string contexts, and the slabs that they
// are carved from.
//
// It evaluates nothing. A cell that is not yet evaluated names an expression by
// its number and holds the environment it was written in; package eval keeps
// the expressions, lambdas and builtins that these numbers stand for.
//
// # Cells shared by workers
//
// A cell is evaluated in place: its first word holds the kind and a payload,
// its second a pointer. Reading goes through [Value.Load], which loads the
// first word with acquire semantics. Whoever evaluates a cell first claims it
// ([Value.Claim]), which leaves a black hole that names the claiming worker,
// and finally publishes the result ([Value.Publish]): second word first. A cell
// that is in weak head normal form never changes again, so copies of it are as
// good as the cell.
package value

import (
	"firn/internal/diag"
	"firn/internal/lang/symbol"
)

// A Kind tells what a value is. Kinds below KindInt are not evaluated yet.
type Kind uint8

const (
	KindThunk     Kind = iota // expression number, environment
	KindApp                   // 0, *App; or the argument's index plus one, *Mapped
	KindBlackhole             // being evaluated; worker number
	KindFailed                // *Failure
	KindInt
	KindFloat
	KindBool
	KindNull
	KindString
	KindPath
	KindAttrs
	KindList
	KindLambda
	KindBuiltin
	KindPartial // a builtin that waits for more arguments
)

// Evaluated reports whether values of this kind are in weak head normal form.
func (k Kind) Evaluated() bool { return k >= KindInt }

var typeNames = [...]string{
	KindThunk: "thunk", KindApp: "thunk", KindBlackhole: "thunk", KindFailed: "thunk",
	KindInt: "int", KindFloat: "float", KindBool: "bool", KindNull: "null", KindString: "string",
	KindPath: "path", KindAttrs: "set", KindList: "list",
	KindLambda: "lambda", KindBuiltin: "lambda", KindPartial: "lambda",
}

// TypeName is what builtins.typeOf returns.
func (k Kind) TypeName() string { return typeNames[k] }

var describedNames = [...]string{
	KindThunk: "a thunk", KindApp: "a thunk", KindBlackhole: "a thunk", KindFailed: "an error",
	KindInt: "an integer", KindFloat: "a float", KindBool: "a Boolean", KindNull: "null", KindString: "a string",
	KindPath: "a path", KindAttrs: "a set", KindList: "a list",
	KindLambda: "a function", KindBuiltin: "a built-in function", KindPartial: "a partially applied built-in function",
}

// Description is how messages name the type, with its article.
func (k Kind) Description() string { return describedNames[k] }

// An App is a delayed application of Fun to Arg.
type App struct{ Fun, Arg *Value }

// Mapped is what delayed applications of one function share: the arguments, or
// nil if each is its own index.
type Mapped struct {
	Fun  *Value
	Args []*Value
}

// A Failure is how the evaluation of a cell ended, if not with a value. What is
// in it is up to package eval.
type Failure struct{ Cause any }

// A Partial is a builtin with some of its arguments.
type Partial struct {
	Builtin int
	Args    []*Value
}

// An Attr is one attribute: its name, where it was defined, its value.
type Attr struct {
	Name symbol.Symbol
	Pos  diag.Pos
	Val  *Value
}

// contextString is a string that refers to store objects.
type contextString struct {
	text    string
	context *Context
}
