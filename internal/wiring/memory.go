package wiring

import (
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

// Short evaluations do best without garbage collection: most of what they make
// is needed to the end. Collection starts when the heap has grown to startGC or
// an eighth of the machine's memory, whichever is less; from then on the heap
// may triple before the next one, within limitShare of the memory. An evaluation
// that needs more than mostShare ends before the machine kills something.
const (
	startGC    = 1 << 30
	startShare = 8
	laterGC    = 200
	limitShare = 0.7
	mostShare  = 0.9
)

// TuneMemory sets the policy for a short evaluation. limit is the setting's, in
// bytes; zero derives it from the machine. exceeded is called when what is in
// use does not fit the limit, from a goroutine of its own.
func TuneMemory(limit uint64, exceeded func(inUse uint64)) {
	total := machineMemory()
	most := limit
	if limit == 0 {
		limit, most = uint64(float64(total)*limitShare), uint64(float64(total)*mostShare)
	}
	start := min(startGC, total/startShare, limit/2)
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(int64(start))
	watch(&collection{start: start, limit: limit, most: most, exceeded: exceeded})
}

// longWork ends the policy of short evaluations when building or fetching begins: that goes on for long, and most of
// what it makes is garbage at once.
func longWork() {
	debug.SetMemoryLimit(int64(float64(machineMemory()) * limitShare))
	debug.SetGCPercent(laterGC)
}

// A collection is found dead by the next garbage collection: its finalizer looks
// at how much that left.
type collection struct {
	start, limit, most uint64
	exceeded           func(inUse uint64)
	late               bool // the heap has reached start
}

func watch(c *collection) {
	runtime.SetFinalizer(c, func(c *collection) {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if !c.late && m.HeapInuse >= c.start/2 { // less means that somebody asked for this one
			debug.SetMemoryLimit(int64(c.limit))
			debug.SetGCPercent(laterGC)
			c.late = true
		}
		if m.HeapAlloc > c.most {
			c.exceeded(m.HeapAlloc)
			return
		}
		again := *c
		watch(&again)
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

// hugeRegion is the unit by which the Go heap grows, and its alignment, in
// bytes.
const hugeRegion = 4 << 20

// hugePages has the kernel back the Go heap by huge pages where it does so on
// request: fresh memory costs a large evaluation more than anything else. The
// runtime has no call for it, but grows the heap upwards region by region, so
// whoever gets the first memory of a region may speak for all of it. A heap that
// stays in its first region does without.
type hugePages struct {
	end atomic.Uintptr // of the highest region that was seen
}

func (h *hugePages) use(address uintptr) {
	region := address &^ (hugeRegion - 1)
	end := h.end.Load()
	if address < end || !h.end.CompareAndSwap(end, region+hugeRegion) || end == 0 {
		return
	}
	// The kernel may refuse, and has its own setting.
	syscall.Syscall(syscall.SYS_MADVISE, region, hugeRegion, syscall.MADV_HUGEPAGE)
}
