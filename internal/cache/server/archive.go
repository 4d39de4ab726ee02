package server

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
	"time"

	"firn/internal/compress"
	"firn/internal/format/narinfo"
)

// archive sends the archive with a name, or a part of it.
func (s *Server) archive(w http.ResponseWriter, r *http.Request, name string) error {
	hashPart, _, _ := strings.Cut(name, "-")
	info, err := s.find(r.Context(), hashPart)
	if err != nil {
		return err
	}
	extension, ok := strings.CutPrefix(name, archiveName(hashPart, info.NARHash))
	if !ok { // it has other contents now
		return fs.ErrNotExist
	}
	method, ok := methodOf(extension)
	if !ok {
		return fs.ErrNotExist
	}
	etag := `"` + name + `"`
	h := w.Header()
	h.Set("Content-Type", "application/x-nix-nar")
	h.Set("ETag", etag)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	if matches(r.Header.Get("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	out := &patient{http.NewResponseController(w), w}
	if method != compress.None {
		return s.sendCompressed(out, r, info, method)
	}
	return s.sendPart(out, r, info, etag)
}

// methodOf returns the method with an extension.
func methodOf(extension string) (compress.Method, bool) {
	if extension == "" {
		return compress.None, true
	}
	for _, name := range compress.Names() {
		if m, err := compress.Parse(name); err == nil && m.Extension() == extension {
			return m, true
		}
	}
	return compress.None, false
}

// matches reads an If-None-Match header.
func matches(header, etag string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		if tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/"); tag == etag || tag == "*" {
			return true
		}
	}
	return false
}

// sendCompressed sends an archive whose length nobody knows before it is sent.
func (s *Server) sendCompressed(w http.ResponseWriter, r *http.Request, info *narinfo.Info, m compress.Method) error {
	if r.Method == http.MethodHead {
		return nil
	}
	enc, err := compress.NewWriter(m, w, s.o.Compress)
	if err != nil {
		return err
	}
	err = s.store.WriteNAR(r.Context(), info.Path, enc)
	if e := enc.Close(); err == nil {
		err = e
	}
	return s.abort(r, err)
}

// abort breaks an answer off that has begun: the receiver must not take it for whole.
func (s *Server) abort(r *http.Request, err error) error {
	if err == nil {
		return nil
	}
	if r.Context().Err() == nil {
		s.o.Recorder.Warn(fmt.Sprintf("broke off %s: %v", r.URL.Path, err))
	}
	panic(http.ErrAbortHandler)
}

// sendPart sends the part of an archive that is asked for.
func (s *Server) sendPart(w http.ResponseWriter, r *http.Request, info *narinfo.Info, etag string) error {
	h := w.Header()
	h.Set("Accept-Ranges", "bytes")
	size := int64(info.NARSize)
	part := span{0, size}
	status := http.StatusOK
	if text := r.Header.Get("Range"); text != "" && (r.Header.Get("If-Range") == "" || r.Header.Get("If-Range") == etag) {
		var err error
		switch part, err = parseRange(text, size); {
		case errors.Is(err, errNoRange):
			part = span{0, size} // a form that we do not know may be ignored
		case err != nil:
			h.Set("Content-Range", fmt.Sprintf("bytes */%d", size))
			http.Error(w, err.Error(), http.StatusRequestedRangeNotSatisfiable)
			return nil
		default:
			status = http.StatusPartialContent
			h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", part.from, part.to-1, size))
		}
	}
	h.Set("Content-Length", strconv.FormatInt(part.to-part.from, 10))
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return nil
	}
	err := s.store.WriteNAR(r.Context(), info.Path, &section{w: w, skip: part.from, left: part.to - part.from})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return s.abort(r, err)
}

// span is the bytes of a file from the one to before the other.
type span struct{ from, to int64 }

var (
	errNoRange = errors.New("no range of bytes")
	errOutside = errors.New("range is outside of the file")
)

// parseRange reads a Range header of one range. The error is errNoRange for what it does not understand.
func parseRange(text string, size int64) (span, error) {
	text, ok := strings.CutPrefix(text, "bytes=")
	first, last, ok2 := strings.Cut(strings.TrimSpace(text), "-")
	if !ok || !ok2 {
		return span{}, errNoRange
	}
	if first == "" { // the last bytes
		n, err := strconv.ParseInt(last, 10, 64)
		if err != nil {
			return span{}, errNoRange
		}
		if n <= 0 || size == 0 {
			return span{}, errOutside
		}
		return span{max(0, size-n), size}, nil
	}
	from, err := strconv.ParseInt(first, 10, 64)
	if err != nil || from < 0 {
		return span{}, errNoRange
	}
	to := size
	if last != "" {
		n, err := strconv.ParseInt(last, 10, 64)
		if err != nil || n < from {
			return span{}, errNoRange
		}
		if n < size {
			to = n + 1
		}
	}
	if from >= size {
		return span{}, errOutside
	}
	return span{from, to}, nil
}

// errEnough stops who writes to a section.
var errEnough = errors.New("the rest is not wanted")

// section passes a part of what is written on.
type section struct {
	w          io.Writer
	skip, left int64
}

func (s *section) Write(p []byte) (int, error) {
	if s.left == 0 {
		return 0, errEnough
	}
	n := len(p)
	skipped := min(s.skip, int64(len(p)))
	s.skip -= skipped
	p = p[skipped:]
	if int64(len(p)) > s.left {
		p = p[:s.left]
	}
	if len(p) > 0 {
		if _, err := s.w.Write(p); err != nil {
			return 0, err
		}
		s.left -= int64(len(p))
	}
	return n, nil
}

// patience is how long a receiver may take nothing.
const patience = 2 * time.Minute

// patient gives up receivers that do not take what is sent.
type patient struct {
	control *http.ResponseController
	http.ResponseWriter
}

func (p *patient) Write(data []byte) (int, error) {
	_ = p.control.SetWriteDeadline(time.Now().Add(patience)) // not every connection has one
	return p.ResponseWriter.Write(data)
}

func copyOrAbort(w io.Writer, r io.Reader) {
	if _, err := io.Copy(w, r); err != nil {
		panic(http.ErrAbortHandler)
	}
}
