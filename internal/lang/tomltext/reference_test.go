package tomltext

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

var (
	update = flag.Bool("update", false, "write testdata/reference.txt from what the reference answers")
	trials = flag.Int("trials", 250, "random documents of TestReference")
)

func line(text, result string) string {
	return strconv.QuoteToASCII(text) + " " + strconv.QuoteToASCII(result)
}

func parseLine(line string) (text, result string, err error) {
	quoted, err := strconv.QuotedPrefix(line)
	if err != nil {
		return "", "", err
	}
	if text, err = strconv.Unquote(quoted); err != nil {
		return "", "", err
	}
	result, err = strconv.Unquote(strings.TrimPrefix(line[len(quoted):], " "))
	return text, result, err
}

// TestReference compares random documents with an installed Nix. FIRN_NIX_INSTANTIATE is the command, several words if
// it must be entered through another program.
func TestReference(t *testing.T) {
	command := strings.Fields(os.Getenv("FIRN_NIX_INSTANTIATE"))
	if len(command) == 0 {
		t.Skip("FIRN_NIX_INSTANTIATE is not set")
	}
	seed := time.Now().UnixNano()
	if *update {
		seed = 1
	}
	r := rand.New(rand.NewSource(seed))
	t.Log("seed", seed)
	var good, bad []string
	for len(good) < *trials || len(bad) < *trials {
		s := randomDocument(r)
		if _, err := Read[string](s, printer{}); err == nil {
			good = append(good, s)
		} else if !strings.ContainsAny(s, "\x01\x02") {
			bad = append(bad, s) // toml11 may not come back from a bad comment
		}
	}
	good, bad = good[:*trials], bad[:*trials]
	var lines []string
	check := func(text, want string) {
		if got := trimmed(result(text)); got != want {
			t.Errorf("%q\n got  %s\n want %s", text, got, want)
		}
		lines = append(lines, line(text, want))
	}
	for i, want := range askAll(t, command, good) {
		check(good[i], want)
	}
	for _, s := range bad {
		check(s, askError(t, command, s))
	}
	if *update {
		if err := os.WriteFile("testdata/reference.txt", []byte(strings.Join(lines, "\n")+"\n"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func expression(text string) string {
	r := strings.NewReplacer("\\", "\\\\", `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "${", `\${`)
	return `(builtins.fromTOML "` + r.Replace(text) + `")`
}

func askAll(t *testing.T, command []string, list []string) []string {
	var b strings.Builder
	b.WriteString("[\n")
	for _, s := range list {
		b.WriteString(expression(s) + "\n")
	}
	b.WriteString("]\n")
	out, errText, err := evaluate(command, b.String())
	if err != nil {
		t.Fatalf("%v: %s", err, errText)
	}
	var values []json.RawMessage
	if err := json.Unmarshal([]byte(out), &values); err != nil || len(values) != len(list) {
		t.Fatal(err, len(values))
	}
	var results []string
	for _, raw := range values {
		var v any
		d := json.NewDecoder(strings.NewReader(string(raw)))
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			t.Fatal(err)
		}
		s, err := canonical(v)
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, s)
	}
	return results
}

// canonical writes decoded JSON as a printer does.
func canonical(v any) (string, error) {
	p := printer{}
	switch v := v.(type) {
	case nil:
		return "null", nil
	case bool:
		return p.Bool(v), nil
	case string:
		return p.String(v)
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return p.Int(i), nil
		}
		f, err := v.Float64()
		return p.Float(f), err
	case []any:
		list := make([]string, len(v))
		for i := range v {
			var err error
			if list[i], err = canonical(v[i]); err != nil {
				return "", err
			}
		}
		return p.Array(list), nil
	case map[string]any:
		var members []Member[string]
		for k, m := range v {
			s, err := canonical(m)
			if err != nil {
				return "", err
			}
			members = append(members, Member[string]{k, s})
		}
		return p.Table(members)
	}
	return "", fmt.Errorf("unexpected %T", v)
}

// askError returns the message that Nix gives, without the indentation of its lines.
func askError(t *testing.T, command []string, text string) string {
	_, errText, err := evaluate(command, expression(text))
	if err == nil {
		return "no error"
	}
	_, message, found := strings.Cut(errText, "while parsing TOML: ")
	if !found {
		t.Fatal(errText)
	}
	return trimmed(strings.ReplaceAll(message, "\n       ", "\n"))
}

// trimmed removes blanks at the ends of lines, as Nix does when it prints an error.
func trimmed(message string) string {
	lines := strings.Split(message, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " \r")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

func evaluate(command []string, expression string) (out, errText string, err error) {
	args := append(command[1:len(command):len(command)], "--eval", "--strict", "--json",
		"--extra-experimental-features", "parse-toml-timestamps", "-")
	cmd := exec.Command(command[0], args...)
	cmd.Stdin = strings.NewReader(expression)
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	return stdout.String(), stderr.String(), err
}
