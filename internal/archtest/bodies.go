package archtest

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// selections returns the names among wanted that f selects from the package imported as pkg.
func selections(f *File, pkg string, wanted []string) []string {
	if !slices.Contains(f.Imports(), pkg) {
		return nil
	}
	var found []string
	ast.Inspect(f.AST, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok && x.Name == pkg && x.Obj == nil && slices.Contains(wanted, sel.Sel.Name) {
			found = append(found, sel.Sel.Name)
		}
		return true
	})
	return found
}

// initFunctions is the first half of rule 6.
func initFunctions(c *Code) []string {
	var bad []string
	for _, pkg := range c.Packages {
		for _, f := range pkg.Files {
			for _, d := range f.AST.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
					bad = append(bad, f.Name+": has an init function")
				}
			}
		}
	}
	return bad
}

// assignedVariables is the second half of rule 6: no statement assigns to a package-level variable, to a part of it, or to what
// it points to.
func assignedVariables(c *Code) []string {
	var bad []string
	for _, pkg := range c.Packages {
		vars := map[string]bool{}
		specs := map[any]bool{}
		for _, f := range pkg.Files {
			for _, spec := range packageVariables(f) {
				specs[spec] = true
				for _, name := range spec.Names {
					vars[name.Name] = true
				}
			}
		}
		for _, f := range pkg.Files {
			ast.Inspect(f.AST, func(n ast.Node) bool {
				for _, target := range assigned(n) {
					id := rootName(target)
					if id == nil || id.Name == "_" || !vars[id.Name] {
						continue
					}
					// The parser resolves names inside a file: an unresolved one is another file's.
					if id.Obj == nil || specs[id.Obj.Decl] {
						bad = append(bad, f.Name+": assigns to the package-level variable "+id.Name)
					}
				}
				return true
			})
		}
	}
	return bad
}

func packageVariables(f *File) []*ast.ValueSpec {
	var list []*ast.ValueSpec
	for _, d := range f.AST.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.VAR {
			for _, s := range g.Specs {
				list = append(list, s.(*ast.ValueSpec))
			}
		}
	}
	return list
}

// assigned returns what statement n writes to.
func assigned(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return n.Lhs
		}
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			return []ast.Expr{n.Key, n.Value}
		}
	}
	return nil
}

// rootName is x in x.f[i], *x and the like.
func rootName(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}

// comments is the first half of rule 7.
func comments(c *Code) []string {
	var bad []string
	for _, pkg := range c.Packages {
		with := map[string][]string{} // by package name: an external test package is not the package
		main := ""
		for _, f := range pkg.Files {
			name := f.AST.Name.Name
			if !strings.HasSuffix(name, "_test") {
				main = name
			}
			if f.AST.Doc != nil {
				with[name] = append(with[name], f.Name)
			}
		}
		switch list := with[main]; {
		case main == "":
			continue
		case len(list) == 0:
			bad = append(bad, pkg.Path+": has no package comment")
		case len(list) > 1:
			bad = append(bad, pkg.Path+": has more than one package comment: "+strings.Join(list, ", "))
		}
	}
	return bad
}

// specs is the second half of rule 7.
func specs(c *Code) []string {
	var bad []string
	for _, page := range c.Spec {
		named := slices.ContainsFunc(c.Packages, func(pkg *Package) bool {
			return slices.ContainsFunc(pkg.Files, func(f *File) bool {
				return f.AST.Doc != nil && strings.Contains(f.AST.Doc.Text(), page)
			})
		})
		if !named {
			bad = append(bad, page+": no package comment names it")
		}
	}
	return bad
}
