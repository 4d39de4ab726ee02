package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// devices are bound from the machine's /dev.
var devices = []string{"/dev/full", "/dev/null", "/dev/random", "/dev/tty", "/dev/urandom", "/dev/zero"}

// deviceLinks complete /dev.
var deviceLinks = [][2]string{
	{"/dev/fd", "/proc/self/fd"},
	{"/dev/stdin", "/proc/self/fd/0"},
	{"/dev/stdout", "/proc/self/fd/1"},
	{"/dev/stderr", "/proc/self/fd/2"},
	{"/dev/ptmx", "/dev/pts/ptmx"},
}

// resolverFiles are shown, where they exist, to a process that shares the network.
var resolverFiles = []string{"/etc/resolv.conf", "/etc/services", "/etc/hosts"}

// view is what the process will see besides the fixed parts: the bind mounts in the order in which
// they are made, and the files.
type view struct {
	binds  []bind
	files  []File
	ownDev bool // /dev is ours, not a mount of the caller's
	ownTmp bool
}

// bind is a Mount whose source has been looked at.
type bind struct {
	Mount
	info fs.FileInfo
	link string // contents when the source is a symbolic link
}

// newView checks the specification against the machine.
func newView(s *Spec) (*view, error) {
	v := &view{ownDev: true, ownTmp: true, files: fixedFiles(s)}
	mounts := slices.Clone(s.Mounts)
	for _, m := range mounts {
		if !strings.HasPrefix(m.Target, "/") || filepath.Clean(m.Target) != m.Target || m.Target == "/" {
			return nil, fmt.Errorf("invalid path to bind mount in the chroot: %q", m.Target)
		}
		v.ownDev = v.ownDev && m.Target != "/dev"
		v.ownTmp = v.ownTmp && m.Target != "/tmp"
	}
	for _, p := range v.ownPaths(s) {
		if slices.ContainsFunc(s.Mounts, func(m Mount) bool { return m.Target == p }) {
			continue
		}
		source, err := filepath.EvalSymlinks(p)
		if err != nil {
			return nil, err
		}
		mounts = append(mounts, Mount{Source: source, Target: p})
	}
	// Parents come before what lies in them; the order is otherwise of no consequence.
	slices.SortStableFunc(mounts, func(a, b Mount) int { return cmp.Compare(a.Target, b.Target) })
	for i, m := range mounts {
		if i > 0 && mounts[i-1].Target == m.Target {
			return nil, fmt.Errorf("two bind mounts on %s", m.Target)
		}
		if err := v.add(m); err != nil {
			return nil, err
		}
	}
	v.files = append(v.files, s.Files...)
	return v, nil
}

func (v *view) add(m Mount) error {
	if m.Source == "/proc" {
		return nil // Nix: /proc in sandbox-paths means the private one, which is there anyway
	}
	info, err := os.Lstat(m.Source)
	if m.Optional && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)) {
		return nil
	}
	b := bind{Mount: m, info: info}
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		b.link, err = os.Readlink(m.Source)
	}
	if err != nil {
		return fmt.Errorf("getting attributes of path '%s': %w", m.Source, errors.Unwrap(err))
	}
	v.binds = append(v.binds, b)
	return nil
}

// fileAfter returns the target of the first bind after the i-th, a file, that is a file in the same directory; "" if
// there is none.
func (v *view) fileAfter(i int) string {
	for _, b := range v.binds[i+1:] {
		if b.isFile() && filepath.Dir(b.Target) == filepath.Dir(v.binds[i].Target) {
			return b.Target
		}
	}
	return ""
}

func (b *bind) isFile() bool { return b.link == "" && !b.info.IsDir() }

// ownPaths are the files of the machine that every process of this kind sees.
func (v *view) ownPaths(s *Spec) []string {
	var list []string
	if v.ownDev {
		list = append(list, devices...)
		if s.KVM && exists("/dev/kvm") {
			list = append(list, "/dev/kvm")
		}
	}
	if s.Network {
		for _, p := range resolverFiles {
			if exists(p) {
				list = append(list, p)
			}
		}
	}
	return list
}

func fixedFiles(s *Spec) []File {
	id := &s.Identity
	list := []File{
		{"/etc/passwd", 0o644, fmt.Appendf(nil,
			"root:x:0:0:Nix build user:%[3]s:/noshell\nnixbld:x:%[1]d:%[2]d:Nix build user:%[3]s:/noshell\nnobody:x:65534:65534:Nobody:/:/noshell\n",
			id.UID, id.GID, s.Dir)},
		{"/etc/group", 0o644, fmt.Appendf(nil, "root:x:0:\nnixbld:!:%d:\nnogroup:x:65534:\n", id.GID)},
	}
	if s.Network {
		return append(list, File{"/etc/nsswitch.conf", 0o644, []byte("hosts: files dns\nservices: files\n")})
	}
	return append(list, File{"/etc/hosts", 0o644, []byte("127.0.0.1 localhost\n::1 localhost\n")})
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
