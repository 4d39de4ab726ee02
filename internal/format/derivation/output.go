package derivation

import (
	"errors"
	"fmt"

	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
)

// An OutputKind says where an output's path comes from.
type OutputKind uint8

const (
	Deferred       OutputKind = iota // not known until the inputs are
	InputAddressed                   // the derivation's hash modulo
	Fixed                            // contents that the derivation promises
	Floating                         // contents, once they are there
	Impure                           // as Floating, and never reused
)

// An Output is one of the objects that a derivation makes.
type Output struct {
	Name string
	Kind OutputKind

	// Path is set for InputAddressed and Fixed outputs; for the latter it follows
	// from CA and the names.
	Path storepath.Path

	CA     storepath.ContentAddress // of a Fixed output
	Method storepath.Method         // of a Floating or Impure output
	Algo   nixhash.Algorithm        // of a Floating or Impure output
}

// NewFixed returns a fixed output with its path.
func NewFixed(dir storepath.Dir, drvName, output string, ca storepath.ContentAddress) (Output, error) {
	p, err := dir.MakeFixed(storepath.OutputPathName(drvName, output), ca, storepath.References{})
	return Output{Name: output, Kind: Fixed, Path: p, CA: ca}, err
}

// Address returns method and algorithm of an output that is addressed by its
// contents.
func (o *Output) Address() (storepath.Method, nixhash.Algorithm) {
	if o.Kind == Fixed {
		return o.CA.Method, o.CA.Hash.Algo()
	}
	return o.Method, o.Algo
}

// Fields returns the three texts that stand for an output in ATerm and in the
// daemon protocol: full path, "[r:|git:|text:]<algorithm>" and base16 hash. Each
// kind has its own pattern of empty texts; an impure output has the hash
// "impure".
func (o *Output) Fields(dir storepath.Dir) (path, methodAlgo, hash string) {
	switch o.Kind {
	case InputAddressed:
		return dir.Join(o.Path), "", ""
	case Fixed:
		return dir.Join(o.Path), o.CA.Method.Prefix() + o.CA.Hash.Algo().String(), o.CA.Hash.Base16()
	case Floating:
		return "", o.Method.Prefix() + o.Algo.String(), ""
	case Impure:
		return "", o.Method.Prefix() + o.Algo.String(), impureHash
	}
	return "", "", ""
}

const impureHash = "impure"

// ParseOutput is the inverse of Output.Fields. The path of a fixed output must
// be the one that follows from its content address.
func ParseOutput(dir storepath.Dir, drvName, output, path, methodAlgo, hash string) (Output, error) {
	o := Output{Name: output}
	if methodAlgo == "" {
		if path == "" {
			return o, nil
		}
		o.Kind = InputAddressed
		var err error
		o.Path, err = dir.ParseCanonical(path)
		return o, err
	}
	m, rest := storepath.CutPrefix(methodAlgo)
	algo, err := nixhash.ParseAlgorithm(rest)
	if err != nil {
		return o, err
	}
	switch hash {
	case "":
		o.Kind, o.Method, o.Algo = Floating, m, algo
		if path != "" {
			return o, errors.New("content-addressing derivation output should not specify output path")
		}
		return o, nil
	case impureHash:
		o.Kind, o.Method, o.Algo = Impure, m, algo
		if path != "" {
			return o, errors.New("impure derivation output should not specify output path")
		}
		return o, nil
	}
	return parseFixed(dir, drvName, output, path, m, algo, hash)
}

func parseFixed(dir storepath.Dir, drvName, output, path string, m storepath.Method, algo nixhash.Algorithm, hash string) (Output, error) {
	stated, err := dir.ParseCanonical(path)
	if err != nil {
		return Output{}, err
	}
	h, err := nixhash.ParseNonSRIUnprefixed(hash, algo)
	if err != nil {
		return Output{}, err
	}
	o, err := NewFixed(dir, drvName, output, storepath.ContentAddress{Method: m, Hash: h})
	if err != nil {
		return Output{}, err
	}
	if o.Path != stated {
		return Output{}, fmt.Errorf("derivation output '%s' has path '%s', which does not match its content address", output, path)
	}
	o.Path = stated
	return o, nil
}

// A Type says what holds for all outputs of a derivation.
type Type struct {
	Kind OutputKind
}

// Type returns the derivation's type, or why its outputs do not fit together.
func (d *Derivation) Type() (Type, error) {
	if len(d.Outputs) == 0 {
		return Type{}, errors.New("must have at least one output")
	}
	t := Type{d.Outputs[0].Kind}
	for i := range d.Outputs {
		o := &d.Outputs[i]
		switch {
		case o.Kind != t.Kind:
			return Type{}, errors.New("can't mix derivation output types")
		case o.Kind == Fixed && i > 0:
			return Type{}, errors.New("only one fixed output is allowed for now")
		case o.Kind == Fixed && o.Name != "out":
			return Type{}, errors.New(`single fixed output must be named "out"`)
		case o.Kind == Floating && o.Algo != d.Outputs[0].Algo:
			return Type{}, errors.New("all floating outputs must use the same hash algorithm")
		}
	}
	return t, nil
}

// IsCA reports whether the outputs are addressed by their contents.
func (t Type) IsCA() bool { return t.Kind == Fixed || t.Kind == Floating || t.Kind == Impure }

// IsFixed reports whether the contents are promised by a hash.
func (t Type) IsFixed() bool { return t.Kind == Fixed }

// IsImpure reports whether every build may give something else.
func (t Type) IsImpure() bool { return t.Kind == Impure }

// IsSandboxed reports whether the build gets no network: it does where the
// result is checked against a hash, or is impure anyway.
func (t Type) IsSandboxed() bool { return t.Kind != Fixed && t.Kind != Impure }

// HasKnownOutputPaths reports whether the paths are known before the build.
func (t Type) HasKnownOutputPaths() bool { return t.Kind == InputAddressed || t.Kind == Fixed }
