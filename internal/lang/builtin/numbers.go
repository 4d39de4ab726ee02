package builtin

import (
	"math"

	"firn/internal/diag"
	"firn/internal/lang/eval"
	"firn/internal/lang/value"
)

func numbers() []eval.Builtin {
	two := []string{"a", "b"}
	return []eval.Builtin{
		{Name: "add", Args: two, Fn: add, Ints: addInts, Doc: "Returns the sum of the numbers *a* and *b*; an integer if both are."},
		{Name: "sub", Args: two, Fn: sub, Ints: subInts, Doc: "Returns *a* - *b*; an integer if both are."},
		{Name: "mul", Args: two, Fn: mul, Ints: mulInts, Doc: "Returns the product of the numbers *a* and *b*; an integer if both are."},
		{Name: "div", Args: two, Fn: div, Doc: "Returns *a* / *b*. Of integers the result is rounded towards zero."},
		{
			Name: "bitAnd", Args: two, Doc: "Returns the bitwise and of two integers.",
			Fn: bitwise(ctx("while evaluating the first argument passed to builtins.bitAnd"),
				ctx("while evaluating the second argument passed to builtins.bitAnd"),
				func(a, b int64) int64 { return a & b }),
		},
		{
			Name: "bitOr", Args: two, Doc: "Returns the bitwise or of two integers.",
			Fn: bitwise(ctx("while evaluating the first argument passed to builtins.bitOr"),
				ctx("while evaluating the second argument passed to builtins.bitOr"),
				func(a, b int64) int64 { return a | b }),
		},
		{
			Name: "bitXor", Args: two, Doc: "Returns the bitwise exclusive or of two integers.",
			Fn: bitwise(ctx("while evaluating the first argument passed to builtins.bitXor"),
				ctx("while evaluating the second argument passed to builtins.bitXor"),
				func(a, b int64) int64 { return a ^ b }),
		},
		{
			Name: "ceil", Args: []string{"x"}, Doc: "Rounds *x* up to an integer.",
			Fn: rounding(ctx("while evaluating the first argument passed to builtins.ceil"), math.Ceil),
		},
		{
			Name: "floor", Args: []string{"x"}, Doc: "Rounds *x* down to an integer.",
			Fn: rounding(ctx("while evaluating the first argument passed to builtins.floor"), math.Floor),
		},
		{
			Name: "lessThan", Args: two,
			Doc: "Returns `true` if *a* comes before *b*: numbers by value, strings and paths by their bytes, lists item by item.",
			Fn: func(w *worker, args []*cell, pos diag.Pos) value.Value {
				return value.Bool(w.Less(args[0], args[1], 0, eval.NoFrame))
			},
			Ints: func(a, b int64) (value.Value, bool) { return value.Bool(a < b), true },
		},
	}
}

// operands forces two numbers; ints tells whether both are integers.
func operands(w *worker, args []*cell) (a, b value.Value, ints, floats bool) {
	a, b = w.Force(args[0], 0), w.Force(args[1], 0)
	ints = a.Kind() == value.KindInt && b.Kind() == value.KindInt
	floats = a.Kind() == value.KindFloat || b.Kind() == value.KindFloat
	return a, b, ints, floats
}

func add(w *worker, args []*cell, _ diag.Pos) value.Value {
	const first, second = ctx("while evaluating the first argument of the addition"), ctx("while evaluating the second argument of the addition")
	a, b, ints, floats := operands(w, args)
	if floats {
		return value.Float(w.ForceFloat(args[0], 0, first) + w.ForceFloat(args[1], 0, second))
	}
	if !ints {
		w.ForceInt(args[0], 0, first)
		w.ForceInt(args[1], 0, second)
	}
	x, y := a.Int(), b.Int()
	if s, ok := addInts(x, y); ok {
		return s
	}
	return throw(w, diag.IntegerOverflow, "integer overflow in adding %s + %s", x, y)
}

func addInts(x, y int64) (value.Value, bool) {
	s := x + y
	return value.Int(s), (s > x) == (y > 0)
}

