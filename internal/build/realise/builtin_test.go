package realise

import (
	archive "archive/tar"
	"context"
	"errors"
	"firn/internal/activity"
	"firn/internal/build/plan"
	"firn/internal/format/derivation"
	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func builtinDrv(name string) func(*derivation.Derivation) {
	return func(d *derivation.Derivation) { d.Builder, d.System, d.Args = "builtin:"+name, "builtin", nil }
}

func TestFetchurl(t *testing.T) {
	w := newBench(t)
	var asked []string
	w.Fetch = func(_ context.Context, url string, _ *activity.Activity) (io.ReadCloser, error) {
		asked = append(asked, url)
		if strings.Contains(url, "mirror") {
			return nil, errors.New("not here")
		}
		return io.NopCloser(strings.NewReader("contents")), nil
	}
	w.Config.HashedMirrors = []string{"https://example.org/mirror/"}
	out := w.mustBuild(w.script("x", "", builtinDrv("fetchurl"), w.fixed("contents"), env("url", "https://example.org/x")))
	if read(t, out) != "contents" {
		t.Error("wrong contents")
	}
	want := []string{"https://example.org/mirror/sha256/" + nixhash.Sum(nixhash.SHA256, []byte("contents")).Base16(), "https://example.org/x"}
	if !slices.Equal(asked, want) {
		t.Errorf("asked for %q, want %q", asked, want)
	}
	if _, err := w.build(w.script("y", "", builtinDrv("fetchurl")), plan.Normal); !failsWith(err, plan.PermanentFailure, "'builtin:fetchurl' must be a fixed-output or impure derivation") {
		t.Errorf("got %v", err)
	}
}

func TestBuildenv(t *testing.T) {
	w := newBench(t)
	pkg := func(name, script string) string {
		d := w.script(name, script)
		w.mustBuild(d)
		return w.store.dir.Join(d.Outputs[0].Path)
	}
	a := pkg("a", `mkdir -p $out/bin $out/share/a; echo a > $out/bin/a; echo a > $out/bin/both; echo > $out/share/a/f; ln -s missing $out/dangling`)
	c := pkg("c", `mkdir -p $out/bin; echo c > $out/bin/c`)
	b := pkg("b", `mkdir -p $out/bin $out/nix-support; echo b > $out/bin/b; echo b > $out/bin/both; echo `+c+` > $out/nix-support/propagated-user-env-packages`)
	manifest := w.store.addFile("manifest.nix", "[]")
	inputs := []storepath.Path{manifest}
	for _, p := range []string{a, b, c} {
		inputs = append(inputs, storepath.Path(filepath.Base(p)))
	}
	env1 := func(derivations string) *derivation.Derivation {
		return w.script("env", "", builtinDrv("buildenv"), sources(inputs...), env("derivations", derivations), env("manifest", w.store.dir.Join(manifest)))
	}
	out := w.mustBuild(env1("true 5 1 " + a + " true 4 1 " + b))
	for link, want := range map[string]string{
		"bin/a": a + "/bin/a", "bin/b": b + "/bin/b", "bin/both": b + "/bin/both", "bin/c": c + "/bin/c", "share": a + "/share",
		"manifest.nix": w.store.dir.Join(manifest),
	} {
		if got, err := os.Readlink(filepath.Join(out, link)); got != want {
			t.Errorf("%s: got %s %v, want %s", link, got, err, want)
		}
	}
	_, err := w.build(env1("true 5 1 "+a+" true 5 1 "+b), plan.Normal)
	if !failsWith(err, plan.PermanentFailure, a+"/bin/both") {
		t.Errorf("got %v", err)
	}
}

func TestUnpackChannel(t *testing.T) {
	w := newBench(t)
	tar := new(strings.Builder)
	tw := archive.NewWriter(tar)
	for _, h := range []archive.Header{{Name: "top/", Typeflag: archive.TypeDir, Mode: 0o755}, {Name: "top/default.nix", Typeflag: archive.TypeReg, Mode: 0o644, Size: 2}} {
		tw.WriteHeader(&h)
		if h.Size > 0 {
			io.WriteString(tw, "{}")
		}
	}
	tw.Close()
	src := w.store.addFile("channel.tar", tar.String())
	out := w.mustBuild(w.script("channel", "", builtinDrv("unpack-channel"), sources(src), env("src", w.store.dir.Join(src)), env("channelName", "nixpkgs")))
	if got := read(t, out, "nixpkgs", "default.nix"); got != "{}" {
		t.Errorf("got %q", got)
	}
}
