//go:build linux

package oracle

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// An operation of nix-store with arguments, and what it reads.
type operation struct {
	stdin string
	words []string
	own   string // why firn says something else; the status is the same
}

// differently marks an operation with the reason for which firn's words are its own.
func (o operation) differently(why string) operation {
	o.own = why
	return o
}

func operate(words ...string) operation { return operation{words: words} }

// sameOperations compares what nix-store prints, its status and, where it fails, its message, operation by operation, each
// program on a store that it has filled with the same things.
func sameOperations(t *testing.T, c *storeComparison) {
	shell, err := exec.LookPath("busybox")
	if err != nil {
		t.Skip("builds need a static shell: ", err)
	}
	known := c.operationStores(t, shell)
	for _, op := range operations(t, c, known) {
		var said [2]string
		var status [2]int
		for i, s := range c.sides {
			args := append([]string{"nix-store"}, op.words...)
			for j := range args {
				args[j] = strings.ReplaceAll(args[j], "SIDE", s.name)
			}
			res, err := c.try(s, "ops-"+s.name, op.stdin, args...)
			if err != nil {
				t.Fatal(err)
			}
			status[i] = res.Exit
			said[i] = fmt.Sprintf("status %d, prints\n%s", res.Exit, res.Stdout)
			if res.Exit != 0 {
				said[i] += "error: " + LastError(res.Stderr)
			}
			said[i] = strings.ReplaceAll(said[i], "ops-"+s.name, "STORE")
			said[i] = strings.ReplaceAll(said[i], "of-"+s.name, "of-SIDE")
		}
		switch same := said[0] == said[1]; {
		case op.own != "" && same:
			t.Errorf("nix-store %s: no difference any more", strings.Join(op.words, " "))
		case op.own != "" && status[0] == status[1] && strings.Contains(said[0], "error: ") && !strings.HasSuffix(said[0], "error: "):
		case !same:
			t.Errorf("nix-store %s\nfirn: %.1500s\nnix: %.1500s", strings.Join(op.words, " "), said[0], said[1])
		}
	}
}

// operationStores has both sides fill a store, build in it and keep something, and returns paths by their names.
func (c *storeComparison) operationStores(t *testing.T, shell string) map[string]string {
	known := map[string]string{}
	for _, s := range c.sides {
		store := "ops-" + s.name
		for _, words := range c.adds(t) {
			c.run(t, s, store, words...)
		}
		c.run(t, s, store, "nix-build", "-E", chainExpression, "-o", c.path("result-of-"+s.name), "--option", "sandbox-paths", "/bin/sh="+shell)
		for _, p := range c.all(t, store) {
			known[p[strings.IndexByte(p, '-')+1:]] = p
		}
	}
	return known
}

// ownQuery tells why firn answers a query otherwise.
func ownQuery(query, subject []string, missing string) string {
	if len(query) == 1 && query[0] == "--graph" && len(subject) == 1 && strings.HasPrefix(subject[0], missing) {
		return "nix draws the path before it finds that there is none"
	}
	return ""
}

// ownAnswer is ownQuery for other operations.
func ownAnswer(op string, subject []string, missing, odd string) string {
	switch first := strings.Join(subject, " "); {
	case op == "--export" && strings.HasPrefix(first, missing):
		return "nix has begun to write the stream"
	case op == "--print-env" && first == odd:
		return "says what is wrong with it"
	}
	return ""
}

