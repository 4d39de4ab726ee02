package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A Package is one folder with Go files, as far as the rules look at it.
type Package struct {
	Path  string // below the module, "." for its root
	Files []*File
}

// A File is one parsed Go file. Build constraints are not looked at: rules hold on every system.
type File struct {
	Name string // below the module, with slashes
	Test bool
	AST  *ast.File
}

// Imports of one file, unquoted.
func (f *File) Imports() []string {
	var list []string
	for _, spec := range f.AST.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil {
			list = append(list, p)
		}
	}
	return list
}

// Tree parses every Go file of the module at root, by package path, in the order of paths.
func Tree(root string, fset *token.FileSet) ([]*Package, error) {
	byPath := map[string]*Package{}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if p != root && (name == "testdata" || name[0] == '.' || name[0] == '_') {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || name[0] == '.' || name[0] == '_' {
			return nil
		}
		parsed, err := parser.ParseFile(fset, p, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		dir := filepath.ToSlash(filepath.Dir(rel))
		pkg := byPath[dir]
		if pkg == nil {
			pkg = &Package{Path: dir}
			byPath[dir] = pkg
		}
		pkg.Files = append(pkg.Files, &File{Name: rel, Test: strings.HasSuffix(name, "_test.go"), AST: parsed})
		return nil
	})
	if err != nil {
		return nil, err
	}
	list := make([]*Package, 0, len(byPath))
	for _, pkg := range byPath {
		list = append(list, pkg)
	}
	slices.SortFunc(list, func(a, b *Package) int { return strings.Compare(a.Path, b.Path) })
	return list, nil
}
