package ui

import "fmt"

// units are the letters of binary size units; bytes are shown as KiB, too.
const units = "KKMGTPEZY"

// sizeUnit returns the index of the unit in which n is at most 1024.
func sizeUnit(n uint64) int {
	unit := 0
	for n > 1024 && unit < len(units)-1 {
		unit++
		n /= 1024
	}
	return unit
}

// inUnit prints n in a unit, without its name.
func inUnit(n uint64, unit int) string {
	f := float64(n)
	for range max(unit, 1) {
		f /= 1024
	}
	return fmt.Sprintf("%.1f", f)
}

// Size prints a number of bytes as Nix does: "0.5 KiB", "12.3 MiB".
func Size(n uint64) string {
	unit := sizeUnit(n)
	return fmt.Sprintf("%s %ciB", inUnit(n, unit), units[unit])
}

// commonUnit returns the unit that all sizes are shown in, if there is one.
func commonUnit(sizes ...uint64) (unit int, ok bool) {
	unit = sizeUnit(sizes[0])
	for _, n := range sizes[1:] {
		if sizeUnit(n) != unit {
			return 0, false
		}
	}
	return unit, true
}
