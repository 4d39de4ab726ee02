package diag

import "errors"

// The codes of errors. A code is a word that stays: people search for it, and
// scripts compare it. Rooms that word an error pick one of these; a code
// without a row in the tables below fails the tests.
const (
	// Texts that are no programs.
	ParseError         Code = "parse-error"
	DuplicateAttribute Code = "duplicate-attribute"
	DuplicateArgument  Code = "duplicate-argument"
	DynamicAttribute   Code = "dynamic-attribute"
	UndefinedVariable  Code = "undefined-variable"
	DiscouragedSyntax  Code = "discouraged-syntax"

	// Programs that go wrong.
	InfiniteRecursion  Code = "infinite-recursion"
	MissingAttribute   Code = "missing-attribute"
	WrongType          Code = "wrong-type"
	NotAFunction       Code = "not-a-function"
	CannotCoerce       Code = "cannot-coerce"
	CannotCompare      Code = "cannot-compare"
	UnexpectedArgument Code = "unexpected-argument"
	MissingArgument    Code = "missing-argument"
	AssertionFailed    Code = "assertion-failed"
	Thrown             Code = "thrown"
	Aborted            Code = "aborted"
	AbortedOnWarning   Code = "aborted-on-warning"
	StackOverflow      Code = "stack-overflow"
	IntegerOverflow    Code = "integer-overflow"
	DivisionByZero     Code = "division-by-zero"
	OutOfRange         Code = "out-of-range"
	InvalidArgument    Code = "invalid-argument"
	InvalidRegex       Code = "invalid-regex"
	InvalidJSON        Code = "invalid-json"
	InvalidTOML        Code = "invalid-toml"
	MemoryLimit        Code = "memory-limit"
	StepLimit          Code = "step-limit"

	// What a program says of files, stores and sources.
	NotAbsolute          Code = "not-absolute"
	FileNotFound         Code = "file-not-found"
	FileUnreadable       Code = "file-unreadable"
	NotInSearchPath      Code = "not-in-search-path"
	ForbiddenPure        Code = "forbidden-pure"
	ForbiddenRestricted  Code = "forbidden-restricted"
	ContextNotAllowed    Code = "context-not-allowed"
	InvalidContext       Code = "invalid-context"
	InvalidName          Code = "invalid-name"
	InvalidStorePath     Code = "invalid-store-path"
	NotInStore           Code = "not-in-store"
	InvalidDerivation    Code = "invalid-derivation"
	ImportFromDerivation Code = "import-from-derivation"
	InvalidHash          Code = "invalid-hash"
	HashMismatch         Code = "hash-mismatch"
	FetchFailed          Code = "fetch-failed"
	BuildFailed          Code = "build-failed"

	// What was asked of the program.
	Usage               Code = "usage"
	UnknownCommand      Code = "unknown-command"
	ConfigSyntax        Code = "config-syntax"
	InvalidSetting      Code = "invalid-setting"
	ExperimentalFeature Code = "experimental-feature"
	NotYet              Code = "not-yet"
	Interrupted         Code = "interrupted"
	InternalError       Code = "internal-error"
)

// ErrUsage is the cause of errors after which a command tells how to get help.
var ErrUsage = errors.New("wrong usage")

// Misuse makes an error of the given code whose cause is [ErrUsage].
func Misuse(code Code, format string, args ...any) *Error {
	e := New(code, format, args...)
	e.Err = ErrUsage
	return e
}

// An Explanation is what `firn explain` prints of a code.
type Explanation struct {
	Code  Code
	Title string // what happened, in half a line
	Text  string // what it means
	Mend  string // how to get rid of it

	// Example is the smallest program that ends in this error when it is
	// evaluated and printed deeply. Without one, Command may be a command line.
	Example string
	Command string
	// With are settings, in the form of nix.conf, that the example needs.
	With []string
}

// Explain returns the explanation of a code.
func Explain(c Code) (*Explanation, bool) {
	for _, table := range explanations {
		for i := range table {
			if table[i].Code == c {
				return &table[i], true
			}
		}
	}
	return nil, false
}

// Explanations returns all rows, by theme and in the order of the tables.
func Explanations() [][]Explanation {
	return append([][]Explanation(nil), explanations[:]...)
}

var explanations = [...][]Explanation{syntaxCodes, evaluationCodes, worldCodes, commandCodes}
