package realise

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSandboxPathPlace(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("file", link); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ target, source, want, err string }{
		{target: "/a/b", source: file, want: "/a/b"},
		{target: "/./a", source: file, want: "/a"},
		{target: "//a/", source: dir, want: "/a"},
		{target: "/a/../b", source: dir, want: "/b"},
		{target: "/a", source: dir + "/none", want: "/a"},
		{target: "/a/.", source: file, err: "invalid filename"},
		{target: "/..", source: file, err: "invalid filename"},
		{target: "/../a", source: file, err: "escapes the chroot"},
		{target: "///.//./../a//", source: file, err: "escapes the chroot"},
		{target: "/a/b/../../../c", source: dir, err: "escapes the chroot"},
		{target: "/a/../", source: dir, err: "escapes the chroot"},
		{target: "/", source: dir, err: "escapes the chroot"},
		{target: "/a/", source: file, err: "creating regular file '/a/': No such file or directory"},
		{target: "/a/", source: link, err: "creating symlink '/a/': No such file or directory"},
		{target: "/a/../", source: file, err: "creating regular file"},
	} {
		p := SandboxPath{Target: c.target, Source: c.source}
		got, err := p.place()
		if got != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s=%s: got %q, %v, want %q, %q", c.target, c.source, got, err, c.want, c.err)
		}
	}
}
