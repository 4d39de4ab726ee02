//go:build !linux

package local

import (
	"context"
	"net"
	"path/filepath"
)

func dial(ctx context.Context, dir, name string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(dir, name))
}

// listenAt is the other side of dial.
func listenAt(dir, name string) (net.Listener, error) { return listenUnix(filepath.Join(dir, name)) }
