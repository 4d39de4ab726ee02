package cli

import (
	"bytes"
	"encoding/json"
)

// indentJSON prints well-formed JSON over several lines.
func indentJSON(text []byte) []byte {
	var b bytes.Buffer
	if json.Indent(&b, text, "", "  ") != nil {
		return text
	}
	return b.Bytes()
}

// printJSON prints a value in one line, or in several for people.
func (c *Call) printJSON(v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	text := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	if c.Pretty() {
		text = indentJSON(text)
	}
	return printLine(c.Out, string(text))
}
