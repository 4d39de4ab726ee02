package local

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
)

// collector is a connection to a garbage collector that runs in another
// process. It is sent one full path a line and answers each with "1" once the
// path is safe.
type collector struct {
	conn net.Conn
	r    *bufio.Reader
}

func (c *collector) close() { c.conn.Close() }

// tellCollector sends new roots to the collector that holds gc.lock. It returns
// false if none answers.
func (s *Store) tellCollector(ctx context.Context, text string) (bool, error) {
	t := &s.temp
	if t.gc == nil {
		conn, err := dial(ctx, s.state("gc-socket"), "socket")
		if gone(err) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		t.gc = &collector{conn: conn, r: bufio.NewReader(conn)}
	}
	stop := context.AfterFunc(ctx, t.gc.close)
	defer stop()
	err := t.gc.tell(strings.Split(strings.TrimSuffix(text, "\x00"), "\x00"))
	if err == nil {
		return true, nil
	}
	t.gc.close()
	t.gc = nil
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	if gone(err) {
		return false, nil
	}
	return false, err
}

// tell sends roots a few at a time: answers that nobody takes could block the
// collector's side while we block sending.
func (c *collector) tell(roots []string) error {
	for len(roots) > 0 {
		part := roots[:min(len(roots), 32)]
		roots = roots[len(part):]
		if _, err := io.WriteString(c.conn, strings.Join(part, "\n")+"\n"); err != nil {
			return err
		}
		for range part {
			answer, err := c.r.ReadByte()
			if err != nil {
				return err
			}
			if answer != '1' {
				return errors.New("garbage collector gave an answer that is none")
			}
		}
	}
	return nil
}

// gone tells whether an error means that the collector has ended or does not
// listen yet.
func gone(err error) bool {
	for _, e := range []error{
		os.ErrNotExist, syscall.ECONNREFUSED, syscall.EPIPE, syscall.ECONNRESET, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
