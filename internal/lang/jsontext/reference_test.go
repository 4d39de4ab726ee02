package jsontext

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
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
	trials = flag.Int("trials", 800, "random texts of TestReference")
)

// A trial is a text to read, or a float to write.
type trial struct {
	float bool
	text  string
}

// result is what is written again, or an error's message.
func (c trial) result() string {
	if c.float {
		x, err := strconv.ParseFloat(c.text, 64)
		if err != nil {
			return err.Error()
		}
		return string(AppendFloat(nil, x))
	}
	s, err := canonical(c.text)
	if err != nil {
		return err.Error()
	}
	return s
}

// line is a trial with its result, as a line of testdata.
func (c trial) line(result string) string {
	verb := "read"
	if c.float {
		verb = "float"
	}
	return fmt.Sprintf("%s %s %s", verb, strconv.QuoteToASCII(c.text), strconv.QuoteToASCII(result))
}

func parseLine(line string) (c trial, result string, err error) {
	verb, rest, _ := strings.Cut(line, " ")
	c.float = verb == "float"
	quoted, err := strconv.QuotedPrefix(rest)
	if err != nil {
		return c, "", err
	}
	if c.text, err = strconv.Unquote(quoted); err != nil {
		return c, "", err
	}
	result, err = strconv.Unquote(strings.TrimPrefix(rest[len(quoted):], " "))
	return c, result, err
}

// TestReference compares random texts and floats with an installed Nix. FIRN_NIX_INSTANTIATE is the command, several
// words if it must be entered through another program.
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
	var good, bad []trial
	for len(good) < *trials {
		c := trial{text: randomText(r)}
		if _, err := canonical(c.text); err == nil {
			good = append(good, c)
		} else if len(bad) < *trials/10 {
			bad = append(bad, c)
		}
	}
	for range *trials {
		x := math.Float64frombits(r.Uint64())
		if r.Intn(2) == 0 {
			x = float64(r.Int63n(1<<60)) * math.Pow10(r.Intn(40)-30)
		}
		if !math.IsNaN(x) && !math.IsInf(x, 0) {
			good = append(good, trial{true, strconv.FormatFloat(x, 'e', -1, 64)})
		}
	}
	var lines []string
	check := func(c trial, want string) {
		if got := c.result(); got != want {
			t.Errorf("%s\n got %s", c.line(want), got)
		}
		lines = append(lines, c.line(want))
	}
	for i, want := range askAll(t, command, good) {
		check(good[i], want)
	}
	for _, c := range bad {
		check(c, askError(t, command, c))
	}
	if *update {
		if err := os.WriteFile("testdata/reference.txt", []byte(strings.Join(lines, "\n")+"\n"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func (c trial) expression() string {
	r := strings.NewReplacer("\\", "\\\\", `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "${", `\${`)
	return `(builtins.toJSON (builtins.fromJSON "` + r.Replace(c.text) + `"))`
}

func askAll(t *testing.T, command []string, list []trial) []string {
	var b strings.Builder
	b.WriteString("[\n")
	for _, c := range list {
		b.WriteString(c.expression() + "\n")
	}
	b.WriteString("]\n")
	out, errText, err := evaluate(command, b.String(), "--json")
	if err != nil {
		t.Fatalf("%v: %s", err, errText)
	}
	var results []string
	if err := json.Unmarshal([]byte(out), &results); err != nil || len(results) != len(list) {
		t.Fatal(err, len(results))
	}
	return results
}

// askError returns the last part of the message that Nix gives.
func askError(t *testing.T, command []string, c trial) string {
	_, errText, err := evaluate(command, c.expression())
	if err == nil {
		return "no error"
	}
	_, message, _ := strings.Cut(errText, "\n       error: ")
	return strings.TrimSuffix(message, "\n")
}

func evaluate(command []string, expression string, flags ...string) (out, errText string, err error) {
	args := append(command[1:len(command):len(command)], "--eval", "--strict")
	cmd := exec.Command(command[0], append(append(args, flags...), "-")...)
	cmd.Stdin = strings.NewReader(expression)
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	return stdout.String(), stderr.String(), err
}
