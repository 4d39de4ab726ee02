package sandbox

import (
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The filter (docs/spec/sandbox.md): changing a mode to one with the setuid or setgid bit gives EPERM,
// because such files are privileges the store must not hold; extended attributes give ENOTSUP, because
// the archive format cannot say them. Everything else is allowed. It is written for every system call
// convention the machine can execute; processes of any other are killed.

// abi is one calling convention: the kernel's audit number and its call numbers.
type abi struct {
	audit    uint32
	modeArg1 []uint32 // calls whose mode is argument 1
	modeArg2 []uint32 // calls whose mode is argument 2
	xattr    []uint32
}

const (
	auditX86_64  = 0xc000003e
	auditI386    = 0x40000003
	auditAarch64 = 0xc00000b7
	auditArm     = 0x40000028
	auditRiscv64 = 0xc00000f3

	x32Bit = 0x40000000
)

// abis by GOARCH. x32 calls share the audit number of x86-64 and carry a bit.
var abis = map[string][]abi{
	"amd64": {
		{auditX86_64, []uint32{90, 91}, []uint32{268, 452},
			[]uint32{188, 189, 190, 191, 192, 193, 194, 195, 196, 463, 464, 465}},
		{auditI386, []uint32{15, 94}, []uint32{306, 452},
			[]uint32{226, 227, 228, 229, 230, 231, 232, 233, 234, 463, 464, 465}},
	},
	"arm64": {
		{auditAarch64, []uint32{52}, []uint32{53, 452},
			[]uint32{5, 6, 7, 8, 9, 10, 11, 12, 13, 463, 464, 465}},
		{auditArm, []uint32{15, 94}, []uint32{333, 452},
			[]uint32{226, 227, 228, 229, 230, 231, 232, 233, 234, 463, 464, 465}},
	},
	"riscv64": {
		{auditRiscv64, []uint32{52}, []uint32{53, 452},
			[]uint32{5, 6, 7, 8, 9, 10, 11, 12, 13, 463, 464, 465}},
	},
}

// insn is struct sock_filter.
type insn struct {
	code   uint16
	jt, jf uint8
	k      uint32
}

const (
	bpfLoad = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
	bpfEq   = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
	bpfSet  = unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K
	bpfAnd  = unix.BPF_ALU | unix.BPF_AND | unix.BPF_K
	bpfRet  = unix.BPF_RET | unix.BPF_K

	retAllow = 0x7fff0000
	retKill  = 0x00000000
	retErrno = 0x00050000

	offNr, offArch, offArgs = 0, 4, 16 // in struct seccomp_data; arguments are 8 bytes each
)

// filter assembles the program for a machine of that architecture, nil when it is not known.
func filter(goarch string) []insn {
	list, ok := abis[goarch]
	if !ok {
		return nil
	}
	out := []insn{{bpfLoad, 0, 0, offArch}}
	for _, a := range list {
		body := a.assemble()
		out = append(out, insn{bpfEq, 1, 0, a.audit}, insn{unix.BPF_JMP | unix.BPF_JA, 0, 0, uint32(len(body))})
		out = append(out, body...)
	}
	return append(out, insn{bpfRet, 0, 0, retKill})
}

// assemble gives the part for one convention; it always returns.
func (a *abi) assemble() []insn {
	out := []insn{{bpfLoad, 0, 0, offNr}}
	if a.audit == auditX86_64 {
		out = append(out, insn{bpfAnd, 0, 0, ^uint32(x32Bit)})
	}
	for _, nr := range a.xattr {
		out = append(out, insn{bpfEq, 0, 1, nr}, insn{bpfRet, 0, 0, retErrno | uint32(unix.ENOTSUP)})
	}
	mode := func(nrs []uint32, arg uint32) {
		for _, nr := range nrs {
			out = append(out,
				insn{bpfEq, 0, 4, nr},
				insn{bpfLoad, 0, 0, offArgs + 8*arg + lowWord},
				insn{bpfSet, 0, 1, unix.S_ISUID | unix.S_ISGID},
				insn{bpfRet, 0, 0, retErrno | uint32(unix.EPERM)},
				insn{bpfRet, 0, 0, retAllow})
		}
	}
	mode(a.modeArg1, 1)
	mode(a.modeArg2, 2)
	return append(out, insn{bpfRet, 0, 0, retAllow})
}

// lowWord is the offset of the lower half of a 64-bit argument; every architecture above is little-endian.
const lowWord = 0

// sockFprog is struct sock_fprog.
type sockFprog struct {
	length uint16
	_      [6]byte
	filter uintptr
}

// seccomp installs the filter.
func (p *program) seccomp() {
	prog := filter(goarch)
	if prog == nil {
		return
	}
	raw := make([]byte, 0, 8*len(prog))
	for _, i := range prog {
		raw = binary.NativeEndian.AppendUint16(raw, i.code)
		raw = append(raw, i.jt, i.jf)
		raw = binary.NativeEndian.AppendUint32(raw, i.k)
	}
	fprog := &sockFprog{length: uint16(len(prog)), filter: p.bytes(raw)}
	p.keep = append(p.keep, fprog)
	p.call("install the system call filter", unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(fprog)))
}

// landlockABI is the version in which a scope for abstract sockets came.
const landlockABI = 6

// landlockRuleset is struct landlock_ruleset_attr up to that version.
type landlockRuleset struct{ fs, net, scoped uint64 }

// landlock keeps processes that share the network from meeting others over abstract sockets. It is
// left out where the kernel has none.
func (p *program) landlock() {
	version, _, errno := unix.RawSyscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 || version < landlockABI {
		return
	}
	attr := &landlockRuleset{scoped: unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET}
	p.keep = append(p.keep, attr)
	p.call("create a landlock ruleset", unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(attr)), unsafe.Sizeof(*attr), 0).toReg = true
	s := p.call("apply landlock", unix.SYS_LANDLOCK_RESTRICT_SELF, 0, 0)
	s.fromReg = true
	s.pass[0] = unix.EPERM
}
