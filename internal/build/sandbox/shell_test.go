package sandbox

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

func TestStatic(t *testing.T) {
	dir := t.TempDir()
	source := filepath.Join(dir, "main.go")
	if err := os.WriteFile(source, []byte("package main\nfunc main() {}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	static := filepath.Join(dir, "static")
	build := exec.Command("go", "build", "-o", static, source)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Skipf("no Go compiler: %v %s", err, out)
	}
	tests := []struct {
		path string
		want bool
	}{{static, true}, {source, false}, {dir, false}, {filepath.Join(dir, "missing"), false}}
	if runtime.GOOS != "linux" {
		tests = tests[1:]
	}
	for _, tt := range tests {
		if got := Static(tt.path); got != tt.want {
			t.Errorf("Static(%s) = %v", tt.path, got)
		}
	}
	if p := FindShell(); p != "" && !Static(p) {
		t.Errorf("FindShell gave %s, which is not static", p)
	}
}
