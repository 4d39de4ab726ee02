package exprgen

// A File is one of those that generated expressions read. Link is the target of a symbolic link.
type File struct {
	Path, Text, Link string
	Executable       bool
}

// Fixture lists the files, folders implied by their paths. What is in the folders above it should be little and stay the same: expressions
// may go up a step or two and copy what they find.
func Fixture() []File {
	return []File{
		{Path: "a.txt", Text: "some text\n"},
		{Path: "empty"},
		{Path: "tool", Text: "#!/bin/sh\n", Executable: true},
		{Path: "set.nix", Text: "{ x = 1; y = [ \"a\" 2.5 ]; f = n: n + 1; here = ./a.txt; }\n"},
		{Path: "fn.nix", Text: "{ a ? 1, b ? a, ... }@args: a + b + builtins.length (builtins.attrNames args)\n"},
		{Path: "bad.nix", Text: "{ x = ; }\n"},
		{Path: "throws.nix", Text: "throw \"from a file\"\n"},
		{Path: "data.json", Text: `{"a": [1, 2.5, "x", null, true], "b": {"c": -1e3}}`},
		{Path: "data.toml", Text: "a = 1\n[t]\nb = [1.5, 2]\nc = \"x\"\n"},
		{Path: "dir/default.nix", Text: "{ self = ./.; value = \"default\"; }\n"},
		{Path: "dir/one", Text: "1"},
		{Path: "dir/sub/two", Text: "22"},
		{Path: "dir/with space", Text: "3"},
		{Path: "link", Link: "a.txt"},
		{Path: "dirlink", Link: "dir"},
		{Path: "broken", Link: "nowhere"},
	}
}

var (
	fixtureFiles = []string{"a.txt", "empty", "tool", "dir/one", "dir/sub/two", "link", "data.json", "set.nix"}
	fixtureDirs  = []string{"dir", "dir/sub", "dirlink", "."}
	fixtureOdd   = []string{"missing", "broken", "dir/../a.txt", "dir/./one", "a.txt/below"}
	fixtureNix   = []string{"set.nix", "dir", "dir/default.nix", "dirlink", "fn.nix", "throws.nix", "bad.nix", "a.txt"}
)

// path is a literal of some file or folder of the fixture.
func (g *Generator) path() *Node {
	switch g.below(12) {
	case 0, 1, 2:
		return g.fixturePath(pick(&g.random, fixtureDirs))
	case 3:
		return g.fixturePath(pick(&g.random, fixtureOdd))
	case 4:
		return atom(pick(&g.random, []string{"/nonexistent/a/b/c", "/nonexistent/a/b/../c/./d", "/nonexistent/a/b/x.y_z+w"}))
	case 5:
		return form(precAtom, precLowest, g.files+"/${§}", form(precAtom, precLowest, `"§"`, atom(pick(&g.random, fixtureFiles))))
	}
	return g.fixturePath(pick(&g.random, fixtureFiles))
}

// fixturePath is the literal of a path below the fixture's folder.
func (g *Generator) fixturePath(name string) *Node {
	if name == "." {
		return atom(g.files)
	}
	return atom(g.files + "/" + name)
}
