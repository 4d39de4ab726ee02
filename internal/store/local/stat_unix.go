//go:build unix

package local

import (
	"io/fs"
	"syscall"
)

func inode(info fs.FileInfo) uint64 { return info.Sys().(*syscall.Stat_t).Ino }

func links(info fs.FileInfo) uint64 { return uint64(info.Sys().(*syscall.Stat_t).Nlink) }

// blocks are of 512 bytes.
func blocks(info fs.FileInfo) uint64 { return uint64(info.Sys().(*syscall.Stat_t).Blocks) }
