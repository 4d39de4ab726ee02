package derivation

import (
	"fmt"
	"strconv"

	"firn/internal/lang/jsontext"
)

// JSONVersion is the version of the JSON form, of `nix derivation show` and
// `nix derivation add`.
const JSONVersion = 4

// AppendJSON appends the JSON form on one line, members sorted:
//
//	{"args":[…],"builder":…,"env":{…},
//	 "inputs":{"drvs":{<base name>:<node>},"srcs":[<base name>…]},
//	 "name":…,"outputs":{<name>:<output>},"structuredAttrs":{…},"system":…,"version":4}
//
//	node   = {"dynamicOutputs":{<output>:<node>},"outputs":[…]}
//	output = {"path":<base name>}                                input-addressed
//	       | {"hash":<SRI>,"method":<method>}                    fixed
//	       | {"hashAlgo":…,"method":<method>}                    floating
//	       | {"hashAlgo":…,"impure":true,"method":<method>}      impure
//	       | {}                                                  deferred
//
// "structuredAttrs" is there if the variable "__json" is, which "env" leaves out.
// Texts that are not UTF-8, and a "__json" that is no JSON object, are an error.
func (d *Derivation) AppendJSON(dst []byte) ([]byte, error) {
	w := jsonWriter{dst: dst}
	w.raw(`{"args":`)
	w.list(d.Args)
	w.raw(`,"builder":`)
	w.text(d.Builder)
	w.raw(`,"env":{`)
	structured, hasStructured := "", false
	first := true
	for _, v := range d.Env {
		if v.Name == StructuredAttrs {
			structured, hasStructured = v.Value, true
			continue
		}
		w.member(&first, v.Name)
		w.text(v.Value)
	}
	w.raw(`},"inputs":{"drvs":{`)
	first = true
	for i := range d.InputDrvs {
		w.member(&first, string(d.InputDrvs[i].Path))
		w.node(&d.InputDrvs[i].InputNode)
	}
	w.raw(`},"srcs":[`)
	for i, p := range d.InputSrcs {
		w.dst = separate(w.dst, i)
		w.text(string(p))
	}
	w.raw(`]},"name":`)
	w.text(d.Name)
	w.raw(`,"outputs":{`)
	first = true
	for i := range d.Outputs {
		w.member(&first, d.Outputs[i].Name)
		w.output(&d.Outputs[i])
	}
	w.raw(`}`)
	if hasStructured {
		w.structured(structured)
	}
	w.raw(`,"system":`)
	w.text(d.System)
	w.raw(`,"version":` + strconv.Itoa(JSONVersion) + `}`)
	return w.dst, w.err
}

// MarshalJSON is AppendJSON.
func (d *Derivation) MarshalJSON() ([]byte, error) { return d.AppendJSON(nil) }

// A jsonWriter appends; the first error sticks.
type jsonWriter struct {
	dst []byte
	err error
}

func (w *jsonWriter) raw(s string) { w.dst = append(w.dst, s...) }

func (w *jsonWriter) text(s string) {
	dst, err := jsontext.AppendString(w.dst, s)
	if err != nil && w.err == nil {
		w.err = err
	}
	w.dst = dst
}

func (w *jsonWriter) list(list []string) {
	w.raw("[")
	for i, s := range list {
		w.dst = separate(w.dst, i)
		w.text(s)
	}
	w.raw("]")
}

func (w *jsonWriter) member(first *bool, key string) {
	if !*first {
		w.raw(",")
	}
	*first = false
	w.text(key)
	w.raw(":")
}

func (w *jsonWriter) node(n *InputNode) {
	w.raw(`{"dynamicOutputs":{`)
	first := true
	for i := range n.Dynamic {
		w.member(&first, n.Dynamic[i].Output)
		w.node(&n.Dynamic[i].InputNode)
	}
	w.raw(`},"outputs":`)
	w.list(n.Outputs)
	w.raw("}")
}

func (w *jsonWriter) output(o *Output) {
	switch o.Kind {
	case InputAddressed:
		w.raw(`{"path":`)
		w.text(string(o.Path))
		w.raw("}")
	case Fixed:
		w.raw(`{"hash":"` + o.CA.Hash.SRI() + `","method":"` + o.CA.Method.String() + `"}`)
	case Floating:
		w.raw(`{"hashAlgo":"` + o.Algo.String() + `","method":"` + o.Method.String() + `"}`)
	case Impure:
		w.raw(`{"hashAlgo":"` + o.Algo.String() + `","impure":true,"method":"` + o.Method.String() + `"}`)
	default:
		w.raw("{}")
	}
}

func (w *jsonWriter) structured(text string) {
	v, err := parseJSON(text)
	if err == nil {
		_, err = asObject(v)
	}
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("cannot process %s attribute: %w", StructuredAttrs, err)
	}
	w.raw(`,"structuredAttrs":`)
	if err == nil {
		w.dst = appendJSON(w.dst, v)
	}
}
