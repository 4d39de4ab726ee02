// Package archtest keeps the code and the block of rooms in ARCHITECTURE.md in agreement.
//
// Its test parses the block and every Go file of the module and reports, a line each, what breaks one of the rules:
//
//  1. a package without a line, or an import inside the module that its line does not name;
//  2. a pure room that imports an impure one, or a package of the standard library that reaches files, network, clock or
//     randomness; unsafe outside the files listed in rules.go;
//  3. an outside module imported elsewhere than through its door;
//  4. config, wiring or cli imported from the wrong place; a *test package imported outside tests;
//  5. two packages of one name, or a name that says nothing;
//  6. an init function, or a package-level variable that is assigned again;
//  7. a package with no or two package comments; a page of docs/spec that no package comment names;
//  8. a row of a table of commands, builtins, settings or error codes without a text or without a case.
//
// Test files may import more than the line of their package: every pure room, every *test package, the in-memory store and the oracles.
package archtest
