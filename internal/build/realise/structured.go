package realise

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
)

// structured hands over structured attributes: a JSON file and a shell script that sets variables.
func (b *build) structured(e *environ, inside string) error {
	attrs := maps.Clone(b.opt.Structured)
	outputs := map[string]string{}
	for i := range b.d.Outputs {
		name := b.d.Outputs[i].Name
		outputs[name] = storepath.HashPlaceholder(name)
	}
	attrs["outputs"] = encode(outputs)
	for _, g := range b.opt.ExportReferencesGraph {
		paths, err := b.exported(g.Paths)
		if err != nil {
			return err
		}
		attrs[g.Name] = encode(b.graphJSON(paths))
	}
	script, err := shellScript(attrs)
	if err != nil {
		return err
	}
	text, err := compactJSON(attrs)
	if err != nil {
		return err
	}
	e.fileVariable(inside, "NIX_ATTRS_SH_FILE", ".attrs.sh", script)
	e.fileVariable(inside, "NIX_ATTRS_JSON_FILE", ".attrs.json", text)
	return nil
}

// encode writes JSON without escaping what HTML would need.
func encode(v any) json.RawMessage {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // maps, lists, strings and numbers only
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}

// compactJSON writes the members by name, each as it is spelled in the derivation.
func compactJSON(attrs map[string]json.RawMessage) (string, error) {
	var buf bytes.Buffer
	buf.WriteByte('{')
	for i, name := range slices.Sorted(maps.Keys(attrs)) {
		if i > 0 {
			buf.WriteByte(',')
		}
		buf.Write(encode(name))
		buf.WriteByte(':')
		if err := json.Compact(&buf, attrs[name]); err != nil {
			return "", fmt.Errorf("attribute '%s': %w", name, err)
		}
	}
	buf.WriteByte('}')
	return buf.String(), nil
}

// graphPath is how a closure's path is told to builders; the form does not follow other JSON forms of
// path infos, because builders depend on it.
type graphPath struct {
	CA          string   `json:"ca,omitempty"`
	ClosureSize uint64   `json:"closureSize"`
	NARHash     string   `json:"narHash"`
	NARSize     uint64   `json:"narSize"`
	Path        string   `json:"path"`
	References  []string `json:"references"`
	Valid       bool     `json:"valid"`
}

func (b *build) graphJSON(paths []storepath.Path) []graphPath {
	list := make([]graphPath, 0, len(paths))
	for _, p := range paths {
		info := b.infos[p]
		g := graphPath{
			CA: info.CA.String(), NARHash: info.NARHash.Text(nixhash.Nix32, true), NARSize: info.NARSize,
			Path: b.dir.Join(p), References: []string{}, Valid: true,
		}
		for _, r := range info.References {
			g.References = append(g.References, b.dir.Join(r))
		}
		for q := range b.closureOf([]storepath.Path{p}) {
			g.ClosureSize += b.infos[q].NARSize
		}
		list = append(list, g)
	}
	return list
}

// shellScript declares what a shell can hold: strings, integers, booleans and null, and lists and sets
// of these, under names that are identifiers.
func shellScript(attrs map[string]json.RawMessage) (string, error) {
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(attrs)) {
		if !identifier(name) {
			continue
		}
		dec := json.NewDecoder(bytes.NewReader(attrs[name]))
		dec.UseNumber()
		var v any
		if err := dec.Decode(&v); err != nil {
			return "", fmt.Errorf("attribute '%s': %w", name, err)
		}
		switch v := v.(type) {
		case []any:
			if list, ok := shellList(v); ok {
				fmt.Fprintf(&out, "declare -a %s=(%s)\n", name, list)
			}
		case map[string]any:
			if list, ok := shellMap(v); ok {
				fmt.Fprintf(&out, "declare -A %s=(%s)\n", name, list)
			}
		default:
			if s, ok := shellValue(v); ok {
				fmt.Fprintf(&out, "declare %s=%s\n", name, s)
			}
		}
	}
	return out.String(), nil
}

func shellList(v []any) (string, bool) {
	var out strings.Builder
	for _, elem := range v {
		s, ok := shellValue(elem)
		if !ok {
			return "", false
		}
		out.WriteString(s + " ")
	}
	return out.String(), true
}

func shellMap(v map[string]any) (string, bool) {
	var out strings.Builder
	for _, key := range slices.Sorted(maps.Keys(v)) {
		s, ok := shellValue(v[key])
		if !ok {
			return "", false
		}
		out.WriteString("[" + quote(key) + "]=" + s + " ")
	}
	return out.String(), true
}

func shellValue(v any) (string, bool) {
	switch v := v.(type) {
	case nil:
		return "''", true
	case bool:
		if v {
			return "1", true
		}
		return "", true
	case string:
		return quote(v), true
	case json.Number:
		return shellNumber(v)
	}
	return "", false
}

// shellNumber writes a whole number.
// Nix: numbers pass through 32 bits, so larger ones come out changed (2.34; TestShellScript).
func shellNumber(n json.Number) (string, bool) {
	if i, err := strconv.ParseInt(n.String(), 10, 64); err == nil {
		return strconv.Itoa(int(int32(i))), true
	}
	if u, err := strconv.ParseUint(n.String(), 10, 64); err == nil {
		return strconv.Itoa(int(int32(u))), true
	}
	f, err := n.Float64()
	if err != nil || float32(f) != float32(math.Ceil(float64(float32(f)))) {
		return "", false
	}
	if f < math.MinInt32 || f > math.MaxInt32 {
		return strconv.Itoa(math.MinInt32), true
	}
	return strconv.Itoa(int(f)), true
}

// quote makes one word of a shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func identifier(s string) bool {
	for i, c := range []byte(s) {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}
