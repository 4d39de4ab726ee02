package sandbox

import (
	"testing"

	"golang.org/x/sys/unix"
)

// evaluate interprets a filter as the kernel does.
func evaluate(t *testing.T, prog []insn, arch, nr uint32, args [6]uint64) uint32 {
	t.Helper()
	data := map[uint32]uint32{offNr: nr, offArch: arch}
	for i, a := range args {
		data[uint32(offArgs+8*i)], data[uint32(offArgs+8*i+4)] = uint32(a), uint32(a>>32)
	}
	var acc uint32
	for pc := 0; pc < len(prog); pc++ {
		in := prog[pc]
		jump := func(cond bool) {
			if cond {
				pc += int(in.jt)
			} else {
				pc += int(in.jf)
			}
		}
		switch in.code {
		case bpfLoad:
			acc = data[in.k]
		case bpfAnd:
			acc &= in.k
		case bpfEq:
			jump(acc == in.k)
		case bpfSet:
			jump(acc&in.k != 0)
		case unix.BPF_JMP | unix.BPF_JA:
			pc += int(in.k)
		case bpfRet:
			return in.k
		default:
			t.Fatalf("unknown instruction %#x", in.code)
		}
	}
	t.Fatal("the filter has no end")
	return 0
}

func TestFilter(t *testing.T) {
	const eperm, enotsup = retErrno | uint32(unix.EPERM), retErrno | uint32(unix.ENOTSUP)
	tests := []struct {
		goarch   string
		arch, nr uint32
		args     [6]uint64
		want     uint32
	}{
		{"amd64", auditX86_64, 0, [6]uint64{}, retAllow},                   // read
		{"amd64", auditX86_64, 90, [6]uint64{0, 0o755}, retAllow},          // chmod
		{"amd64", auditX86_64, 90, [6]uint64{0, 0o4755}, eperm},            // chmod u+s
		{"amd64", auditX86_64, 90 | x32Bit, [6]uint64{0, 0o4755}, eperm},   // the same in x32
		{"amd64", auditX86_64, 91, [6]uint64{3, 0o2755}, eperm},            // fchmod g+s
		{"amd64", auditX86_64, 268, [6]uint64{3, 0o4755, 0o644}, retAllow}, // fchmodat, whose mode is argument 2
		{"amd64", auditX86_64, 268, [6]uint64{3, 0, 0o6755}, eperm},        // fchmodat
		{"amd64", auditX86_64, 452, [6]uint64{3, 0, 0o4000}, eperm},        // fchmodat2
		{"amd64", auditX86_64, 188, [6]uint64{}, enotsup},                  // setxattr
		{"amd64", auditX86_64, 197, [6]uint64{}, retAllow},                 // removexattr
		{"amd64", auditI386, 15, [6]uint64{0, 0o4755}, eperm},              // chmod of 32 bits
		{"amd64", auditI386, 90, [6]uint64{0, 0o4755}, retAllow},           // mmap of 32 bits
		{"amd64", auditI386, 226, [6]uint64{}, enotsup},                    // setxattr of 32 bits
		{"amd64", auditAarch64, 0, [6]uint64{}, retKill},                   // cannot be
		{"arm64", auditAarch64, 52, [6]uint64{3, 0o4755}, eperm},           // fchmod
		{"arm64", auditAarch64, 53, [6]uint64{3, 0, 0o4755}, eperm},        // fchmodat
		{"arm64", auditAarch64, 5, [6]uint64{}, enotsup},                   // setxattr
		{"arm64", auditAarch64, 90, [6]uint64{0, 0o4755}, retAllow},        // capget
		{"arm64", auditArm, 333, [6]uint64{3, 0, 0o4755}, eperm},           // fchmodat of 32 bits
		{"riscv64", auditRiscv64, 52, [6]uint64{3, 0o4755}, eperm},         // fchmod
	}
	for _, tt := range tests {
		if got := evaluate(t, filter(tt.goarch), tt.arch, tt.nr, tt.args); got != tt.want {
			t.Errorf("%s, convention %#x, call %d %o: got %#x, want %#x", tt.goarch, tt.arch, tt.nr, tt.args, got, tt.want)
		}
	}
	if filter("mips") != nil {
		t.Error("a filter for an architecture without a table")
	}
}

func TestFilterJumps(t *testing.T) {
	for goarch := range abis {
		prog := filter(goarch)
		if len(prog) > unix.BPF_MAXINSNS {
			t.Errorf("%s: %d instructions", goarch, len(prog))
		}
		for i, in := range prog {
			if in.code&0x07 == unix.BPF_JMP && in.code&0xf0 != unix.BPF_JA && i+1+int(max(in.jt, in.jf)) >= len(prog) {
				t.Errorf("%s: instruction %d jumps out", goarch, i)
			}
		}
	}
}
