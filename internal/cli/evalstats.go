package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"syscall"
)

var evalStatsFlag = Flag{Long: "eval-stats", Group: evalGroup,
	Doc: "Print to standard error, as JSON, how much an evaluation did and used. `NIX_SHOW_STATS=1` in the environment does the same, and `NIX_SHOW_STATS_PATH` names a file for it."}

// evalStats are those of Nix that firn counts too, under their names; what has
// none there stands under "firn".
type evalStats struct {
	CPUTime       float64          `json:"cpuTime"` // seconds
	FunctionCalls int64            `json:"nrFunctionCalls"`
	BuiltinCalls  int64            `json:"nrPrimOpCalls"`
	Lookups       int64            `json:"nrLookups"`
	Updates       int64            `json:"nrOpUpdates"`
	GC            map[string]int64 `json:"gc"`
	Own           map[string]int64 `json:"firn"`
}

// printStats prints statistics if they were asked for.
func (e *evaluation) printStats() {
	c := e.call
	show, _ := c.Env("NIX_SHOW_STATS")
	if !c.Has(&evalStatsFlag) && (show == "" || show == "0") {
		return
	}
	text, err := json.MarshalIndent(e.readStats(), "", "  ")
	if err == nil {
		err = c.writeStats(append(text, '\n'))
	}
	if err != nil {
		c.Log.Warn(fmt.Sprintf("statistics of the evaluation cannot be written: %v", err))
	}
}

func (c *Call) writeStats(text []byte) error {
	if file, ok := c.Env("NIX_SHOW_STATS_PATH"); ok && file != "-" {
		return os.WriteFile(file, text, 0o666)
	}
	_, err := c.Process.Err.Write(text)
	return err
}

func (e *evaluation) readStats() evalStats {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	s := e.Stats()
	return evalStats{
		CPUTime:       float64(used.Utime.Nano()) / 1e9,
		FunctionCalls: s.Calls, BuiltinCalls: s.BuiltinCalls, Lookups: s.Lookups, Updates: s.Updates,
		GC:  map[string]int64{"heapSize": int64(mem.HeapSys), "totalBytes": int64(mem.TotalAlloc), "cycles": int64(mem.NumGC)},
		Own: map[string]int64{"forces": s.Forces, "files": s.Files, "slabBytes": s.Bytes, "peakResidentKiB": used.Maxrss},
	}
}
