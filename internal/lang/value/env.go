package value

import "unsafe"

// An Env is the block of variables of one scope: a pointer to the enclosing
// scope, followed by its slots. It is made by [Slab.Env] only.
type Env struct {
	up *Env
	// slots follow
}

const word = unsafe.Sizeof(uintptr(0))

// Env returns a new scope with n empty slots inside up.
func (s *Slab) Env(up *Env, n int) *Env {
	e := (*Env)(unsafe.Pointer(s.pointers(n + 1)))
	e.up = up
	return e
}

// Up returns the enclosing scope.
func (e *Env) Up() *Env { return e.up }

// Slot returns the i-th variable; nil if it is not set yet.
func (e *Env) Slot(i int) *Value {
	return *(**Value)(unsafe.Add(unsafe.Pointer(e), (uintptr(i)+1)*word))
}

// SetSlot sets the i-th variable.
func (e *Env) SetSlot(i int, v *Value) {
	*(**Value)(unsafe.Add(unsafe.Pointer(e), (uintptr(i)+1)*word)) = v
}
