package syntax

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"firn/internal/diag"
)

// TestGolden compares trees and errors with those of the reference.
func TestGolden(t *testing.T) {
	data, err := os.ReadFile("testdata/parse.txt")
	if err != nil {
		t.Fatal(err)
	}
	var a Arena
	var text string
	for i, line := range strings.Split(string(data), "\n") {
		sign, rest, _ := strings.Cut(line, " ")
		if sign == "" || sign == "#" {
			continue
		}
		if sign[0] == 'q' {
			if rest, err = strconv.Unquote(rest); err != nil {
				t.Fatalf("line %d: %v", i+1, err)
			}
			sign = sign[1:]
		}
		if sign == ">" {
			text = rest
		} else if got := oneLine(text, &a); got != sign+" "+rest {
			t.Errorf("line %d: %q\n got %s\nwant %s %s", i+1, text, got, sign, rest)
		}
	}
}

// oneLine is a result as testdata/parse.txt has it.
func oneLine(text string, a *Arena) string {
	a.Reset()
	table := &diag.Table{}
	e, err := Parse(text, Options{
		Base: "/pwd", Home: "/home", Positions: table, Origin: diag.Origin{Kind: diag.FromStdin, Text: text},
		PipeOperators: true,
	}, a)
	if err == nil {
		return "= " + string(Print(nil, e))
	}
	at := table.Resolve(err.(*diag.Error).Pos)
	return fmt.Sprintf("! %s at %d:%d", err, at.Line, at.Column)
}
