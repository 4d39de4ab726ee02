package main

import (
	"errors"
	"os"
	"os/exec"
	"testing"

	"firn/internal/oracle"
)

// asProgram makes this test binary the program itself.
const asProgram = "FIRN_DIFFFUZZ_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestAgainstReference compares $FIRN_FUZZ expressions (2,000 if that is not set).
func TestAgainstReference(t *testing.T) {
	for _, err := range []error{oracle.Heavy(), second(oracle.FindReference())} {
		if errors.Is(err, oracle.ErrAbsent) {
			t.Skip(err)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	count := os.Getenv("FIRN_FUZZ")
	if count == "" {
		count = "2000"
	}
	bin := t.TempDir()
	if err := oracle.Build(bin); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/proc/self/exe", "-q", "-n="+count, "-firn="+bin)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Error(err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestSignature(t *testing.T) {
	failing := func(text string) outcome { return outcome{fails: true, text: text} }
	for _, c := range []struct {
		a, b outcome
		same bool
	}{
		{failing("attribute 'a' missing"), failing("attribute 'bcd' missing"), true},
		{failing("expected a set but found an integer: 1"), failing("expected a set but found an integer: -27"), true},
		{failing("expected a set but found an integer: 1"), failing("expected a set but found a float: 1.5"), false},
		{outcome{text: "1"}, outcome{text: "2"}, true},
		{outcome{text: "1"}, failing("x"), false},
		{outcome{odd: "exit status 2: panic\ngoroutine 1"}, outcome{odd: "exit status 2: panic\ngoroutine 17"}, true},
	} {
		if same := shape(c.a) == shape(c.b); same != c.same {
			t.Errorf("%q and %q: %v", shape(c.a), shape(c.b), same)
		}
	}
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		res  oracle.Result
		want outcome
	}{
		{oracle.Result{Stdout: "[ 1 ]\n"}, outcome{text: "[ 1 ]"}},
		{oracle.Result{Exit: 1, Stderr: "error: no\n"}, outcome{fails: true, text: "no"}},
		{oracle.Result{Ended: "took too long", Exit: -1}, outcome{odd: "took too long"}},
		{oracle.Result{Exit: 2, Stderr: "panic: x"}, outcome{odd: "exit status 2: panic: x"}},
		{oracle.Result{Exit: 1, Stderr: "fatal\ngoroutine 1 [running]"}, outcome{odd: "exit status 1: fatal\ngoroutine 1 [running]"}},
	} {
		if got := judge(c.res, nil); got != c.want {
			t.Errorf("got %+v, want %+v", got, c.want)
		}
	}
}
