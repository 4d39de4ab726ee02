//go:build linux

package oracle

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestStores has firn and the reference write stores and caches and read each other's: everything that they make of the same
// real trees has to be equal.
func TestStores(t *testing.T) {
	if bin := os.Getenv("FIRN_STORES_INSIDE"); bin != "" {
		if err := Arrive(); err != nil {
			t.Fatal(err)
		}
		os.Setenv("TMPDIR", "/run")
		compareStores(t, "/run/firn", bin, "/run/module")
		return
	}
	nix, err := FindReference()
	need(t, err)
	root, err := ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	if nix.Root == "" {
		compareStores(t, firnBin(t), nix.Bin, root)
		return
	}
	if os.Geteuid() != 0 {
		t.Skip("entering another system needs root")
	}
	t.Setenv("FIRN_STORES_INSIDE", nix.Bin)
	if err := RunInside(nix.Root, []string{firnBin(t) + "=/run/firn", root + "=/run/module"}, "-test.run=^TestStores$", "-test.v="+fmt.Sprint(testing.Verbose())); err != nil {
		t.Error(err)
	}
}

// storeSide is one of the two programs.
type storeSide struct {
	name, bin string
}

// storeComparison is what the steps share. Each side has a store that it fills itself.
type storeComparison struct {
	sides  [2]storeSide
	module string
	dir    string
	env    []string
	began  time.Time
}

func compareStores(t *testing.T, firn, nix, module string) {
	dir, env := scratch(t, "NIX_CONFIG=build-users-group =\nsubstituters =\nexperimental-features = nix-command git-hashing blake3-hashes")
	c := &storeComparison{sides: [2]storeSide{{"firn", firn}, {"nix", nix}}, module: module, dir: dir, env: env, began: time.Now()}
	for _, step := range []struct {
		name string
		run  func(*testing.T, *storeComparison)
	}{
		{"added paths", sameAdded}, {"databases", sameDatabases}, {"verified", verifiedAcross}, {"exports", sameExports}, {"caches", sameCaches},
		{"signatures", signedAcross}, {"roots", rootsAcross}, {"builds while collecting", buildsWhileCollecting},
		{"operations", sameOperations}, {"damage", damagedAcross}, {"records", sameRecords},
	} {
		if !t.Run(step.name, func(t *testing.T) { step.run(t, c) }) && step.name == "added paths" {
			return // there is nothing to compare
		}
	}
}

func (c *storeComparison) path(elem ...string) string {
	return filepath.Join(append([]string{c.dir}, elem...)...)
}

// try runs a program on a store below a root.
func (c *storeComparison) try(s storeSide, store, stdin string, words ...string) (Result, error) {
	args := append(words[1:], "--store", c.path(store))
	return Run{Bin: s.bin, Name: words[0], Args: args, Dir: c.dir, Env: c.env, Stdin: stdin, Limit: 5 * time.Minute}.Do()
}

// run is try for what has to succeed.
func (c *storeComparison) run(t *testing.T, s storeSide, store string, words ...string) string {
	t.Helper()
	res, err := c.try(s, store, "", words...)
	if err != nil || res.Exit != 0 || res.Ended != "" {
		t.Fatalf("%s: %s in store %s: %v, status %d %s\n%s", s.name, strings.Join(words, " "), store, err, res.Exit, res.Ended, res.Stderr)
	}
	return res.Stdout
}

// all returns the paths of a store, sorted.
func (c *storeComparison) all(t *testing.T, store string) []string {
	t.Helper()
	return strings.Fields(c.run(t, c.sides[1], store, "nix", "path-info", "--all"))
}

