package sandbox

import (
	"fmt"
	"io/fs"
	"path"
	"unsafe"

	"golang.org/x/sys/unix"
)

// buildStage is where the root of a build is put together: a directory that every machine has and that
// nobody needs any more in the child's mount namespace.
const buildStage = "/proc"

// tree adds the steps that make directories, files and mounts below stage, a directory of the machine
// on which a tmpfs is mounted. Paths are as seen inside.
type tree struct {
	*program
	stage string
	made  map[string]bool
}

func (p *program) newTree(stage, options string) *tree {
	p.call("clear the umask", unix.SYS_UMASK, 0)
	p.mount("none", stage, "tmpfs", 0, options)
	p.weaken()
	return &tree{p, stage, map[string]bool{"/": true}}
}

// root assembles everything the process sees and makes it the root.
func (p *program) root(s *Spec, v *view, asRoot bool) {
	t := p.newTree(buildStage, rootOptions(s.Identity, asRoot))
	t.skeleton(s, v)
	for i := range v.binds {
		t.bind(&v.binds[i], v.fileAfter(i))
	}
	for _, f := range v.files {
		if !within(v.binds, f.Path) {
			t.file(f)
		}
	}
	if s.Identity.Count <= 1 {
		t.chmod("/etc", 0o555)
	}
	p.mount("none", t.stage+"/proc", "proc", 0, "")
	p.weaken()
	t.enter()
}

// rootOptions makes the root directory reachable by the process's group only.
func rootOptions(id Identity, asRoot bool) string {
	switch {
	case id.Count > 1:
		return fmt.Sprintf("mode=0755,uid=%d,gid=%d", id.HostUID, id.HostGID)
	case asRoot:
		return fmt.Sprintf("mode=0750,gid=%d", id.HostGID)
	}
	return "mode=0750"
}

func (t *tree) skeleton(s *Spec, v *view) {
	t.mkdir("/etc")
	t.mkdir("/proc")
	if v.ownTmp {
		t.mkdir("/tmp")
		t.chmod("/tmp", 0o1777)
	}
	if s.Identity.Count > 1 {
		t.mkdir("/sys")
		t.program.mount("none", t.stage+"/sys", "sysfs", 0, "")
	}
	if !v.ownDev {
		return
	}
	t.mkdir("/dev/shm")
	t.mkdir("/dev/pts")
	for _, l := range deviceLinks {
		t.symlink(l[1], l[0])
	}
	size := s.ShmSize
	if size == "" {
		size = "50%"
	}
	t.program.mount("none", t.stage+"/dev/shm", "tmpfs", 0, "size="+size)
	t.program.mount("none", t.stage+"/dev/pts", "devpts", 0, "newinstance,mode=0620")
	t.chmod("/dev/pts/ptmx", 0o666)
}

// bind makes a mount and what it is mounted on. next is where the next file of the same directory will be mounted,
// if there is one: it gets a name of the same file to be mounted on, while that can be reached. The directory may be
// on a disk, where a name costs much less than a file.
func (t *tree) bind(b *bind, next string) {
	switch {
	case b.link != "":
		t.mkdir(path.Dir(b.Target))
		t.symlink(b.link, b.Target)
		t.linkTime(b.Target, b.info)
		return
	case b.info.IsDir():
		t.mkdir(b.Target)
	default:
		t.mkdir(path.Dir(b.Target))
		// A mount in another mount may find its point there, and may not be allowed to make it.
		t.call("create "+b.Target, unix.SYS_MKNODAT, atFDCWD, t.inside(b.Target), unix.S_IFREG|0o644, 0).pass =
			[2]unix.Errno{unix.EEXIST, unix.EROFS}
		if next != "" {
			t.call("link "+next, unix.SYS_LINKAT, atFDCWD, t.inside(b.Target), atFDCWD, t.inside(next), 0).try = true
		}
	}
	t.program.mount(b.Source, t.stage+b.Target, "", unix.MS_BIND|unix.MS_REC, "")
	if b.ReadOnly {
		t.readOnly(b.Target)
	}
}

// readOnly protects what the process could change because it owns it. Kernels before 5.12 lack the call.
func (t *tree) readOnly(target string) {
	attr := &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}
	t.keep = append(t.keep, attr)
	t.call("make "+target+" read-only", unix.SYS_MOUNT_SETATTR, atFDCWD, t.inside(target), unix.AT_RECURSIVE,
		uintptr(unsafe.Pointer(attr)), unsafe.Sizeof(*attr)).pass[0] = unix.ENOSYS
}

func (t *tree) file(f File) {
	t.mkdir(path.Dir(f.Path))
	t.call("create "+f.Path, unix.SYS_OPENAT, atFDCWD, t.inside(f.Path),
		unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC, uintptr(f.Mode.Perm())).toReg = true
	if len(f.Data) > 0 {
		s := t.call("write "+f.Path, unix.SYS_WRITE, 0, t.bytes(f.Data), uintptr(len(f.Data)))
		s.fromReg, s.want = true, uintptr(len(f.Data))
	}
	t.call("close "+f.Path, unix.SYS_CLOSE, 0).fromReg = true
}

func (t *tree) mkdir(dir string) {
	if t.made[dir] {
		return
	}
	t.made[dir] = true
	t.mkdir(path.Dir(dir))
	t.call("create "+dir, unix.SYS_MKDIRAT, atFDCWD, t.inside(dir), 0o755).pass = [2]unix.Errno{unix.EEXIST, unix.EROFS}
}

func (t *tree) symlink(to, name string) {
	t.call("create "+name, unix.SYS_SYMLINKAT, t.str(to), atFDCWD, t.inside(name))
}

func (t *tree) linkTime(name string, info fs.FileInfo) {
	ts := unix.NsecToTimespec(info.ModTime().UnixNano())
	both := &[2]unix.Timespec{ts, ts}
	t.keep = append(t.keep, both)
	t.call("set the time of "+name, unix.SYS_UTIMENSAT, atFDCWD, t.inside(name), uintptr(unsafe.Pointer(both)), unix.AT_SYMLINK_NOFOLLOW)
}

func (t *tree) chmod(name string, mode uintptr) {
	t.call("change the mode of "+name, unix.SYS_FCHMODAT, atFDCWD, t.inside(name), mode)
}

func (t *tree) inside(name string) uintptr { return t.str(t.stage + name) }

// within tells whether a path lies on or below one of the mounts.
func within(binds []bind, name string) bool {
	for i := range binds {
		t := binds[i].Target
		if name == t || len(name) > len(t) && name[:len(t)] == t && name[len(t)] == '/' {
			return true
		}
	}
	return false
}

// enter makes stage the only file system there is. The old root is stacked on the new one for a moment
// and unmounted there, which needs no directory to put it.
func (t *tree) enter() {
	t.call("enter the new root", unix.SYS_CHDIR, t.str(t.stage))
	dot := t.str(".")
	t.call("pivot the root", unix.SYS_PIVOT_ROOT, dot, dot)
	t.call("unmount the old root", unix.SYS_UMOUNT2, dot, unix.MNT_DETACH)
	t.call("change to the new root", unix.SYS_CHDIR, t.str("/"))
}

func (p *program) mount(source, target, fstype string, flags uintptr, data string) *step {
	name := "bind mount from " + source + " to " + target
	if flags&unix.MS_BIND == 0 {
		name = "mount " + fstype + " on " + target
	}
	var d uintptr
	if data != "" {
		d = p.str(data)
	}
	return p.call(name, unix.SYS_MOUNT, p.str(source), p.str(target), p.str(fstype), flags, d)
}