func sub(w *worker, args []*cell, _ diag.Pos) value.Value {
	const first, second = ctx("while evaluating the first argument of the subtraction"), ctx("while evaluating the second argument of the subtraction")
	a, b, ints, floats := operands(w, args)
	if floats {
		return value.Float(w.ForceFloat(args[0], 0, first) - w.ForceFloat(args[1], 0, second))
	}
	if !ints {
		w.ForceInt(args[0], 0, first)
		w.ForceInt(args[1], 0, second)
	}
	x, y := a.Int(), b.Int()
	if d, ok := subInts(x, y); ok {
		return d
	}
	return throw(w, diag.IntegerOverflow, "integer overflow in subtracting %s - %s", x, y)
}

func subInts(x, y int64) (value.Value, bool) {
	d := x - y
	return value.Int(d), (d < x) == (y > 0)
}

func mul(w *worker, args []*cell, _ diag.Pos) value.Value {
	const second = ctx("while evaluating the second argument of the multiplication")
	a, b, ints, floats := operands(w, args)
	if floats {
		// Nix: the word "argument" is missing in this one, as of 2.36.
		return value.Float(w.ForceFloat(args[0], 0, ctx("while evaluating the first of the multiplication")) * w.ForceFloat(args[1], 0, second))
	}
	if !ints {
		w.ForceInt(args[0], 0, ctx("while evaluating the first argument of the multiplication"))
		w.ForceInt(args[1], 0, second)
	}
	x, y := a.Int(), b.Int()
	if p, ok := mulInts(x, y); ok {
		return p
	}
	return throw(w, diag.IntegerOverflow, "integer overflow in multiplying %s * %s", x, y)
}

func mulInts(x, y int64) (value.Value, bool) {
	if x == 0 || y == 0 {
		return value.Int(0), true
	}
	p := x * y
	fits := p/y == x && !(x == -1 && y == math.MinInt64) && !(y == -1 && x == math.MinInt64)
	return value.Int(p), fits
}

func div(w *worker, args []*cell, _ diag.Pos) value.Value {
	const first, second = ctx("while evaluating the first operand of the division"), ctx("while evaluating the second operand of the division")
	a, b, ints, floats := operands(w, args)
	if f := w.ForceFloat(args[1], 0, second); f == 0 {
		return throw(w, diag.DivisionByZero, "division by zero")
	}
	if floats {
		return value.Float(w.ForceFloat(args[0], 0, first) / w.ForceFloat(args[1], 0, second))
	}
	if !ints {
		w.ForceInt(args[0], 0, first)
		w.ForceInt(args[1], 0, second)
	}
	x, y := a.Int(), b.Int()
	if x == math.MinInt64 && y == -1 {
		return throw(w, diag.IntegerOverflow, "integer overflow in dividing %s / %s", x, y)
	}
	return value.Int(x / y)
}

func bitwise(first, second eval.Tracer, op func(a, b int64) int64) fn {
	return func(w *worker, args []*cell, _ diag.Pos) value.Value {
		a := w.ForceInt(args[0], 0, first)
		return value.Int(op(a, w.ForceInt(args[1], 0, second)))
	}
}

const intBug = "Due to a bug (see https://github.com/NixOS/nix/issues/12899) "

// rounding goes through floats even for integers, and refuses those that this
// would change.
func rounding(want eval.Tracer, round func(float64) float64) fn {
	return func(w *worker, args []*cell, _ diag.Pos) value.Value {
		f := round(w.ForceFloat(args[0], 0, want))
		v := args[0].Load()
		isInt := v.Kind() == value.KindInt
		inRange := f >= math.MinInt64 && f < -math.MinInt64
		switch {
		case inRange && isInt && int64(f) != v.Int():
			return throw(w, diag.OutOfRange, intBug+"a loss of precision occurred in previous Nix versions because the NixInt argument %s was rounded to %s.\n\tFuture Nix versions might implement the correct behavior.", v.Int(), int64(f))
		case inRange:
			return value.Int(int64(f))
		case isInt:
			return throw(w, diag.OutOfRange, intBug+"the NixInt argument %s caused undefined behavior in previous Nix versions.\n\tFuture Nix versions might implement the correct behavior.", v.Int())
		}
		return throw(w, diag.OutOfRange, "NixFloat argument %s is not in the range of NixInt", eval.FormatGeneral(v.Float()))
	}
}
