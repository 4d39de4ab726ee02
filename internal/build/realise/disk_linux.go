package realise

import "syscall"

// diskFull guesses whether the builder may have failed for want of space.
func (b *build) diskFull() bool {
	const least = 8 << 20
	for _, dir := range []string{b.realDir(), b.tmp} {
		var st syscall.Statfs_t
		if dir != "" && syscall.Statfs(dir, &st) == nil && st.Bavail*uint64(st.Bsize) < least {
			return true
		}
	}
	return false
}