// oddTree is a tree of what is rare in real ones.
func oddTree(t *testing.T, dir string) string {
	t.Helper()
	write := func(name, text string, mode fs.FileMode) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	write("empty", "", 0o600)
	write("run", "#!/bin/sh\n", 0o700)
	write("a name with blanks, \"quotes\" and é", "x", 0o644)
	write("deep/er/and/deeper", strings.Repeat("0123456789abcdef", 70_000), 0o444)
	write(".hidden", "1234567", 0o644)
	for name, target := range map[string]string{"link": "deep", "broken": "../no/where", "absolute": "/etc"} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "nothing"), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

const storeExpression = `tree:
let
  text = builtins.toFile "text" "some text";
  sh = args: derivation ({ name = "d"; system = "s-1"; builder = "/bin/sh"; } // args);
  dep = sh { name = "dep"; outputs = [ "out" "dev" "doc" ]; src = builtins.path { path = tree; name = "filtered"; filter = p: type: type != "regular" || baseNameOf p != "empty"; }; };
  flat = sh { name = "flat"; outputHash = builtins.hashString "sha256" "x"; outputHashAlgo = "sha256"; };
  tar = sh { name = "tar"; outputHash = builtins.hashString "sha1" "x"; outputHashAlgo = "sha1"; outputHashMode = "recursive"; };
in [
  (sh { name = "top"; inherit dep flat tar text; doc = dep.doc; file = tree + "/run"; })
  (sh { name = "structured"; __structuredAttrs = true; list = [ text dep ]; })
]`

// adds are the commands that fill a store.
func (c *storeComparison) adds(t *testing.T) [][]string {
	odd := c.path("odd")
	if _, err := os.Stat(odd); err != nil {
		oddTree(t, odd)
	}
	file := filepath.Join(odd, "run")
	list := [][]string{
		{"nix-store", "--add", odd},
		{"nix-store", "--add", file, filepath.Join(c.module, "internal/store"), filepath.Join(c.module, "docs"), filepath.Join(c.module, "go.mod")},
		{"nix", "store", "add", "--mode", "text", "--name", "as-text", file},
		{"nix", "store", "add", "--mode", "git", "--hash-algo", "sha1", "--name", "as-git", filepath.Join(c.module, "internal/format")},
		{"nix", "store", "add", "--mode", "flat", "--hash-algo", "blake3", "--name", "blake3-flat", file},
		{"nix", "store", "add", "--mode", "nar", "--hash-algo", "blake3", "--name", "blake3-nar", odd},
		{"nix-store", "--add-fixed", "--recursive", "sha256", filepath.Join(c.module, "internal/cli")},
		{"nix-instantiate", "-E", "(" + storeExpression + ") " + odd},
	}
	for _, algo := range []string{"md5", "sha1", "sha256", "sha512"} {
		list = append(list, []string{"nix-store", "--add-fixed", algo, file}, []string{"nix-store", "--add-fixed", "--recursive", algo, odd})
	}
	return list
}

func sameAdded(t *testing.T, c *storeComparison) {
	for _, words := range c.adds(t) {
		var printed [2]string
		for i, s := range c.sides {
			printed[i] = c.run(t, s, s.name, words...)
		}
		if printed[0] != printed[1] {
			t.Errorf("%s:\nfirn prints %s\nnix prints %s", strings.Join(words, " "), printed[0], printed[1])
		}
	}
	c.registerObjects(t)
	if n := len(c.all(t, "firn")); n < 20 {
		t.Errorf("only %d paths", n)
	}
	if a, b := listing(t, c.path("firn/nix/store")), listing(t, c.path("nix/nix/store")); !slices.Equal(a, b) {
		t.Errorf("files differ: %s", firstUnlike(a, b))
	}
}

// unaddressed are the paths of objects that are not addressed by their contents, so that they have to be signed.
var unaddressed = []string{"/nix/store/00000000000000000000000000000000-first", "/nix/store/11111111111111111111111111111111-second"}

