package derivation

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"

	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
)

// A Modulo is the hash modulo of a derivation, as those that need it see it.
//
// The zero value says that there is none: the derivation has, or in the end
// depends on, an output whose contents decide its path and are not known yet.
type Modulo struct {
	// Hash, if Fixed, is SHA-256 of "fixed:out:<methodAlgo>:<base16>:<full path>"
	// of the only output; it stands for that output alone, which a dependent sees
	// as output "out" of an unknown derivation. Otherwise it is SHA-256 of the
	// derivation's text with every input derivation replaced by its own hash.
	Hash  nixhash.Hash
	Fixed bool
}

// IsDeferred reports whether there is no hash.
func (m Modulo) IsDeferred() bool { return m.Hash.IsZero() }

// A Memo remembers the Modulo of derivations by store path. Several goroutines
// may use it at once. Losing entries costs time only.
type Memo interface {
	Load(drv storepath.Path) (Modulo, bool)
	Store(drv storepath.Path, m Modulo)
}

// A Hasher computes hashes modulo and what follows from them. Several goroutines
// may use one at once.
type Hasher struct {
	Dir storepath.Dir

	// Memo, if nil, is one of the Hasher's own.
	Memo Memo

	// Read returns a derivation that is not in Memo. Derivations name each other
	// by hash, so they cannot form a cycle; a Read that lies about what a path
	// holds is found out only by the depth.
	Read func(drv storepath.Path) (*Derivation, error)

	// Warn, if set, gets the complaints that are no errors, without a final full
	// stop of their own.
	Warn func(message string)

	own mapMemo
}

// A mapMemo is a Memo in memory.
type mapMemo struct{ m sync.Map }

func (m *mapMemo) Load(drv storepath.Path) (Modulo, bool) {
	v, ok := m.m.Load(drv)
	if !ok {
		return Modulo{}, false
	}
	return v.(Modulo), true
}

func (m *mapMemo) Store(drv storepath.Path, v Modulo) { m.m.Store(drv, v) }

func (h *Hasher) memo() Memo {
	if h.Memo != nil {
		return h.Memo
	}
	return &h.own
}

// maxInputDepth bounds how deep input derivations nest, for the stack's sake.
const maxInputDepth = 50_000

var errTooDeep = errors.New("input derivations nest too deep")

// An inputError names the one derivation whose hash failed, not all that need it.
type inputError struct {
	drv string
	err error
}

func (e *inputError) Error() string { return fmt.Sprintf("hash derivation '%s': %v", e.drv, e.err) }

func (e *inputError) Unwrap() error { return e.err }

// InputModulo returns the hash modulo of the derivation at a path, from Memo or
// by reading it and what it needs.
func (h *Hasher) InputModulo(drv storepath.Path) (Modulo, error) { return h.inputModulo(drv, 0) }

func (h *Hasher) inputModulo(drv storepath.Path, depth int) (Modulo, error) {
	if m, ok := h.memo().Load(drv); ok {
		return m, nil
	}
	if depth > maxInputDepth {
		return Modulo{}, errTooDeep
	}
	d, err := h.Read(drv)
	if err != nil {
		return Modulo{}, err
	}
	m, err := h.modulo(d, depth)
	if err != nil {
		var inner *inputError
		if !errors.As(err, &inner) {
			err = &inputError{h.Dir.Join(drv), err}
		}
		return Modulo{}, err
	}
	h.memo().Store(drv, m)
	return m, nil
}

// Modulo returns the hash modulo of d as an input of others. Whoever writes d to
// a store may put the result into Memo.
func (h *Hasher) Modulo(d *Derivation) (Modulo, error) { return h.modulo(d, 0) }

func (h *Hasher) modulo(d *Derivation, depth int) (Modulo, error) {
	t, err := d.Type()
	if err != nil {
		return Modulo{}, err
	}
	switch t.Kind {
	case Fixed:
		o := &d.Outputs[0]
		return Modulo{Hash: storepath.FixedDigest(o.CA, h.Dir.Join(o.Path)), Fixed: true}, nil
	case InputAddressed:
		hash, err := h.hash(d, false, depth)
		return Modulo{Hash: hash}, err
	}
	return Modulo{}, nil
}

