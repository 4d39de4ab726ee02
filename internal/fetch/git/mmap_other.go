//go:build !unix

package git

import "os"

func mapFile(name string) ([]byte, error) { return os.ReadFile(name) }

func unmapFile([]byte) {}
