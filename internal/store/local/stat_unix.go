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

// accessed returns when a file was last read, in seconds since 1970.
func accessed(info fs.FileInfo) int64 { return accessTime(info.Sys().(*syscall.Stat_t)) }