// OutputHash returns the hash from which the output paths of an input-addressed
// derivation follow: the hash modulo with the paths themselves left empty. It is
// zero if they are deferred. Outputs of other kinds are an error.
func (h *Hasher) OutputHash(d *Derivation) (nixhash.Hash, error) {
	for i := range d.Outputs {
		if k := d.Outputs[i].Kind; k != InputAddressed && k != Deferred {
			return nixhash.Hash{}, fmt.Errorf("output '%s' of derivation '%s' is not input-addressed", d.Outputs[i].Name, d.Name)
		}
	}
	return h.hash(d, true, 0)
}

// TraceHash returns the hash by which Nix 2.4 to 2.34 know what the outputs of a resolved derivation were built to
// (package realisation): that of its text with the outputs' paths left empty. It is zero for other derivations.
func (d *Derivation) TraceHash(dir storepath.Dir) (hash nixhash.Hash) {
	if d.IsBasic() {
		h := Hasher{Dir: dir}
		hash, _ = h.hash(d, true, 0) // what could fail is reading inputs
	}
	return hash
}

// ModuloText returns the text whose SHA-256 is OutputHash, for people who want to
// see why paths differ; nil if the outputs are deferred.
func (h *Hasher) ModuloText(d *Derivation) (text []byte, err error) {
	err = h.withText(d, true, 0, func(t []byte) { text = bytes.Clone(t) })
	return text, err
}

// hash is zero if an input has no hash.
func (h *Hasher) hash(d *Derivation, masked bool, depth int) (hash nixhash.Hash, err error) {
	err = h.withText(d, masked, depth, func(t []byte) { hash = nixhash.SHA256Digest(sha256.Sum256(t)) })
	return hash, err
}

// withText calls f with the text to hash, which is good until f returns, or not
// at all if an input has no hash.
func (h *Hasher) withText(d *Derivation, masked bool, depth int, f func([]byte)) error {
	inputs := inputsPool.Get().(*[]hashedInput)
	list, ok, err := h.inputs((*inputs)[:0], d, depth)
	if ok {
		text := textPool.Get().(*[]byte)
		*text = d.appendModulo((*text)[:0], h.Dir, list, masked)
		f(*text)
		textPool.Put(text)
	}
	clear(list) // let go of the derivations' strings
	*inputs = list
	inputsPool.Put(inputs)
	return err
}

var (
	inputsPool = sync.Pool{New: func() any { return new([]hashedInput) }}
	textPool   = sync.Pool{New: func() any { return new([]byte) }}
)

// A hashedInput is an input derivation as the hashed text has it.
type hashedInput struct {
	digest  [sha256.Size]byte
	outputs []string
}

var onlyOut = []string{"out"}

// inputs appends the inputs of d to list, sorted by hash. ok is false if one has
// no hash.
func (h *Hasher) inputs(list []hashedInput, d *Derivation, depth int) (_ []hashedInput, ok bool, err error) {
	for i := range d.InputDrvs {
		in := &d.InputDrvs[i]
		if len(in.Dynamic) > 0 {
			return list, false, nil
		}
		m, err := h.inputModulo(in.Path, depth+1)
		if err != nil || m.IsDeferred() {
			return list, false, err
		}
		entry := hashedInput{outputs: in.Outputs}
		m.Hash.AppendBytes(entry.digest[:0])
		if m.Fixed {
			for _, name := range in.Outputs {
				if name != "out" {
					return list, false, fmt.Errorf("no hash for output '%s' of derivation '%s'", name, d.Name)
				}
			}
			entry.outputs = onlyOut
		}
		list = append(list, entry)
	}
	return mergeInputs(list), true, nil
}

// mergeInputs sorts by hash and joins the outputs of inputs that have the same:
// derivations that differ only in where their fixed inputs come from.
func mergeInputs(list []hashedInput) []hashedInput {
	slices.SortStableFunc(list, func(a, b hashedInput) int { return bytes.Compare(a.digest[:], b.digest[:]) })
	kept := 0
	for i := range list {
		if kept > 0 && list[kept-1].digest == list[i].digest {
			list[kept-1].outputs = union(list[kept-1].outputs, list[i].outputs)
			continue
		}
		list[kept] = list[i]
		kept++
	}
	return list[:kept]
}

// union joins two sorted sets without changing them.
func union(a, b []string) []string {
	if slices.Equal(a, b) {
		return a
	}
	joined := slices.Concat(a, b)
	slices.Sort(joined)
	return slices.Compact(joined)
}
