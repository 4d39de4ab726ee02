// Package syntax turns Nix source text into a syntax tree and prints trees.
//
// Here are the scanner, the parser, the tree and its printer; names stay names
// (package eval resolves them) and nothing is evaluated. The grammar is in
// docs/spec/syntax.md.
package syntax
