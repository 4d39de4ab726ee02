package value

import (
	"sync/atomic"
	"unsafe"
)

// This file, env.go, slab.go and attrs.go are the only places with unsafe code. The
// invariants that it rests on:
//
//   - n holds the kind in its low 8 bits; p always points to the Go object that
//     the kind says, or is nil, so the garbage collector sees every reference;
//   - Integers outside 56 bits and floats are boxed;
//   - String bytes are immutable.

// A Value is one cell; see the package comment. The zero Value is a thunk
// without expression and must not be forced.
type Value struct {
	n uint64
	p unsafe.Pointer
}

const (
	kindMask = 0xff
	flagBig  = 1 << 8 // KindInt: boxed
	flagCtx  = 1 << 8 // KindString: *contextString
	// payload of kinds with flags starts here
	flagShift    = 9
	payloadShift = 8
)

// Load reads a cell that other workers may be evaluating.
func (v *Value) Load() Value {
	n := atomic.LoadUint64(&v.n)
	return Value{n, atomic.LoadPointer(&v.p)}
}

// Kind returns the kind.
func (v Value) Kind() Kind { return Kind(v.n & kindMask) }

// LoadKind reads the kind of a cell that other workers may be evaluating.
func (v *Value) LoadKind() Kind { return Kind(atomic.LoadUint64(&v.n) & kindMask) }

// Evaluated reports whether v is in weak head normal form.
func (v Value) Evaluated() bool { return v.n&kindMask >= uint64(KindInt) }

// Thunk makes a delayed evaluation of the expression numbered id in env.
func Thunk(id uint32, env *Env) Value {
	return Value{uint64(KindThunk) | uint64(id)<<payloadShift, unsafe.Pointer(env)}
}

// ThunkParts returns what Thunk was given; n is the word that a claim returned
// or the value's own.
func ThunkParts(w Word, p Value) (id uint32, env *Env) {
	return uint32(w >> payloadShift), (*Env)(p.p)
}

// A Word is the first word of a cell, as it was before a claim.
type Word uint64

// Kind returns the kind that the word says.
func (w Word) Kind() Kind { return Kind(w & kindMask) }

// Word returns the first word of v.
func (v Value) Word() Word { return Word(v.n) }

// WithWord returns v with another first word.
func (v Value) WithWord(w Word) Value { return Value{uint64(w), v.p} }

// Set writes a cell that no other worker can see yet.
func (v *Value) Set(to Value) { *v = to }

// Claim turns the cell from the word that was read into a black hole of the
// worker. It fails if another worker was faster. The second word stays, so that
// the cell can be given back with Restore.
func (v *Value) Claim(from Word, worker uint32) bool {
	return atomic.CompareAndSwapUint64(&v.n, uint64(from), uint64(KindBlackhole)|uint64(worker)<<payloadShift)
}

// ClaimAlone is Claim where only one worker exists.
func (v *Value) ClaimAlone() { v.n = uint64(KindBlackhole) }

// Publish stores the result in a claimed cell and reports whether others wait.
func (v *Value) Publish(to Value) (waiters bool) {
	atomic.StorePointer(&v.p, to.p)
	return atomic.SwapUint64(&v.n, to.n)&waitersFlag != 0
}

// PublishAlone is Publish where only one worker exists.
func (v *Value) PublishAlone(to Value) {
	v.p = to.p
	v.n = to.n
}

// Restore gives a claimed cell back unevaluated and reports whether others wait.
func (v *Value) Restore(w Word) (waiters bool) {
	return atomic.SwapUint64(&v.n, uint64(w))&waitersFlag != 0
}

const waitersFlag = 1 << 63

// Owner returns the worker that a black hole names.
func (v Value) Owner() uint32 { return uint32((v.n &^ waitersFlag) >> payloadShift) }

// MarkWaiting tells the owner of the black hole that someone waits. It fails if
// the cell changed since seen was loaded.
func (v *Value) MarkWaiting(seen Value) bool {
	return seen.n&waitersFlag != 0 || atomic.CompareAndSwapUint64(&v.n, seen.n, seen.n|waitersFlag)
}

// Apply makes a delayed application.
func (s *Slab) Apply(fun, arg *Value) Value {
	app := (*App)(unsafe.Pointer(s.pointers(2)))
	app.Fun, app.Arg = fun, arg
	return Value{uint64(KindApp), unsafe.Pointer(app)}
}

// ApplyItem makes the delayed application of m's function to its i-th argument.
func ApplyItem(m *Mapped, i int) Value {
	return Value{uint64(KindApp) | uint64(i+1)<<payloadShift, unsafe.Pointer(m)}
}

// Applied returns the function of a delayed application.
func (v Value) Applied() *Value {
	if v.n>>payloadShift != 0 {
		return (*Mapped)(v.p).Fun
	}
	return (*App)(v.p).Fun
}

// Argument returns the argument of a delayed application. That which is a number
// gets a new cell.
func (v Value) Argument(s *Slab) *Value {
	i := int(v.n >> payloadShift)
	if i == 0 {
		return (*App)(v.p).Arg
	}
	if m := (*Mapped)(v.p); m.Args != nil {
		return m.Args[i-1]
	}
	return s.Cell(Int(int64(i - 1)))
}

