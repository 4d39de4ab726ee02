package jsontext

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"
)

// nothing is a Handler that does nothing.
type nothing struct{}

func (nothing) Null() error               { return nil }
func (nothing) Bool(bool) error           { return nil }
func (nothing) Int(int64) error           { return nil }
func (nothing) Uint(uint64) error         { return nil }
func (nothing) Float(float64) error       { return nil }
func (nothing) String(string, bool) error { return nil }
func (nothing) Key(string, bool) error    { return nil }
func (nothing) BeginArray() error         { return nil }
func (nothing) EndArray() error           { return nil }
func (nothing) BeginObject() error        { return nil }
func (nothing) EndObject() error          { return nil }

// lockFile is like a flake.lock with n nodes.
func lockFile(n int) string {
	var b strings.Builder
	b.WriteString("{\n  \"nodes\": {\n")
	for i := range n {
		b.WriteString(`    "input-` + strconv.Itoa(i) + `": {
      "inputs": { "a": "b", "list": ["x", "y"] },
      "locked": {
        "lastModified": ` + strconv.Itoa(1700000000+i) + `,
        "narHash": "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "description": "Some \"words\" that äre escaped\n",
        "ratio": 0.25, "flake": false, "none": null
      }
    },
`)
	}
	b.WriteString("    \"root\": {}\n  }\n}\n")
	return b.String()
}

func BenchmarkRead(b *testing.B) {
	text := lockFile(3000)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if err := Read(text, nothing{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadStandard(b *testing.B) {
	text := []byte(lockFile(3000))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		var v any
		if err := json.Unmarshal(text, &v); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendString(b *testing.B) {
	s := strings.Repeat("/nix/store/abcdefghijklmnop-source/some/path äöü \"quoted\"\n", 100)
	b.SetBytes(int64(len(s)))
	var buf []byte
	for b.Loop() {
		buf, _ = AppendString(buf[:0], s)
	}
}

func BenchmarkAppendFloat(b *testing.B) {
	var buf []byte
	for b.Loop() {
		buf = AppendFloat(buf[:0], math.Pi)
	}
}
