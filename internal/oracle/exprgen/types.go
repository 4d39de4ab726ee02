package exprgen

type kind uint8

const (
	kindAny kind = iota
	kindInt
	kindFloat
	kindBool
	kindNull
	kindString
	kindPath
	kindList // of elem
	kindSet  // with fields
	kindDict // a set of unknown names, each elem
	kindFunction
	kindDerivation
)

// A Type is what the generator knows of an expression. Immutable.
type Type struct {
	kind     kind
	elem     *Type // of lists and dicts; argument of functions
	result   *Type // of functions
	fields   []field
	optional bool // of a function over a set: it has defaults, or an ellipsis
}

type field struct {
	name string
	typ  *Type
}

var (
	tAny        = &Type{kind: kindAny}
	tInt        = &Type{kind: kindInt}
	tFloat      = &Type{kind: kindFloat}
	tBool       = &Type{kind: kindBool}
	tNull       = &Type{kind: kindNull}
	tString     = &Type{kind: kindString}
	tPath       = &Type{kind: kindPath}
	tDerivation = &Type{kind: kindDerivation}
)

func list(elem *Type) *Type             { return &Type{kind: kindList, elem: elem} }
func dict(elem *Type) *Type             { return &Type{kind: kindDict, elem: elem} }
func function(arg, result *Type) *Type  { return &Type{kind: kindFunction, elem: arg, result: result} }
func set(fields ...field) *Type         { return &Type{kind: kindSet, fields: fields} }
func with(name string, typ *Type) field { return field{name, typ} }

// fits says whether something of type t can stand where want is asked for.
func (t *Type) fits(want *Type) bool {
	switch {
	case t == want || want.kind == kindAny:
		return true
	case want.kind == kindDict && t.kind == kindSet:
		for _, f := range t.fields {
			if !f.typ.fits(want.elem) {
				return false
			}
		}
		return true
	case t.kind != want.kind:
		return false
	}
	switch t.kind {
	case kindList, kindDict:
		return t.elem.fits(want.elem)
	case kindFunction:
		return want.elem.fits(t.elem) && t.result.fits(want.result)
	case kindSet:
		for _, w := range want.fields {
			f := t.field(w.name)
			if f == nil || !f.fits(w.typ) {
				return false
			}
		}
	}
	return true
}

func (t *Type) field(name string) *Type {
	for _, f := range t.fields {
		if f.name == name {
			return f.typ
		}
	}
	return nil
}

// anyType returns a type that nests at most depth deep.
func (g *Generator) anyType(depth int) *Type {
	if depth <= 0 {
		return pick(&g.random, []*Type{tInt, tInt, tString, tString, tString, tBool, tFloat, tNull, tPath})
	}
	switch g.below(12) {
	case 0, 1:
		return list(g.anyType(depth - 1))
	case 2, 3:
		var fields []field
		for range g.below(4) {
			if name := g.attrName(); set(fields...).field(name) == nil {
				fields = append(fields, with(name, g.anyType(depth-1)))
			}
		}
		return set(fields...)
	case 4:
		return dict(g.anyType(depth - 1))
	case 5:
		return function(g.anyType(depth-1), g.anyType(depth-1))
	case 6:
		return tDerivation
	}
	return g.anyType(0)
}

// orderedType returns a type that < accepts.
func (g *Generator) orderedType() *Type {
	return pick(&g.random, []*Type{tInt, tInt, tFloat, tString, tPath, list(tInt), list(tString)})
}