// registerObjects has both sides register objects whose files are there: one refers to the other, and to itself.
func (c *storeComparison) registerObjects(t *testing.T) {
	for _, s := range c.sides {
		for _, p := range unaddressed {
			if err := os.WriteFile(c.path(s.name, p), []byte("contents of "+p), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		first, second := unaddressed[0], unaddressed[1]
		text := first + "\n\n0\n" + second + "\n" + first + "\n2\n" + first + "\n" + second + "\n"
		res, err := c.try(s, s.name, text, "nix-store", "--register-validity")
		if err != nil || res.Exit != 0 {
			t.Fatalf("%s: --register-validity: %v %s", s.name, err, res.Stderr)
		}
	}
}

// listing lists the files of a store with what of their metadata matters.
func listing(t *testing.T, dir string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == ".links" {
			return fs.SkipDir
		}
		if err != nil || path == dir {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		list = append(list, fmt.Sprintf("%s %v %d %d", rel, info.Mode(), info.ModTime().Unix(), fileSize(info)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func fileSize(info fs.FileInfo) int64 {
	if info.IsDir() {
		return 0
	}
	return info.Size()
}

func firstUnlike(a, b []string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("firn has %q, nix %q", a[i], b[i])
		}
	}
	return fmt.Sprintf("firn has %d, nix %d", len(a), len(b))
}

func sameDatabases(t *testing.T, c *storeComparison) {
	dumps, infos := map[string]string{}, map[string]string{}
	for _, reader := range c.sides {
		for _, writer := range c.sides {
			what := reader.name + " of " + writer.name + "'s store"
			dumps[what] = c.run(t, reader, writer.name, "nix-store", "--dump-db")
			infos[what] = c.plainInfos(t, reader, writer.name)
			infos[what] += c.run(t, reader, writer.name, append([]string{"nix-store", "--query", "--outputs"}, derivations(c.all(t, writer.name))...)...)
		}
	}
	for what, texts := range map[string]map[string]string{"--dump-db": dumps, "path-info": infos} {
		want := texts["nix of nix's store"]
		for who, text := range texts {
			if text != want {
				t.Errorf("%s by %s: %s", what, who, firstUnlike(strings.Split(text, "\n"), strings.Split(want, "\n")))
			}
		}
	}
}

func derivations(paths []string) []string {
	return slices.DeleteFunc(slices.Clone(paths), func(p string) bool { return !strings.HasSuffix(p, ".drv") })
}

// plainInfos is what a program says of everything in a store, without the times of registration, which it checks.
func (c *storeComparison) plainInfos(t *testing.T, s storeSide, store string) string {
	t.Helper()
	var infos map[string]map[string]any
	if err := json.Unmarshal([]byte(c.run(t, s, store, "nix", "path-info", "--json", "--all")), &infos); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, p := range slices.Sorted(maps.Keys(infos)) {
		at, _ := infos[p]["registrationTime"].(float64)
		if at := time.Unix(int64(at), 0); at.Before(c.began.Add(-2*time.Second)) || at.After(time.Now().Add(time.Second)) {
			t.Errorf("%s: path '%s' of store %s was registered at %v", s.name, p, store, at)
		}
		delete(infos[p], "registrationTime")
		line, err := json.Marshal(infos[p])
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, p+" "+string(line))
	}
	return strings.Join(lines, "\n")
}

func verifiedAcross(t *testing.T, c *storeComparison) {
	for i, reader := range c.sides {
		writer := c.sides[1-i]
		c.run(t, reader, writer.name, "nix-store", "--verify", "--check-contents")
		c.run(t, writer, writer.name, "nix-store", "--optimise")
		c.run(t, reader, writer.name, "nix-store", "--verify", "--check-contents")
		c.run(t, reader, writer.name, "nix-store", "--optimise")
	}
	if a, b := links(t, c.path("firn")), links(t, c.path("nix")); !slices.Equal(a, b) {
		t.Errorf("shared files differ: %s", firstUnlike(a, b))
	}
}

// links lists the shared files of a store with how often each is used.
func links(t *testing.T, root string) (list []string) {
	t.Helper()
	out, err := exec.Command("find", filepath.Join(root, "nix/store/.links"), "-type", "f", "-printf", "%f %n\n").Output()
	if err != nil {
		t.Fatal(err)
	}
	list = strings.Split(string(out), "\n")
	slices.Sort(list)
	return list
}

func sameExports(t *testing.T, c *storeComparison) {
	paths := strings.Fields(c.run(t, c.sides[1], "nix", append([]string{"nix-store", "--query", "--requisites"}, c.all(t, "nix")...)...))
	var streams [2]string
	for i, s := range c.sides {
		streams[i] = c.run(t, s, s.name, append([]string{"nix-store", "--export"}, paths...)...)
	}
	if streams[0] != streams[1] {
		t.Errorf("exported streams differ: %d bytes from firn, %d from nix", len(streams[0]), len(streams[1]))
	}
	for i, reader := range c.sides {
		store := "imported-by-" + reader.name
		res, err := c.try(reader, store, streams[1-i], "nix-store", "--import")
		if err != nil || res.Exit != 0 {
			t.Fatalf("%s imports: %v, %s", reader.name, err, res.Stderr)
		}
		if got := strings.Fields(res.Stdout); !slices.Equal(got, paths) {
			t.Errorf("%s imports: %s", reader.name, firstUnlike(got, paths))
		}
		if got, want := listing(t, c.path(store, "nix/store")), listing(t, c.path("nix/nix/store")); !slices.Equal(got, want) {
			t.Errorf("%s imports: %s", reader.name, firstUnlike(got, want))
		}
	}
}

func sameCaches(t *testing.T, c *storeComparison) {
	secret, public := c.key(t, "cache.example.org-1")
	all := c.all(t, "nix")
	compressions := []string{"none", "gzip", "zstd", "lz4"}
	if Heavy() == nil {
		compressions = append(compressions, "bzip2", "xz", "br", "lzma")
	}
	for _, compression := range compressions {
		t.Run(compression, func(t *testing.T) {
			var narinfos [2][]string
			for i, writer := range c.sides {
				cache := c.path("cache", compression, writer.name)
				url := "file://" + cache + "?compression=" + compression + "&write-nar-listing=true&secret-key=" + secret
				c.run(t, writer, writer.name, append([]string{"nix", "copy", "--to", url, "--no-check-sigs"}, all...)...)
				narinfos[i] = narinfosOf(t, cache, compression == "none")
				reader, store := c.sides[1-i], filepath.Join("from", compression, c.sides[1-i].name)
				c.run(t, reader, store, append([]string{"nix", "copy", "--from", "file://" + cache, "--option", "trusted-public-keys", public}, all...)...)
				if a, b := listing(t, c.path(store, "nix/store")), listing(t, c.path("nix/nix/store")); !slices.Equal(a, b) {
					t.Errorf("%s reads what %s wrote: %s", reader.name, writer.name, firstUnlike(a, b))
				}
				if got, want := c.run(t, writer, store, "nix-store", "--dump-db"), c.run(t, writer, "nix", "nix-store", "--dump-db"); got != want {
					t.Errorf("%s reads what %s wrote: databases differ", reader.name, writer.name)
				}
				c.run(t, writer, store, append([]string{"nix", "store", "verify", "--sigs-needed", "1", "--trusted-public-keys", public}, all...)...)
			}
			if !slices.Equal(narinfos[0], narinfos[1]) {
				t.Errorf("caches differ: %s", firstUnlike(narinfos[0], narinfos[1]))
			}
			os.RemoveAll(c.path("cache", compression))
			exec.Command("chmod", "-R", "u+w", c.path("from", compression)).Run()
			os.RemoveAll(c.path("from", compression))
		})
	}
}

// narinfosOf returns the contents of the files about paths in a cache. What hangs on how an encoder compresses is left out unless
// nothing was compressed.
func narinfosOf(t *testing.T, cache string, exact bool) (list []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(cache, "*.*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("nothing in %s: %v", cache, err)
	}
	for _, file := range append(files, filepath.Join(cache, "nix-cache-info")) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		// Versions since 2.35 say it of files that are not executable, too.
		plain := strings.ReplaceAll(string(text), `"executable":false,`, "")
		for line := range strings.Lines(plain) {
			key, _, _ := strings.Cut(line, ":")
			if !exact && (key == "URL" || key == "FileHash" || key == "FileSize") {
				continue
			}
			list = append(list, filepath.Base(file)+": "+line)
		}
	}
	return list
}

// key makes a pair of keys, each by another program, and returns the file of the secret one and the text of the public one.
func (c *storeComparison) key(t *testing.T, name string) (secret, public string) {
	t.Helper()
	secret = c.path(name)
	if err := os.WriteFile(secret, []byte(c.run(t, c.sides[0], "keys", "nix", "key", "generate-secret", "--key-name", name)), 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(secret)
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.try(c.sides[1], "keys", string(text), "nix", "key", "convert-secret-to-public")
	if err != nil || res.Exit != 0 {
		t.Fatal(err, res.Stderr)
	}
	return secret, res.Stdout
}

func signedAcross(t *testing.T, c *storeComparison) {
	secret, public := c.key(t, "signer.example.org-1")
	_, other := c.key(t, "other.example.org-1")
	var infos [2]string
	for i, signer := range c.sides {
		reader := c.sides[1-i]
		verify := func(keys string) int {
			res, err := c.try(reader, signer.name, "", append([]string{"nix", "store", "verify", "--no-contents", "--sigs-needed", "1", "--trusted-public-keys", keys}, unaddressed...)...)
			if err != nil {
				t.Fatal(err)
			}
			return res.Exit
		}
		if verify(public) == 0 {
			t.Errorf("%s: trusts what nobody has signed", reader.name)
		}
		c.run(t, signer, signer.name, append([]string{"nix", "store", "sign", "--key-file", secret}, unaddressed...)...)
		if status := verify(public); status != 0 {
			t.Errorf("%s: status %d for what %s has signed", reader.name, status, signer.name)
		}
		if verify(other) == 0 {
			t.Errorf("%s: trusts signatures by an unknown key", reader.name)
		}
		infos[i] = c.plainInfos(t, reader, signer.name)
	}
	if infos[0] != infos[1] {
		t.Errorf("signatures differ: %s", firstUnlike(strings.Split(infos[0], "\n"), strings.Split(infos[1], "\n")))
	}
}

// rootsAcross has one program make every kind of root and the other collect.
func rootsAcross(t *testing.T, c *storeComparison) {
	for i, owner := range c.sides {
		collector := c.sides[1-i]
		t.Run(collector.name+" collects", func(t *testing.T) {
			store := "roots-of-" + owner.name
			add := func(name string) string {
				file := c.path(name)
				if err := os.WriteFile(file, []byte(name+owner.name), 0o644); err != nil {
					t.Fatal(err)
				}
				return strings.TrimSpace(c.run(t, owner, store, "nix-store", "--add", file))
			}
			indirect, direct, process, temporary, garbage := add("indirect"), add("direct"), add("process"), add("temporary"), add("garbage")
			link := c.path("link-of-" + owner.name)
			c.run(t, owner, store, "nix-store", "--realise", indirect, "--add-root", link, "--indirect")
			rooted := c.path(store, "nix/var/nix/gcroots/direct")
			if err := os.Symlink(direct, rooted); err != nil {
				t.Fatal(err)
			}
			user := exec.Command("sleep", "1000")
			user.Env = []string{"USES=" + process, "PATH=" + os.Getenv("PATH")}
			if err := user.Start(); err != nil {
				t.Fatal(err)
			}
			stream := c.run(t, owner, store, "nix-store", "--export", temporary)
			endImport := c.holdImport(t, owner, store, stream)
			there := func(p string, want bool) {
				t.Helper()
				if _, err := os.Lstat(c.path(store, p)); (err == nil) != want {
					t.Errorf("%s: is there: %v", p, err == nil)
				}
			}
			c.run(t, collector, store, "nix-store", "--gc")
			for _, p := range []string{indirect, direct, process, temporary} {
				there(p, true)
			}
			there(garbage, false)
			roots := c.run(t, collector, store, "nix-store", "--gc", "--print-roots")
			for _, want := range []string{link, rooted, process, "{temp:"} {
				if !strings.Contains(roots, want) {
					t.Errorf("no root %s in\n%s", want, roots)
				}
			}
			endImport()
			user.Process.Kill()
			user.Wait()
			os.Remove(link)
			os.Remove(rooted)
			c.run(t, collector, store, "nix-store", "--gc")
			for _, p := range []string{indirect, direct, process, temporary} {
				there(p, false)
			}
		})
	}
}

// holdImport starts an import that has all of a stream but its end, and returns what ends it. Until then its process keeps what
// it has imported.
func (c *storeComparison) holdImport(t *testing.T, s storeSide, store, stream string) (end func()) {
	t.Helper()
	cmd := exec.Command(filepath.Join(s.bin, "nix-store"), "--import", "--store", c.path(store))
	cmd.Dir, cmd.Env = c.dir, c.env
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go in.Write([]byte(stream[:len(stream)-8])) // without the word that says that nothing follows
	files := func() int {
		list, _ := filepath.Glob(c.path(store, "nix/var/nix/temproots/*"))
		n := 0
		for _, f := range list {
			if st, err := os.Stat(f); err == nil && st.Size() > 1 {
				n++
			}
		}
		return n
	}
	for wait := time.Now(); files() == 0; time.Sleep(10 * time.Millisecond) {
		if time.Since(wait) > 30*time.Second {
			t.Fatalf("%s: no temporary roots", s.name)
		}
	}
	return func() {
		in.Close()
		cmd.Wait()
	}
}

const chainExpression = `
let link = prev: n: derivation {
  name = "chain-${toString n}"; system = builtins.currentSystem; builder = "/bin/sh"; inherit prev;
  args = [ "-c" "echo \"$prev\" > $out" ]; };
in builtins.foldl' link "" (builtins.genList (n: n) 12)`

// buildsWhileCollecting has one program build a chain while the other collects again and again.
func buildsWhileCollecting(t *testing.T, c *storeComparison) {
	shell, err := exec.LookPath("busybox")
	if err != nil {
		t.Skip("builds need a static shell: ", err)
	}
	for i, builder := range c.sides {
		collector, store := c.sides[1-i], "built-by-"+builder.name
		c.run(t, builder, store, "nix-store", "--init")
		stop, done := make(chan struct{}), make(chan string)
		go func() {
			for {
				select {
				case <-stop:
					done <- ""
					return
				default:
				}
				if res, err := c.try(collector, store, "", "nix-store", "--gc"); err != nil || res.Exit != 0 {
					done <- fmt.Sprint(err, res.Stderr)
					return
				}
			}
		}()
		out := c.run(t, builder, store, "nix-build", "-E", chainExpression, "-o", c.path("result-"+builder.name), "--option", "sandbox-paths", "/bin/sh="+shell)
		close(stop)
		if text := <-done; text != "" {
			t.Errorf("%s collects: %s", collector.name, text)
		}
		out = strings.TrimSpace(out)
		c.run(t, collector, store, "nix-store", "--gc")
		closure := strings.Fields(c.run(t, collector, store, "nix-store", "--query", "--requisites", out))
		if len(closure) != 12 {
			t.Errorf("%s built, %s collected: the closure has %d paths", builder.name, collector.name, len(closure))
		}
		c.run(t, collector, store, "nix-store", "--verify", "--check-contents")
	}
}
