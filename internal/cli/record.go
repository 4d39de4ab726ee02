package cli

import (
	"io"
	"net"
	"os"
)

// openRecord opens the file or socket for log records. It stays open until the
// process ends.
func openRecord(name string) (io.Writer, error) {
	if info, err := os.Stat(name); err == nil && info.Mode()&os.ModeSocket != 0 {
		return net.Dial("unix", name)
	}
	return os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
}