// operations are what is compared, in this order: the last ones change the stores.
func operations(t *testing.T, c *storeComparison, known map[string]string) (list []operation) {
	need := func(name string) string {
		t.Helper()
		if known[name] == "" {
			t.Fatalf("no path named %s", name)
		}
		return known[name]
	}
	top, dep, odd, built, builder := need("top.drv"), need("dep.drv"), need("odd"), need("chain-11"), need("chain-11.drv")
	missing := "/nix/store/00000000000000000000000000000000-missing"
	subjects := [][]string{{top}, {dep}, {odd}, {built}, {builder}, {odd, built}, {missing}, {missing + ".drv"}, {"/nowhere"}, {}}
	for _, query := range [][]string{{}, {"--outputs"}, {"--requisites"}, {"--requisites", "--include-outputs"}, {"--references"}, {"--referrers"},
		{"--referrers-closure"}, {"--deriver"}, {"--valid-derivers"}, {"--graph"}, {"--tree"}, {"--graphml"}, {"--hash"}, {"--size"}, {"--roots"}, {"--resolve"},
		{"--binding", "name"}, {"--binding", "nothing"}, {"--references", "--use-output"}, {"--hash", "--use-output"}, {"--hash", "--size"}} {
		for _, subject := range subjects {
			list = append(list, operation{words: append(append([]string{"--query"}, query...), subject...), own: ownQuery(query, subject, missing)})
		}
	}
	for _, op := range []string{"--dump", "--export", "--print-env", "--read-log", "--dump-db", "--verify-path", "--check-validity", "--realise"} {
		for _, subject := range subjects {
			if op == "--dump" || op == "--realise" && (len(subject) != 1 || subject[0] == top || subject[0] == dep) {
				continue
			}
			if op == "--dump-db" && len(subject) == 0 {
				continue // times of registration
			}
			list = append(list, operation{words: append([]string{op}, subject...), own: ownAnswer(op, subject, missing, odd)})
		}
	}
	tree := filepath.Join(c.dir, "odd")
	file := filepath.Join(tree, "run")
	archive := c.run(t, c.sides[1], "ops-nix", "nix-store", "--dump", tree)
	stream := c.run(t, c.sides[1], "ops-nix", "nix-store", "--export", built)
	return append(list,
		operate("--check-validity", "--print-invalid", odd, missing),
		operate("--dump", tree), operate("--dump", file), operate("--dump", tree+"/nothing-there").differently("nix has begun to write, and names the path with two slashes"), operate("--dump"), operate("--dump", tree, file),
		operation{archive, []string{"--restore", c.path("restored-of-SIDE")}, ""},
		operation{archive, []string{"--restore", c.path("restored-of-SIDE")}, ""},
		operation{archive[:len(archive)-20], []string{"--restore", c.path("broken-of-SIDE")}, ""}.differently("names the place in the stream"),
		operation{"no archive", []string{"--restore", c.path("none-of-SIDE")}, ""}.differently("names the place in the stream"),
		operation{"", []string{"--restore", c.path("empty-of-SIDE")}, ""}.differently("names the place in the stream"),
		operate("--dump", c.path("restored-of-SIDE")),
		operation{"", []string{"--import"}, ""}.differently("names the stream"), operation{"garbage", []string{"--import"}, ""}.differently("names the stream"), operation{stream, []string{"--import"}, ""},
		operation{strings.Replace(stream, "chain", "chail", 1), []string{"--import"}, ""},
		operation{stream, []string{"--import", "argument"}, ""},
		operate("--add"), operate("--add", file), operate("--add", tree+"/link", tree), operate("--add", tree+"/nothing-there").differently("nix names the path with two slashes"), operate("--add", "/dev/null"),
		operate("--add-fixed"), operate("--add-fixed", "sha256"), operate("--add-fixed", "rot13", file),
		operate("--add-fixed", "sha512", file), operate("--add-fixed", "--recursive", "sha1", tree),
		operate("--print-fixed-path", "sha256", strings.Repeat("0", 52), "name"), operate("--print-fixed-path", "--recursive", "sha1", strings.Repeat("0", 32), "name"),
		operate("--print-fixed-path", "sha256", "short", "name"), operate("--print-fixed-path", "sha256"),
		operation{"garbage\n", []string{"--load-db"}, ""}.differently("names the line"), operation{"", []string{"--load-db"}, ""}, operation{missing + "\n\n0\n", []string{"--register-validity"}, ""}.differently("the words of the system, as Go has them"),
		operation{"garbage", []string{"--register-validity"}, ""}, operation{odd + "\n\nmany\n", []string{"--register-validity", "--reregister"}, ""},
		operation{odd + "\n\n0\n", []string{"--register-validity"}, ""},
		operate("--generate-binary-cache-key"), operate("--generate-binary-cache-key", "a", "b"),
		operate("--init"), operate("--init", "argument"), operate("--gc", "--print-roots"), operate("--gc", "--print-live"), operate("--gc", "--print-dead"),
		operate("--gc", "--max-freed", "many").differently("nix takes the last letter for a unit"), operate("--gc", "--print-live", "--print-dead"), operate("--gc", odd),
		operate("--delete", built), operate("--delete", missing), operate("--delete", "/nowhere"), operate("--delete"), operate("--delete", "--ignore-liveness", odd),
		operate("--verify"), operate("--verify", "--check-contents"), operate("--verify", odd), operate("--repair-path", built), operate("--repair-path", missing),
		operate("--optimise"), operate("--optimise", odd), operate(), operate("--query", "--gc"), operate("--nonsense").differently("names the flag"), operate("--query", "--nonsense", odd).differently("the words of nix for new commands"),
		operation{odd + "\n", []string{"--query", "--hash", "--stdin"}, ""},
		operate("--gc"), operate("--gc", "--print-live"),
		operate("--query", "--requisites", built), operate("--verify", "--check-contents"),
		operation{stream[:len(stream)-30], []string{"--import"}, ""}.differently("names the stream"), // nix leaves a part of it there
		operate("--add-fixed", "sha256", tree).differently("says what has to be there"),              // and of this
	)
}

// damagedAcross has both programs look at, and repair, the same damage.
func damagedAcross(t *testing.T, c *storeComparison) {
	file := c.path("to-damage")
	if err := os.WriteFile(file, []byte("contents"), 0o644); err != nil {
		t.Fatal(err)
	}
	var said [2]string
	for i, s := range c.sides {
		store := "damaged-" + s.name
		p := strings.TrimSpace(c.run(t, s, store, "nix-store", "--add", file))
		gone := strings.TrimSpace(c.run(t, s, store, "nix-store", "--add-fixed", "sha256", file))
		damage := func(p string) {
			real := c.path(store, p)
			os.Chmod(real, 0o644)
			if err := os.WriteFile(real, []byte("damaged!"), 0o444); err != nil {
				t.Fatal(err)
			}
		}
		damage(p)
		for _, words := range [][]string{{"--verify"}, {"--verify-path", p}, {"--verify", "--check-contents"}, {"--repair-path", p}, {"--verify", "--check-contents", "--repair"}} {
			res, err := c.try(s, store, "", append([]string{"nix-store"}, words...)...)
			if err != nil {
				t.Fatal(err)
			}
			said[i] += fmt.Sprintf("%s: status %d\n%s%s\n", words, res.Exit, res.Stdout, withoutRepairs(Plain(res.Stderr)))
		}
		os.Remove(c.path(store, gone))
		res, err := c.try(s, store, "", "nix-store", "--verify")
		if err != nil {
			t.Fatal(err)
		}
		said[i] += fmt.Sprintf("gone: status %d\n%s%s\n", res.Exit, res.Stdout, Plain(res.Stderr))
		said[i] = strings.ReplaceAll(said[i], store, "STORE")
	}
	if said[0] != said[1] {
		t.Errorf("firn: %s\nnix: %s", said[0], said[1])
	}
}

// withoutRepairs leaves out what firn says of its attempts.
func withoutRepairs(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "checking path '") && !strings.HasSuffix(line, "is corrupted or missing!\n") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}
