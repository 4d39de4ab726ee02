package cache

import (
	"bytes"
	"io"
	"os"
)

// spool takes bytes whose name is known only when all are there: in memory as
// long as they are few, then in a file.
type spool struct {
	buf  bytes.Buffer
	file *os.File
	size int64
}

// spoolMemory is how many bytes a spool holds in memory.
const spoolMemory = 1 << 20

func (s *spool) Write(p []byte) (int, error) {
	s.size += int64(len(p))
	if s.file == nil && s.buf.Len()+len(p) <= spoolMemory {
		return s.buf.Write(p)
	}
	if s.file == nil {
		if err := s.spill(); err != nil {
			return 0, err
		}
	}
	return s.file.Write(p)
}

func (s *spool) spill() error {
	f, err := os.CreateTemp("", "firn-nar-")
	if err != nil {
		return err
	}
	os.Remove(f.Name()) // it is gone when we are, however we end
	s.file = f
	_, err = s.buf.WriteTo(f)
	s.buf = bytes.Buffer{}
	return err
}

// reader returns the bytes from the first on.
func (s *spool) reader() (io.ReadSeeker, error) {
	if s.file == nil {
		return bytes.NewReader(s.buf.Bytes()), nil
	}
	_, err := s.file.Seek(0, io.SeekStart)
	return s.file, err
}

func (s *spool) close() {
	if s.file != nil {
		s.file.Close()
	}
}
