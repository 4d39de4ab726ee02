package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"text/tabwriter"
	"time"
)

func label(r *result) string {
	if r.cores > 1 {
		return fmt.Sprintf("%s (%d threads)", r.work.name, r.cores)
	}
	return r.work.name
}

// ratio of firn's number to Nix's; 0 without the latter.
func (r *result) ratio(number func(*sample) float64) float64 {
	if r.firn == nil || r.nix == nil || number(r.nix) == 0 {
		return 0
	}
	return number(r.firn) / number(r.nix)
}

func wall(s *sample) float64 { return float64(s.Wall) }
func cpu(s *sample) float64  { return float64(s.CPU) }
func peak(s *sample) float64 { return float64(s.PeakRSS) }

// printTable prints a row for each result: medians in milliseconds and MiB, ratios, and what these should be at most.
func printTable(w io.Writer, results []*result) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "work\tfirn ms\tnix ms\tratio\tat most\tcpu ratio\tfirn MiB\tnix MiB\tratio\tat most\t")
	for _, r := range results {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", label(r),
			milliseconds(r.firn), milliseconds(r.nix), decimal(r.ratio(wall)), decimal(r.limit.time), decimal(r.ratio(cpu)),
			mebibytes(r.firn), mebibytes(r.nix), decimal(r.ratio(peak)), decimal(r.limit.memory))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, r := range results {
		if r.note != "" {
			fmt.Fprintf(w, "%s: %s\n", label(r), r.note)
		}
	}
	return nil
}

func milliseconds(s *sample) string {
	if s == nil {
		return "-"
	}
	return fmt.Sprintf("%.1f", float64(s.Wall)/float64(time.Millisecond))
}

func mebibytes(s *sample) string {
	if s == nil {
		return "-"
	}
	return fmt.Sprintf("%.0f", float64(s.PeakRSS)/(1<<20))
}

func decimal(f float64) string {
	if f == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", f)
}

// The JSON form: durations in seconds, memory in bytes.
type (
	report struct {
		Version int       `json:"version"`
		CPUs    int       `json:"cpus"`
		Runs    int       `json:"runs"`
		Results []jsonRow `json:"results"`
	}
	jsonRow struct {
		Work        string      `json:"work"`
		What        string      `json:"what"`
		Threads     int         `json:"threads,omitempty"`
		Firn        *jsonSample `json:"firn"`
		Nix         *jsonSample `json:"nix"`
		TimeRatio   float64     `json:"timeRatio,omitempty"`
		TimeLimit   float64     `json:"timeAtMost,omitempty"`
		MemoryRatio float64     `json:"memoryRatio,omitempty"`
		MemoryLimit float64     `json:"memoryAtMost,omitempty"`
		Note        string      `json:"note,omitempty"`
	}
	jsonSample struct {
		Wall    float64 `json:"wallSeconds"`
		CPU     float64 `json:"cpuSeconds"`
		PeakRSS int64   `json:"peakBytes"`
	}
)

func printJSON(w io.Writer, results []*result, runs int) error {
	rep := report{Version: 1, CPUs: runtime.NumCPU(), Runs: runs, Results: []jsonRow{}}
	for _, r := range results {
		rep.Results = append(rep.Results, jsonRow{
			Work: r.work.name, What: r.work.what, Threads: r.cores, Firn: inJSON(r.firn), Nix: inJSON(r.nix),
			TimeRatio: r.ratio(wall), TimeLimit: r.limit.time, MemoryRatio: r.ratio(peak), MemoryLimit: r.limit.memory, Note: r.note,
		})
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(rep)
}

func inJSON(s *sample) *jsonSample {
	if s == nil {
		return nil
	}
	return &jsonSample{s.Wall.Seconds(), s.CPU.Seconds(), s.PeakRSS}
}
