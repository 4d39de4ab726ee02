package options

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"firn/internal/format/derivation"
	"firn/internal/format/nixhash"
	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
)

// Attributes are structured attributes on the way to a builder.
type Attributes map[string]json.RawMessage

// Attributes returns the structured attributes with the outputs added, by the text that stands for each
// one's path.
func (o *Options) Attributes(d *derivation.Derivation) Attributes {
	attrs := Attributes(maps.Clone(o.Structured))
	outputs := map[string]string{}
	for i := range d.Outputs {
		name := d.Outputs[i].Name
		outputs[name] = storepath.HashPlaceholder(name)
	}
	attrs["outputs"] = encode(outputs)
	return attrs
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

// JSON writes the members by name, each as it is spelled in the derivation.
func (attrs Attributes) JSON() (string, error) {
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

// SetGraph adds what exportReferencesGraph asks for under a name: paths, and of each the closure, whose infos
// are all there.
func (attrs Attributes) SetGraph(dir storepath.Dir, name string, paths []storepath.Path, infos map[storepath.Path]*pathinfo.Info) {
	list := make([]graphPath, 0, len(paths))
	for _, p := range paths {
		info := infos[p]
		g := graphPath{
			CA: info.CA.String(), NARHash: info.NARHash.Text(nixhash.Nix32, true), NARSize: info.NARSize,
			Path: dir.Join(p), References: []string{}, Valid: true,
		}
		for _, r := range info.References {
			g.References = append(g.References, dir.Join(r))
		}
		for q := range Closure(infos, p) {
			g.ClosureSize += infos[q].NARSize
		}
		list = append(list, g)
	}
	attrs[name] = encode(list)
}

// Closure is the closure of paths as far as infos has it.
func Closure(infos map[storepath.Path]*pathinfo.Info, roots ...storepath.Path) map[storepath.Path]bool {
	seen := map[storepath.Path]bool{}
	for left := slices.Clone(roots); len(left) > 0; {
		p := left[len(left)-1]
		left = left[:len(left)-1]
		if seen[p] {
			continue
		}
		seen[p] = true
		if info := infos[p]; info != nil {
			left = append(left, info.References...)
		}
	}
	return seen
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

// Shell declares what a shell can hold: strings, integers, booleans and null, and lists and sets
// of these, under names that are identifiers.
func (attrs Attributes) Shell() (string, error) {
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
		out.WriteString("[" + Quote(key) + "]=" + s + " ")
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
		return Quote(v), true
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

// Quote makes one word of a shell.
func Quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func identifier(s string) bool {
	for i, c := range []byte(s) {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}
