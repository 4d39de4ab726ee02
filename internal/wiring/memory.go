package wiring

import (
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
)

// Short evaluations do best without garbage collection: most of what they make
// is needed to the end. Collection starts when the heap has grown to startGC or
// an eighth of the machine's memory, whichever is less; from then on the heap
// may triple before the next one, within limitShare of the memory.
const (
	startGC    = 1 << 30
	startShare = 8
	laterGC    = 200
	limitShare = 0.7
)

// TuneMemory sets the policy for a short evaluation. limit is the setting's, in
// bytes; zero derives it from the machine.
func TuneMemory(limit uint64) {
	total := machineMemory()
	if limit == 0 {
		limit = uint64(float64(total) * limitShare)
	}
	start := min(startGC, total/startShare, limit/2)
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(int64(start))
	watch(&collection{start: start, limit: limit})
}

// A collection is found dead by the first garbage collection: its finalizer
// tells that the heap has reached the limit.
type collection struct {
	start, limit uint64
	self         *collection // keeps it out of the allocator for tiny objects
}

func watch(c *collection) {
	runtime.SetFinalizer(c, func(c *collection) {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if m.HeapInuse < c.start/2 {
			watch(&collection{start: c.start, limit: c.limit}) // somebody asked for this one
			return
		}
		debug.SetMemoryLimit(int64(c.limit))
		debug.SetGCPercent(laterGC)
	})
}

// machineMemory is the memory of the machine or of the control group that the
// process is in, in bytes.
func machineMemory() uint64 {
	total := uint64(4 << 30)
	var info syscall.Sysinfo_t
	if syscall.Sysinfo(&info) == nil {
		total = info.Totalram * uint64(info.Unit)
	}
	for _, name := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		data, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		if n, err := strconv.ParseUint(strings.TrimSpace(string(data)), 10, 64); err == nil && n > 0 {
			total = min(total, n)
		}
	}
	return total
}

// hugeArena is how much address space is prepared for huge pages.
const hugeArena = 512 << 20

// useHugePages has the kernel back the Go heap by huge pages where it does so on
// request: fresh memory costs a large evaluation more than anything else. The
// runtime has no call for it, so a big block is allocated, marked, and given
// back; the heap then grows into its address space. It collects garbage, so
// it is for when the heap is still small.
func useHugePages() {
	mode, err := os.ReadFile("/sys/kernel/mm/transparent_hugepage/enabled")
	if err != nil || !strings.Contains(string(mode), "[madvise]") || machineMemory() < 4*hugeArena {
		return
	}
	block := make([]byte, hugeArena)
	if syscall.Madvise(block, syscall.MADV_HUGEPAGE) == nil {
		block = nil
		runtime.GC()
	}
}
