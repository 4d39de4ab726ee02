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