// Failed makes a cell that fails again whenever it is forced.
func Failed(f *Failure) Value { return Value{uint64(KindFailed), unsafe.Pointer(f)} }

// Failure returns what Failed was given.
func (v Value) Failure() *Failure { return (*Failure)(v.p) }

// Int makes an integer.
func Int(i int64) Value {
	if i<<flagShift>>flagShift == i {
		return Value{uint64(KindInt) | uint64(i)<<flagShift, nil}
	}
	return boxedInt(i)
}

func boxedInt(i int64) Value {
	return Value{uint64(KindInt) | flagBig, unsafe.Pointer(&i)}
}

// Int returns the integer.
func (v Value) Int() int64 {
	if v.n&flagBig != 0 {
		return *(*int64)(v.p)
	}
	return int64(v.n) >> flagShift
}

// Float makes a floating-point number.
func Float(f float64) Value {
	return Value{uint64(KindFloat), unsafe.Pointer(&f)}
}

// Float returns the number.
func (v Value) Float() float64 { return *(*float64)(v.p) }

// Bool makes a Boolean.
func Bool(b bool) Value {
	if b {
		return Value{uint64(KindBool) | 1<<payloadShift, nil}
	}
	return Value{uint64(KindBool), nil}
}

// Bool returns the Boolean.
func (v Value) Bool() bool { return v.n>>payloadShift != 0 }

// Null makes null.
func Null() Value { return Value{uint64(KindNull), nil} }

// String makes a string without context.
func String(s string) Value {
	return Value{uint64(KindString) | uint64(len(s))<<flagShift, unsafe.Pointer(unsafe.StringData(s))}
}

// StringWith makes a string with a context, which may be nil.
func StringWith(s string, c *Context) Value {
	if c == nil {
		return String(s)
	}
	return Value{uint64(KindString) | flagCtx, unsafe.Pointer(&contextString{s, c})}
}

// Str returns the text of a string or path.
func (v Value) Str() string {
	if v.n&(kindMask|flagCtx) == uint64(KindString)|flagCtx {
		return (*contextString)(v.p).text
	}
	return unsafe.String((*byte)(v.p), int(v.n>>flagShift))
}

// Context returns the context of a string; nil if it has none or v is no string.
func (v Value) Context() *Context {
	if v.n&(kindMask|flagCtx) == uint64(KindString)|flagCtx {
		return (*contextString)(v.p).context
	}
	return nil
}

// Path makes a path from an absolute canonical one.
func Path(s string) Value {
	return Value{uint64(KindPath) | uint64(len(s))<<flagShift, unsafe.Pointer(unsafe.StringData(s))}
}

// FromAttrs makes an attribute set.
func FromAttrs(a *Attrs) Value { return Value{uint64(KindAttrs), unsafe.Pointer(a)} }

// Attrs returns the attribute set.
func (v Value) Attrs() *Attrs { return (*Attrs)(v.p) }

// List makes a list that takes over items.
func List(items []*Value) Value {
	return Value{uint64(KindList) | uint64(len(items))<<payloadShift, unsafe.Pointer(unsafe.SliceData(items))}
}

// List returns the items, which must not be changed.
func (v Value) List() []*Value {
	return unsafe.Slice((**Value)(v.p), int(v.n>>payloadShift))
}

// Len returns the number of items of a list.
func (v Value) Len() int { return int(v.n >> payloadShift) }

// Lambda makes a function: the lambda numbered id in env.
func Lambda(id uint32, env *Env) Value {
	return Value{uint64(KindLambda) | uint64(id)<<payloadShift, unsafe.Pointer(env)}
}

// Lambda returns what Lambda was given.
func (v Value) Lambda() (id uint32, env *Env) { return uint32(v.n >> payloadShift), (*Env)(v.p) }

// SameLambda reports whether two functions are the same code in the same
// environment.
func SameLambda(a, b Value) bool { return a.n == b.n && a.p == b.p }

// Builtin makes the builtin function numbered id.
func Builtin(id int) Value { return Value{uint64(KindBuiltin) | uint64(id)<<payloadShift, nil} }

// Builtin returns the number of a builtin function.
func (v Value) Builtin() int { return int(v.n >> payloadShift) }

// FromPartial makes a builtin that waits for more arguments.
func FromPartial(p *Partial) Value { return Value{uint64(KindPartial), unsafe.Pointer(p)} }

// Partial returns the waiting builtin.
func (v Value) Partial() *Partial { return (*Partial)(v.p) }

// Identical reports whether both cells hold the same words: the same object,
// or equal small numbers.
func Identical(a, b Value) bool { return a == b }

// Small numbers and strings used everywhere share their cells.
var (
	True  = &Value{uint64(KindBool) | 1<<payloadShift, nil}
	False = &Value{uint64(KindBool), nil}
	Nil   = &Value{uint64(KindNull), nil}
	// EmptyList and EmptyAttrs are [ ] and { }.
	EmptyList  = &Value{uint64(KindList), nil}
	EmptyAttrs = &Value{uint64(KindAttrs), unsafe.Pointer(&Attrs{})}
	EmptyText  = &Value{uint64(KindString), nil}
)
