package sandbox

import (
	"debug/elf"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// shellPlaces are where distributions put shells that may be static.
var shellPlaces = []string{
	"/bin/busybox", "/usr/bin/busybox", "/sbin/busybox", "/usr/sbin/busybox", "/usr/local/bin/busybox",
	"/bin/busybox.static", "/usr/lib/initcpio/busybox", "/usr/lib/nix/busybox", "/usr/libexec/nix/busybox",
	"/bin/dash", "/usr/bin/dash", "/bin/sh", "/bin/bash-static", "/usr/bin/bash-static",
}

// FindShell gives the path of a shell that works as /bin/sh in a sandbox by itself: it needs no
// interpreter and no library. The answer is empty when the machine has none.
func FindShell() string {
	for _, p := range shellPlaces {
		if real, err := filepath.EvalSymlinks(p); err == nil && Static(real) {
			return real
		}
	}
	return ""
}

// Needs lists the files that a program of this processor needs to start: its interpreter and its
// libraries, under the names by which they are looked up. It is empty for static programs and fails where
// a library is not in the usual places.
func Needs(path string) ([]string, error) {
	n := &needs{seen: map[string]bool{}}
	if err := n.add(path); err != nil {
		return nil, err
	}
	return n.files, nil
}

// libraryPlaces are where the dynamic linkers of distributions look without a configuration.
var libraryPlaces = []string{"/lib64", "/usr/lib64", "/lib", "/usr/lib"}

// triplets name directories below those on multi-architecture systems.
var triplets = map[string]string{"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu", "386": "i386-linux-gnu", "riscv64": "riscv64-linux-gnu"}

type needs struct {
	files []string
	seen  map[string]bool
}

func (n *needs) add(path string) error {
	f, err := elf.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			name, err := io.ReadAll(p.Open())
			if err != nil {
				return err
			}
			n.file(strings.TrimRight(string(name), "\x00"))
		}
	}
	libs, err := f.ImportedLibraries()
	if err != nil {
		return err
	}
	for _, lib := range libs {
		if n.seen[lib] {
			continue
		}
		n.seen[lib] = true
		at := findLibrary(lib, f.Machine)
		if at == "" {
			return fmt.Errorf("%s needs %s, which is not in the usual places", path, lib)
		}
		n.file(at)
		if err := n.add(at); err != nil {
			return err
		}
	}
	return nil
}

func (n *needs) file(path string) {
	if !n.seen[path] {
		n.seen[path] = true
		n.files = append(n.files, path)
	}
}

func findLibrary(name string, m elf.Machine) string {
	for _, dir := range libraryPlaces {
		for _, sub := range []string{triplets[runtime.GOARCH], ""} {
			path := filepath.Join(dir, sub, name)
			f, err := elf.Open(path)
			if err != nil {
				continue
			}
			f.Close()
			if f.Machine == m {
				return path
			}
		}
	}
	return ""
}

// machines are the processors of ELF files that GOARCH can run.
var machines = map[string]elf.Machine{
	"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64, "386": elf.EM_386, "arm": elf.EM_ARM, "riscv64": elf.EM_RISCV,
}

// Static tells whether path is a program for this processor that the kernel can start without another file.
func Static(path string) bool {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
		return false
	}
	f, err := elf.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	if f.Machine != machines[runtime.GOARCH] || f.Type != elf.ET_EXEC && f.Type != elf.ET_DYN {
		return false
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return false
		}
	}
	return true
}
