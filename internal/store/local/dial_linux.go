package local

import (
	"context"
	"fmt"
	"net"
	"os"
)

// dial connects to a socket in a directory, whose path may be longer than the
// address of a socket can be.
func dial(ctx context.Context, dir, name string) (net.Conn, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return new(net.Dialer).DialContext(ctx, "unix", fmt.Sprintf("/proc/self/fd/%d/%s", f.Fd(), name))
}

// listenAt is the other side of dial.
func listenAt(dir, name string) (net.Listener, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return listenUnix(fmt.Sprintf("/proc/self/fd/%d/%s", f.Fd(), name))
}
