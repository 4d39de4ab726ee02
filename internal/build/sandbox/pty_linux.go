package sandbox

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// channel is the way of a process's output: our end, which can be given deadlines, and the child's.
type channel struct {
	read  *os.File
	child int
}

func (c *channel) closeChild() {
	if c.child >= 0 {
		unix.Close(c.child)
		c.child = -1
	}
}

// openChannel makes a pseudo-terminal in raw mode, so that programs write as to a terminal but no
// byte is changed, or a pipe where pipe is set or the machine has no pseudo-terminals left.
func openChannel(pipe bool, id Identity) (*channel, error) {
	if !pipe {
		c, err := openPty(id)
		if err == nil || !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.ENOSPC) {
			return c, err
		}
	}
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return nil, fmt.Errorf("opening a pipe: %w", err)
	}
	if err := unix.SetNonblock(fds[0], true); err != nil {
		return nil, err
	}
	unix.FcntlInt(uintptr(fds[0]), unix.F_SETPIPE_SZ, 256<<10) // a larger buffer is fewer wake-ups; refusal is harmless
	child, err := above2(fds[1])
	if err != nil {
		unix.Close(fds[0])
		return nil, err
	}
	return &channel{os.NewFile(uintptr(fds[0]), "build log"), child}, nil
}

func openPty(id Identity) (*channel, error) {
	master, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("opening pseudoterminal master: %w", err)
	}
	child, err := openPeer(master, id)
	if err != nil {
		unix.Close(master)
		return nil, fmt.Errorf("opening pseudoterminal slave: %w", err)
	}
	return &channel{os.NewFile(uintptr(master), "build log"), child}, nil
}

func openPeer(master int, id Identity) (int, error) {
	if err := unix.IoctlSetPointerInt(master, unix.TIOCSPTLCK, 0); err != nil {
		return -1, err
	}
	r, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(master), unix.TIOCGPTPEER, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC)
	if errno != 0 {
		return -1, errno
	}
	fd, err := above2(int(r))
	if err != nil {
		return -1, err
	}
	if err := rawPeer(fd, id); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func rawPeer(fd int, id Identity) error {
	if !id.Keep && id.HostUID != os.Geteuid() {
		if err := unix.Fchmod(fd, 0o600); err != nil {
			return err
		}
		if err := unix.Fchown(fd, id.HostUID, 0); err != nil {
			return err
		}
	}
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return err
	}
	t.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	t.Oflag &^= unix.OPOST
	t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
	return unix.IoctlSetTermios(fd, unix.TCSETS, t)
}

// above2 moves a descriptor out of the range that the child's own take.
func above2(fd int) (int, error) {
	if fd > 2 {
		return fd, nil
	}
	n, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3)
	unix.Close(fd)
	return n, err
}

// ended tells whether a read error means that nobody can write any more. A pseudo-terminal whose
// other end is closed says EIO.
func ended(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.EIO) || errors.Is(err, os.ErrClosed)
}
