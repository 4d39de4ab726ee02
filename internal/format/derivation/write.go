package derivation

import (
	"encoding/hex"
	"slices"

	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
)

// The text of a derivation, without any white space:
//
//	file     = "Derive(" body | `DrvWithVersion("xp-dyn-drv",` body
//	body     = outputs "," drvs "," srcs "," system "," builder "," args "," env ")"
//	outputs  = "[" { "(" name "," path "," methodAlgo "," hash ")" } "]"
//	drvs     = "[" { "(" path "," node ")" } "]"
//	node     = names | "(" names ",[" { "(" name "," node ")" } "])"
//	env      = "[" { "(" name "," value ")" } "]"
//	srcs, args, names = "[" { text } "]"
//
// with commas between the items of a list. A text stands in double quotes, with
// \" \\ \n \r \t for these five bytes and every other byte as it is. The second
// form of a node, and with it the second form of a file, is used only where an
// output of an output is needed. Everything but args is sorted.

const (
	plainHead   = "Derive("
	versionHead = `DrvWithVersion("xp-dyn-drv",`
)

// AppendATerm appends the derivation's text in the given directory to dst.
func (d *Derivation) AppendATerm(dst []byte, dir storepath.Dir) []byte {
	if d.HasDynamicInputs() {
		dst = append(dst, versionHead...)
	} else {
		dst = append(dst, plainHead...)
	}
	dst = d.appendOutputs(dst, dir, false)
	dst = append(dst, ",["...)
	for i := range d.InputDrvs {
		in := &d.InputDrvs[i]
		dst = separate(dst, i)
		dst = append(dst, `("`...)
		dst = dir.AppendJoin(dst, in.Path)
		dst = append(dst, `",`...)
		dst = in.InputNode.append(dst)
		dst = append(dst, ')')
	}
	dst = append(dst, ']')
	return d.appendRest(dst, dir, false)
}

// appendModulo appends the text that is hashed for the hash modulo: in place of
// the path of each input derivation stands a hash in base16. With masked the
// outputs' paths, and the variables named after outputs, are empty.
func (d *Derivation) appendModulo(dst []byte, dir storepath.Dir, inputs []hashedInput, masked bool) []byte {
	dst = append(dst, plainHead...)
	dst = d.appendOutputs(dst, dir, masked)
	dst = append(dst, ",["...)
	for i := range inputs {
		dst = separate(dst, i)
		dst = append(dst, `("`...)
		dst = hex.AppendEncode(dst, inputs[i].digest[:])
		dst = append(dst, `",`...)
		dst = appendList(dst, inputs[i].outputs)
		dst = append(dst, ')')
	}
	dst = append(dst, ']')
	return d.appendRest(dst, dir, masked)
}

func (d *Derivation) appendOutputs(dst []byte, dir storepath.Dir, masked bool) []byte {
	dst = append(dst, '[')
	for i := range d.Outputs {
		dst = separate(dst, i)
		dst = append(dst, '(')
		dst = appendText(dst, d.Outputs[i].Name)
		dst = append(dst, ',')
		if k := d.Outputs[i].Kind; masked && (k == InputAddressed || k == Deferred) {
			dst = append(dst, `"","",""`...)
		} else {
			dst = d.Outputs[i].appendFields(dst, dir)
		}
		dst = append(dst, ')')
	}
	return append(dst, ']')
}

// appendFields writes what Fields returns.
func (o *Output) appendFields(dst []byte, dir storepath.Dir) []byte {
	dst = append(dst, '"')
	if o.Kind == InputAddressed || o.Kind == Fixed {
		dst = dir.AppendJoin(dst, o.Path)
	}
	dst = append(dst, `","`...)
	if o.Kind == Fixed || o.Kind == Floating || o.Kind == Impure {
		m, a := o.Address()
		dst = append(dst, m.Prefix()...)
		dst = append(dst, a.String()...)
	}
	dst = append(dst, `","`...)
	switch o.Kind {
	case Fixed:
		dst = o.CA.Hash.AppendText(dst, nixhash.Base16, false)
	case Impure:
		dst = append(dst, impureHash...)
	}
	return append(dst, '"')
}

func (n *InputNode) append(dst []byte) []byte {
	if len(n.Dynamic) == 0 {
		return appendList(dst, n.Outputs)
	}
	dst = append(dst, '(')
	dst = appendList(dst, n.Outputs)
	dst = append(dst, ",["...)
	for i := range n.Dynamic {
		dst = separate(dst, i)
		dst = append(dst, '(')
		dst = appendText(dst, n.Dynamic[i].Output)
		dst = append(dst, ',')
		dst = n.Dynamic[i].InputNode.append(dst)
		dst = append(dst, ')')
	}
	return append(dst, "])"...)
}

// appendRest writes from the sources on.
func (d *Derivation) appendRest(dst []byte, dir storepath.Dir, masked bool) []byte {
	dst = append(dst, ",["...)
	for i, p := range d.InputSrcs {
		dst = separate(dst, i)
		dst = append(dst, '"')
		dst = dir.AppendJoin(dst, p)
		dst = append(dst, '"')
	}
	dst = append(dst, "],"...)
	dst = appendText(dst, d.System)
	dst = append(dst, ',')
	dst = appendText(dst, d.Builder)
	dst = append(dst, ',')
	dst = appendList(dst, d.Args)
	dst = append(dst, ",["...)
	outputs := d.Outputs
	for i := range d.Env {
		v := &d.Env[i]
		dst = separate(dst, i)
		dst = append(dst, '(')
		dst = appendText(dst, v.Name)
		dst = append(dst, ',')
		for masked && len(outputs) > 0 && outputs[0].Name < v.Name {
			outputs = outputs[1:]
		}
		if masked && len(outputs) > 0 && outputs[0].Name == v.Name {
			dst = append(dst, `""`...)
		} else {
			dst = appendText(dst, v.Value)
		}
		dst = append(dst, ')')
	}
	return append(dst, "])"...)
}

func appendList(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, s := range list {
		dst = separate(dst, i)
		dst = appendText(dst, s)
	}
	return append(dst, ']')
}

// separate puts a comma before every item but the first.
func separate(dst []byte, i int) []byte {
	if i > 0 {
		return append(dst, ',')
	}
	return dst
}

// appendText writes a quoted text. It grows dst once, for the common case of few
// escapes, and copies what lies between them in one piece.
func appendText(dst []byte, s string) []byte {
	dst = slices.Grow(dst, len(s)+2)
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		if escapes[s[i]] == 0 {
			continue
		}
		dst = append(dst, s[start:i]...)
		dst = append(dst, '\\', escapes[s[i]])
		start = i + 1
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// escapes has what follows the backslash for each byte that needs one.
var escapes = [256]byte{'"': '"', '\\': '\\', '\n': 'n', '\r': 'r', '\t': 't'}
