// Package devshell makes the environment that a build would have, for a person's shell.
//
// There are two ways. A derivation whose builder is bash is changed so that it builds a description of its
// environment ([Capture], [Parse]), which a script for bash then brings about ([Environment.Script]); that
// is what develop and print-dev-env do. Or the derivation's variables are set as the builder would get them
// and the setup is run in the shell itself ([Classic]), which is nix-shell.
//
// See docs/spec/development-environment.md.
package devshell

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"

	"firn/internal/build/options"
	"firn/internal/format/derivation"
	"firn/internal/format/storepath"
)

// captureScript is what a changed derivation runs.
//
//go:embed capture.sh
var captureScript []byte

// CaptureName is the name of the script in the store.
const CaptureName = "get-env.sh"

// CaptureScript returns the script that [Capture] wants in the store, as a text without references.
func CaptureScript() []byte { return bytes.Clone(captureScript) }

// Capture changes a derivation so that it builds the description of its environment. script is where the
// script is in the store. Outputs that had a path are deferred; a Hasher fills them in.
func Capture(dir storepath.Dir, d *derivation.Derivation, script storepath.Path) (*derivation.Derivation, error) {
	if path.Base(d.Builder) != "bash" {
		return nil, errors.New("'nix develop' only works on derivations that use 'bash' as their builder")
	}
	c := d.Clone()
	c.Args = []string{dir.Join(script)}
	if err := removeChecks(c); err != nil {
		return nil, err
	}
	c.Name += "-env"
	c.SetEnv("name", c.Name)
	if at, found := slices.BinarySearch(c.InputSrcs, script); !found {
		c.InputSrcs = slices.Insert(c.InputSrcs, at, script)
	}
	for i := range c.Outputs {
		o := &c.Outputs[i]
		if o.Kind == derivation.InputAddressed || o.Kind == derivation.Fixed {
			*o = derivation.Output{Name: o.Name, Kind: derivation.Deferred}
			c.SetEnv(o.Name, "")
		}
	}
	return c, nil
}

// removeChecks takes away what outputs must be like: a description is like none of them.
func removeChecks(d *derivation.Derivation) error {
	text, structured := d.EnvValue(derivation.StructuredAttrs)
	if !structured {
		d.Env = slices.DeleteFunc(d.Env, func(v derivation.EnvVar) bool {
			return slices.Contains([]string{"allowedReferences", "allowedRequisites", "disallowedReferences", "disallowedRequisites"}, v.Name)
		})
		return nil
	}
	var attrs options.Attributes
	if err := json.Unmarshal([]byte(text), &attrs); err != nil {
		return fmt.Errorf("cannot process %s attribute: %w", derivation.StructuredAttrs, err)
	}
	delete(attrs, "outputChecks")
	text, err := attrs.JSON()
	if err == nil {
		d.SetEnv(derivation.StructuredAttrs, text)
	}
	return err
}

// A Variable is a variable of bash. One of the last three fields says what it holds.
type Variable struct {
	Exported    bool
	Value       string
	Array       []string          // not nil for an array
	Associative map[string]string // not nil for an associative array
}

// An Environment is what the setup of a build leaves.
type Environment struct {
	Variables map[string]Variable
	Functions map[string]string // what stands between the braces
	// AttrsJSON and AttrsShell are the files that a builder with structured attributes has.
	Structured            bool
	AttrsJSON, AttrsShell string
}

// description is the JSON form.
type description struct {
	Functions  map[string]string       `json:"bashFunctions"`
	Structured *attrFiles              `json:"structuredAttrs,omitempty"`
	Variables  map[string]variableText `json:"variables"`
}

type attrFiles struct {
	JSON  string `json:".attrs.json"`
	Shell string `json:".attrs.sh"`
}

type variableText struct {
	Type  string          `json:"type"`
	Value json.RawMessage `json:"value,omitempty"`
}

// Parse reads the description of an environment. Variables of unknown types are left out.
func Parse(text []byte) (*Environment, error) {
	var d description
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, fmt.Errorf("description of a build environment: %w", err)
	}
	e := &Environment{Variables: map[string]Variable{}, Functions: d.Functions}
	if e.Functions == nil {
		e.Functions = map[string]string{}
	}
	if d.Structured != nil {
		e.Structured, e.AttrsJSON, e.AttrsShell = true, d.Structured.JSON, d.Structured.Shell
	}
	for name, v := range d.Variables {
		var out Variable
		var err error
		switch v.Type {
		case "var", "exported":
			out.Exported = v.Type == "exported"
			err = json.Unmarshal(v.Value, &out.Value)
		case "array":
			out.Array = []string{}
			err = json.Unmarshal(v.Value, &out.Array)
		case "associative":
			out.Associative = map[string]string{}
			err = json.Unmarshal(v.Value, &out.Associative)
		default:
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("description of a build environment: variable '%s': %w", name, err)
		}
		e.Variables[name] = out
	}
	return e, nil
}

// JSON writes the description, as print-dev-env does.
func (e *Environment) JSON() ([]byte, error) {
	d := description{Functions: e.Functions, Variables: map[string]variableText{}}
	if e.Structured {
		d.Structured = &attrFiles{e.AttrsJSON, e.AttrsShell}
	}
	for name, v := range e.Variables {
		t, value := "var", any(v.Value)
		switch {
		case v.Array != nil:
			t, value = "array", v.Array
		case v.Associative != nil:
			t, value = "associative", v.Associative
		case v.Exported:
			t = "exported"
		}
		raw, err := encode(value)
		if err != nil {
			return nil, err
		}
		d.Variables[name] = variableText{t, raw}
	}
	return encode(d)
}

// encode writes JSON on one line, without escaping what HTML would need.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// outputs gives the outputs of the build and their paths, as the environment has them.
func (e *Environment) outputs() (map[string]string, error) {
	v, ok := e.Variables["outputs"]
	if !ok {
		return nil, errors.New("derivation does not have an 'outputs' attribute")
	}
	if v.Associative != nil {
		return maps.Clone(v.Associative), nil
	}
	names := v.Array
	if names == nil {
		names = fields(v.Value)
	}
	paths := map[string]string{}
	for _, n := range names {
		out, ok := e.Variables[n]
		if !ok || out.Array != nil || out.Associative != nil {
			return nil, fmt.Errorf("the environment has no path of the output '%s'", n)
		}
		paths[n] = out.Value
	}
	return paths, nil
}
