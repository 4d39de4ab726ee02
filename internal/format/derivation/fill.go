package derivation

import (
	"errors"
	"fmt"
	"strings"

	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
)

// Fill gives every output its path, as far as it is known, and sets the
// environment variable of the output's name to it if that is missing or empty.
// Paths and variables that are there already are checked: a wrong one is an
// error, but for the variable of an output that was deferred, which is only
// warned about and put right.
//
// Nix: that leniency is for derivations that releases before 2.35 wrote; the
// warning says that it will end (TestFill). And a path that follows from the
// derivation is computed before its variable is added, so that a derivation made
// without the variable does not pass Check afterwards (2.34, 2.36-pre;
// TestFillWithoutVariable): whoever makes one sets the variable to "".
func (h *Hasher) Fill(d *Derivation) error { return h.process(d, true) }

// Check reports paths and variables that Fill would have set otherwise. A
// deferred output whose path is known is only warned about.
func (h *Hasher) Check(d *Derivation) error { return h.process(d, false) }

// CheckAt is Check for the derivation that lies at a store path.
func (h *Hasher) CheckAt(d *Derivation, drv storepath.Path) error {
	full := h.Dir.Join(drv)
	if !drv.IsDerivation() {
		return fmt.Errorf("store path '%s' is not a valid derivation path", drv)
	}
	if drv.DerivationName() != d.Name {
		return fmt.Errorf("derivation '%s' has name '%s' which does not match its path", full, d.Name)
	}
	if err := h.Check(d); err != nil {
		return fmt.Errorf("while checking derivation '%s': %w", full, err)
	}
	return nil
}

const compatibilityEnds = "This will be an error in future versions of Nix; compatibility of CA derivations will be broken."

// rpcFeature is the system feature of builders that hand over their outputs in
// another way than by the variables named after them.
const rpcFeature = "builder-rpc-v0"

func (h *Hasher) process(d *Derivation, fill bool) error {
	t, err := d.Type()
	if err != nil {
		return err
	}
	f := filler{h: h, d: d, fill: fill, rpc: d.wantsFeature(rpcFeature)}
	if f.rpc && !t.IsCA() {
		return fmt.Errorf("derivation uses the '%s' feature, which may only be used with content-addressing derivations", rpcFeature)
	}
	switch t.Kind {
	case InputAddressed, Deferred:
		return f.inputAddressed()
	case Fixed:
		return f.fixed()
	}
	return nil
}

type filler struct {
	h    *Hasher
	d    *Derivation
	fill bool
	rpc  bool
}

func (f *filler) inputAddressed() error {
	hash, err := f.h.OutputHash(f.d)
	if err != nil {
		return err
	}
	for i := range f.d.Outputs {
		o := &f.d.Outputs[i]
		if err := f.output(o, hash); err != nil {
			return err
		}
	}
	return nil
}

func (f *filler) output(o *Output, hash nixhash.Hash) error {
	if hash.IsZero() {
		if o.Kind == InputAddressed {
			return fmt.Errorf("derivation has incorrect output '%s', should be deferred", f.h.Dir.Join(o.Path))
		}
		return nil
	}
	path, err := f.h.Dir.MakeOutput(hash, o.Name, f.d.Name)
	if err != nil {
		return err
	}
	switch {
	case o.Kind == InputAddressed && o.Path != path:
		return fmt.Errorf("derivation has incorrect output '%s', should be '%s'", f.h.Dir.Join(o.Path), f.h.Dir.Join(path))
	case o.Kind == InputAddressed:
		return f.variable(o.Name, path, false)
	case f.fill:
		o.Kind, o.Path = InputAddressed, path
		return f.variable(o.Name, path, true)
	}
	f.h.warn("derivation has incorrect deferred output, should be '%s'.\n%s", f.h.Dir.Join(path), compatibilityEnds)
	return nil
}

func (f *filler) fixed() error {
	o := &f.d.Outputs[0]
	right, err := NewFixed(f.h.Dir, f.d.Name, o.Name, o.CA)
	if err != nil {
		return err
	}
	if o.Path != "" && o.Path != right.Path {
		return fmt.Errorf("derivation has incorrect output '%s', should be '%s'", f.h.Dir.Join(o.Path), f.h.Dir.Join(right.Path))
	}
	if o.Path == "" {
		if !f.fill {
			return errors.New("derivation has a fixed output without a path")
		}
		o.Path = right.Path
	}
	return f.variable(o.Name, o.Path, false)
}

// variable checks, or fills in, the environment variable of an output.
func (f *filler) variable(name string, path storepath.Path, lenient bool) error {
	if f.rpc {
		return nil
	}
	want := f.h.Dir.Join(path)
	value, ok := f.d.EnvValue(name)
	if f.fill && value == "" {
		f.d.SetEnv(name, want)
		return nil
	}
	if !ok {
		return fmt.Errorf("derivation has missing environment variable '%s', should be '%s' but is not present", name, want)
	}
	if value == want {
		return nil
	}
	message := fmt.Sprintf("derivation has incorrect environment variable '%s', should be '%s' but is actually '%s'", name, want, value)
	if !lenient {
		return errors.New(message)
	}
	f.h.warn("%s\n%s", message, compatibilityEnds)
	f.d.SetEnv(name, want)
	return nil
}

func (h *Hasher) warn(format string, args ...any) {
	if h.Warn != nil {
		h.Warn(fmt.Sprintf(format, args...))
	}
}

// wantsFeature reports whether the derivation requires a system feature.
func (d *Derivation) wantsFeature(name string) bool {
	structured, ok := d.EnvValue(StructuredAttrs)
	if !ok {
		value, _ := d.EnvValue("requiredSystemFeatures")
		for word := range strings.FieldsSeq(value) {
			if word == name {
				return true
			}
		}
		return false
	}
	if !strings.Contains(structured, name) {
		return false
	}
	v, err := parseJSON(structured)
	if err != nil {
		return false
	}
	attrs, _ := v.(jsonObject)
	list, _ := attrs.get("requiredSystemFeatures").([]any)
	for _, item := range list {
		if item == name {
			return true
		}
	}
	return false
}
