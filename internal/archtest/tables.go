package archtest

import (
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A table is a kind of row that users meet by name: a composite literal, in the files of one room, that has all of keys.
type table struct {
	what  string
	room  string
	keys  []string // the first one holds the name
	texts []string // keys whose value must not be empty
	skip  string   // rows with this key are for the program itself
	cases []string // folders; a test or a file of testdata in one of them must name each row, or its constant
	shown []string // a row with one of these keys is a case itself
}

var tables = []table{
	{what: "builtin", room: "internal/lang/builtin", keys: []string{"Name", "Fn"}, texts: []string{"Doc"}, skip: "Internal",
		cases: []string{"internal/lang", "internal/oracle"}},
	{what: "constant", room: "internal/lang/builtin", keys: []string{"Name", "Const"}, texts: []string{"Doc"}, skip: "Internal",
		cases: []string{"internal/lang", "internal/oracle"}},
	{what: "setting", room: "internal/config", keys: []string{"Name", "field"}, texts: []string{"Doc"}, cases: []string{"internal/config", "internal/cli"}},
	{what: "command", room: "internal/cli", keys: []string{"Name", "Run"}, texts: []string{"Summary"}, cases: []string{"internal/cli"}},
	{what: "error code", room: "internal/diag", keys: []string{"Code", "Title"}, texts: []string{"Title", "Text"}, shown: []string{"Example", "Command"},
		cases: []string{"internal"}},
}

// rows is rule 8.
func rows(c *Code) []string {
	var bad []string
	words := map[string]map[string]bool{}
	for _, t := range tables {
		for _, row := range c.tableRows(t) {
			if row[t.skip] != "" {
				continue
			}
			name := row[t.keys[0]]
			for _, text := range t.texts {
				if row[text] == `""` || row[text] == "" {
					bad = append(bad, t.room+": the "+t.what+" "+name+" has no "+text)
				}
			}
			tested := slices.ContainsFunc(t.shown, func(key string) bool { return row[key] != "" })
			for _, dir := range t.cases {
				if words[dir] == nil {
					words[dir] = testWords(filepath.Join(c.Root, dir))
				}
				tested = tested || words[dir][name] || words[dir][row["constant"]]
			}
			if !tested {
				bad = append(bad, t.room+": no test names the "+t.what+" "+name)
			}
		}
	}
	return bad
}

// tableRows returns the rows of t: for each the text of every key's value, constants and strings unquoted for the name.
func (c *Code) tableRows(t table) []map[string]string {
	var list []map[string]string
	for _, pkg := range c.Packages {
		if pkg.Path != t.room {
			continue
		}
		constants := stringConstants(pkg)
		for _, f := range pkg.Files {
			if f.Test {
				continue
			}
			ast.Inspect(f.AST, func(n ast.Node) bool {
				if lit, ok := n.(*ast.CompositeLit); ok {
					if row := rowOf(lit, t, constants); row != nil {
						list = append(list, row)
					}
				}
				return true
			})
		}
	}
	return list
}

// rowOf returns the keys of lit with their values, or nil if lit is no row of t.
func rowOf(lit *ast.CompositeLit, t table, constants map[string]string) map[string]string {
	row := map[string]string{}
	for _, e := range lit.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			return nil
		}
		key, ok := kv.Key.(*ast.Ident)
		if !ok {
			return nil
		}
		switch v := kv.Value.(type) {
		case *ast.BasicLit:
			row[key.Name] = v.Value
		case *ast.Ident:
			row[key.Name] = v.Name
		default:
			row[key.Name] = "…"
		}
	}
	for _, key := range t.keys {
		if row[key] == "" {
			return nil
		}
	}
	name := row[t.keys[0]]
	if text, ok := constants[name]; ok {
		row["constant"], name = name, text
	} else if text, err := strconv.Unquote(name); err == nil {
		name = text
	}
	row[t.keys[0]] = name
	return row
}

// stringConstants returns the constants of a package that are string literals.
func stringConstants(pkg *Package) map[string]string {
	found := map[string]string{}
	for _, f := range pkg.Files {
		for _, d := range f.AST.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			for _, s := range g.Specs {
				spec := s.(*ast.ValueSpec)
				for i, v := range spec.Values {
					if lit, ok := v.(*ast.BasicLit); ok && lit.Kind == token.STRING {
						found[spec.Names[i].Name], _ = strconv.Unquote(lit.Value)
					}
				}
			}
		}
	}
	return found
}

var word = regexp.MustCompile(`[A-Za-z0-9_'-]+`)

// testWords returns the words in the tests below dir and in their data.
func testWords(dir string) map[string]bool {
	words := map[string]bool{}
	filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil
		}
		if !strings.HasSuffix(path, "_test.go") && !strings.Contains(path, string(filepath.Separator)+"testdata"+string(filepath.Separator)) {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		for _, w := range word.FindAllString(string(text), -1) {
			words[w] = true
			words[strings.TrimRight(w, "'")] = true
		}
		return nil
	})
	return words
}
