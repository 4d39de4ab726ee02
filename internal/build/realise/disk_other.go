//go:build !linux

package realise

func (b *build) diskFull() bool { return false }
