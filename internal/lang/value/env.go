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

// ArgEnv returns a new scope with one variable, arg, inside up.
func (s *Slab) ArgEnv(up *Env, arg *Value) *Env {
	e := s.spare
	if e == nil {
		e = s.Env(up, 1)
	} else {
		s.spare = e.up
		e.up = up
	}
	e.SetSlot(0, arg)
	return e
}

// FreeArgEnv takes back what ArgEnv returned. Nothing may refer to it any more.
func (s *Slab) FreeArgEnv(e *Env) {
	e.SetSlot(0, nil)
	e.up = s.spare
	s.spare = e
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
