package derivation

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
)

// ParseJSON reads the JSON form. Fixed outputs get their paths in dir; other
// paths and the variables named after outputs are left to Hasher.Fill.
func ParseJSON(dir storepath.Dir, data []byte) (*Derivation, error) {
	v, err := parseJSON(string(data))
	if err != nil {
		return nil, err
	}
	r := jsonReader{dir: dir}
	d := r.derivation(v)
	if r.err != nil {
		return nil, r.err
	}
	return d, nil
}

// A jsonReader takes values apart; the first error sticks.
type jsonReader struct {
	dir storepath.Dir
	err error
}

func (r *jsonReader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *jsonReader) derivation(v any) *Derivation {
	o := r.object(v)
	if version := r.unsigned(r.at(o, "version")); r.err == nil && version != strconv.Itoa(JSONVersion) {
		r.fail(fmt.Errorf("Unsupported derivation JSON format version %s, only format version %d is currently supported.", version, JSONVersion))
	}
	d := &Derivation{Name: r.text(r.at(o, "name"))}
	r.within("outputs", func() {
		for _, m := range r.object(r.at(o, "outputs")) {
			d.Outputs = append(d.Outputs, r.output(d.Name, m.key, m.value))
		}
	})
	r.within("inputs", func() { r.inputs(d, r.object(r.at(o, "inputs"))) })
	d.System = r.text(r.at(o, "system"))
	d.Builder = r.text(r.at(o, "builder"))
	for _, arg := range r.array(r.at(o, "args")) {
		d.Args = append(d.Args, r.text(arg))
	}
	r.within("env", func() {
		for _, m := range r.object(r.at(o, "env")) {
			if m.key == StructuredAttrs {
				r.fail(errors.New("Cannot have an environment variable named '__json'. This key is reserved for encoding structured attrs"))
			}
			d.Env = append(d.Env, EnvVar{m.key, r.text(m.value)})
		}
	})
	if v, ok := o.lookup("structuredAttrs"); ok {
		d.SetEnv(StructuredAttrs, string(appendJSON(nil, r.object(v))))
	}
	return d
}

func (r *jsonReader) inputs(d *Derivation, o jsonObject) {
	r.within("srcs", func() {
		for _, src := range r.array(r.at(o, "srcs")) {
			d.InputSrcs = append(d.InputSrcs, r.path(r.text(src)))
		}
		slices.Sort(d.InputSrcs)
		d.InputSrcs = slices.Compact(d.InputSrcs)
	})
	r.within("drvs", func() {
		for _, m := range r.object(r.at(o, "drvs")) {
			in := InputDrv{Path: r.path(m.key), InputNode: r.node(m.value, 0)}
			if len(in.Outputs) > 0 || len(in.Dynamic) > 0 {
				d.InputDrvs = append(d.InputDrvs, in)
			}
		}
	})
}

// node drops dynamic inputs of which nothing is needed: the ATerm form has no
// text for them.
func (r *jsonReader) node(v any, depth int) InputNode {
	if depth > maxNodeDepth {
		r.fail(errors.New("outputs of outputs nest too deep"))
		return InputNode{}
	}
	o := r.object(v)
	var n InputNode
	for _, name := range r.array(r.at(o, "outputs")) {
		n.Outputs = append(n.Outputs, r.text(name))
	}
	slices.Sort(n.Outputs)
	n.Outputs = slices.Compact(n.Outputs)
	for _, m := range r.object(r.at(o, "dynamicOutputs")) {
		in := DynamicInput{m.key, r.node(m.value, depth+1)}
		if len(in.Outputs) > 0 || len(in.Dynamic) > 0 {
			n.Dynamic = append(n.Dynamic, in)
		}
	}
	return n
}

func (r *jsonReader) output(drvName, name string, v any) Output {
	o := r.object(v)
	out := Output{Name: name}
	keys := ""
	for _, m := range o {
		keys += m.key + " "
	}
	var err error
	switch keys {
	case "":
	case "path ":
		out.Kind, out.Path = InputAddressed, r.path(r.text(o.get("path")))
	case "hash method ":
		ca := storepath.ContentAddress{Method: r.method(o)}
		if ca.Hash, err = nixhash.ParseSRI(r.text(o.get("hash"))); err != nil {
			r.fail(err)
		}
		if r.err == nil {
			out, err = NewFixed(r.dir, drvName, name, ca)
		}
	case "hashAlgo method ", "hashAlgo impure method ":
		out.Kind, out.Method = Floating, r.method(o)
		if _, impure := o.lookup("impure"); impure {
			out.Kind = Impure
		}
		out.Algo, err = nixhash.ParseAlgorithm(r.text(o.get("hashAlgo")))
	default:
		err = errors.New("invalid JSON for derivation output")
	}
	if err != nil {
		r.fail(err)
	}
	return out
}

func (r *jsonReader) method(o jsonObject) storepath.Method {
	m, err := storepath.ParseMethod(r.text(o.get("method")))
	if err != nil {
		r.fail(err)
	}
	return m
}

func (r *jsonReader) path(base string) storepath.Path {
	p, err := storepath.ParseBase(base)
	if err != nil {
		r.fail(err)
	}
	return p
}

// within adds to an error the key that was being read.
func (r *jsonReader) within(key string, f func()) {
	if r.err != nil {
		return
	}
	if f(); r.err != nil {
		r.err = fmt.Errorf("while reading key '%s': %w", key, r.err)
	}
}

func (r *jsonReader) at(o jsonObject, key string) any {
	v, ok := o.lookup(key)
	if !ok {
		r.fail(fmt.Errorf("Expected JSON object to contain key '%s' but it doesn't: %s", key, appendJSON(nil, o)))
	}
	return v
}

func (r *jsonReader) object(v any) jsonObject {
	o, err := asObject(v)
	if err != nil {
		r.fail(err)
	}
	return o
}

func asObject(v any) (jsonObject, error) {
	o, ok := v.(jsonObject)
	if !ok {
		return nil, wrongType(v, "object")
	}
	return o, nil
}

func (r *jsonReader) array(v any) []any {
	list, ok := v.([]any)
	if !ok {
		r.fail(wrongType(v, "array"))
	}
	return list
}

func (r *jsonReader) text(v any) string {
	s, ok := v.(string)
	if !ok {
		r.fail(wrongType(v, "string"))
	}
	return s
}

func (r *jsonReader) unsigned(v any) string {
	n, ok := v.(jsonNumber)
	if _, err := strconv.ParseUint(string(n), 10, 64); !ok || err != nil {
		r.fail(fmt.Errorf("Expected JSON value to be an unsigned integral number but it is of type '%s': %s", typeName(v), appendJSON(nil, v)))
	}
	return string(n)
}

func wrongType(v any, want string) error {
	return fmt.Errorf("Expected JSON value to be of type '%s' but it is of type '%s': %s", want, typeName(v), appendJSON(nil, v))
}

func typeName(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case jsonNumber:
		return "number"
	case []any:
		return "array"
	}
	return "object"
}
