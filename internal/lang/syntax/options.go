package syntax

import "firn/internal/diag"

// Options are what the meaning of a text depends on besides the text.
type Options struct {
	// Base is the directory that ./paths start from, absolute.
	Base string
	// Home is what ~/ stands for; HomeErr, if not nil, is the failure of using
	// ~/ (pure evaluation).
	Home    string
	HomeErr error
	// Positions gets the text registered.
	Positions *diag.Table
	Origin    diag.Origin
	// PipeOperators allows |> and <|.
	PipeOperators bool
	// Lints are the severities of the lint settings.
	LintURLLiterals, LintShortPaths, LintAbsolutePaths Lint
	// Warn receives warnings (lints, the use of "or" as an identifier); nil
	// drops them.
	Warn func(*diag.Error)
}

// Lint is the severity of a lint setting.
type Lint uint8

const (
	Ignore Lint = iota
	Warn
	Fatal
)
