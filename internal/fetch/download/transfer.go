package download

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"firn/internal/activity"
	"firn/internal/fetch/s3"
	"firn/internal/fetch/uri"
)

// transfer is one download over all its attempts.
type transfer struct {
	client  *Client
	request Request
	display string          // the URL as people may see it
	parent  context.Context // of the caller
	ctx     context.Context // of the current attempts; also ends when the server falls silent
	cancel  context.CancelCauseFunc
	dial    func() error // makes an attempt: sets info and what follows

	info     Info
	body     io.Reader // contents, decoded
	raw      io.Closer
	ranges   bool // the server can continue in the middle
	encoded  bool // contents are encoded for transport
	total    int64
	wait     time.Duration // that the server asked for
	watchdog *time.Timer

	attempt  int
	done     int64 // bytes that the caller has
	started  time.Time
	activity *activity.Activity
	reported time.Time
}

// errStalled is the cause for which a silent connection is given up.
var errStalled = errors.New("Timeout was reached (28) Operation too slow")

// warningPrefix begins the text of a warning, as Nix writes it; whoever shows it takes colours off where there are none.
const warningPrefix = "\x1b[35;1mwarning:\x1b[0m "

// connect makes attempts until one succeeds or there is no hope.
func (t *transfer) connect() error {
	for {
		t.stopAttempt()
		if d := t.client.options.StallTimeout; d > 0 {
			cancel := t.cancel
			t.watchdog = time.AfterFunc(d, func() { cancel(errStalled) })
		}
		err := t.dial()
		if err == nil {
			return nil
		}
		if err := t.retry(err); err != nil {
			return err
		}
	}
}

// retry returns nil after a pause if another attempt may help.
func (t *transfer) retry(err error) error {
	failure := t.failure(err)
	t.attempt++
	o := t.client.options
	resumable := t.done == 0 || t.ranges && !t.encoded
	stopped := t.parent.Err() != nil
	if failure.Reason != Transient || t.attempt >= o.Attempts || stopped || !resumable && t.request.Restart == nil {
		if stopped {
			return context.Cause(t.parent)
		}
		return failure
	}
	if !resumable {
		if err := t.request.Restart(); err != nil {
			return err
		}
		t.done = 0
	}
	pause := o.pause(t.attempt, failure.Status == http.StatusTooManyRequests || failure.Status == http.StatusServiceUnavailable, t.wait)
	from := ""
	if t.done > 0 {
		from = fmt.Sprintf(" from offset %d", t.done)
	}
	t.activity.Say(activity.Warn, warningPrefix+fmt.Sprintf("%s; retrying%s in %d ms (attempt %d/%d)", failure, from, pause.Milliseconds(), t.attempt, o.Attempts))
	if t.ctx.Err() != nil { // stalled: this context is spent
		t.ctx, t.cancel = context.WithCancelCause(t.parent)
	}
	select {
	case <-time.After(pause):
		return nil
	case <-t.ctx.Done():
		return context.Cause(t.ctx)
	}
}

// failure words err.
func (t *transfer) failure(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	reason, text := Transient, err.Error()
	var dns *net.DNSError
	var op *net.OpError
	var cert *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	switch {
	case context.Cause(t.ctx) == errStalled:
		text = errStalled.Error()
	case errors.As(err, &dns):
		text = "Could not resolve hostname (6) Could not resolve host: " + dns.Name
	case errors.As(err, &cert) || errors.As(err, &authority):
		reason, text = Other, "SSL peer certificate or SSH remote key was not OK (60) "+err.Error()
	case errors.As(err, &op) && op.Op == "dial":
		text = fmt.Sprintf("Could not connect to server (7) Failed to connect to %s: %v", op.Addr, op.Err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		text = "Transferred a partial file (18) " + err.Error()
	}
	return &Error{Reason: reason, text: fmt.Sprintf("unable to download '%s': %s", t.display, text), err: err}
}

// read reads on, over a new connection if the old one breaks.
func (t *transfer) read(p []byte) (int, error) {
	for {
		n, err := t.body.Read(p)
		t.done += int64(n)
		if n > 0 {
			t.progress()
			return n, nil // an error will come again
		}
		if err == io.EOF {
			t.report()
			return 0, io.EOF
		}
		if err == nil {
			continue
		}
		if err := t.retry(err); err != nil {
			return 0, err
		}
		if err := t.connect(); err != nil {
			return 0, err
		}
	}
}

// progress keeps the connection from counting as stalled, the speed below its limit, and the world informed.
func (t *transfer) progress() {
	if t.watchdog != nil {
		t.watchdog.Reset(t.client.options.StallTimeout)
	}
	now := time.Now()
	if speed := t.client.options.Speed; speed > 0 {
		due := t.started.Add(time.Duration(float64(t.done) / float64(speed) * float64(time.Second)))
		if wait := due.Sub(now); wait > 0 {
			select {
			case <-time.After(wait):
			case <-t.ctx.Done():
			}
		}
	}
	if now.Sub(t.reported) > 100*time.Millisecond {
		t.reported = now
		t.report()
	}
}

func (t *transfer) report() {
	t.activity.Report(activity.Progress{Done: uint64(t.done), Expected: uint64(max(t.total, t.done))})
}

// stopAttempt ends the current attempt, if there is one.
func (t *transfer) stopAttempt() {
	if t.watchdog != nil {
		t.watchdog.Stop()
	}
	if t.raw != nil {
		t.raw.Close()
		t.raw = nil
	}
}

func (t *transfer) close() {
	t.stopAttempt()
	t.cancel(nil)
	t.activity.Stop()
	t.activity = nil
}

// dialFile opens a file URL.
func (t *transfer) dialFile() error {
	u, err := uri.Parse(t.request.URL)
	if err != nil {
		return &Error{Reason: Other, text: err.Error(), err: err}
	}
	name, err := u.FilePath()
	if err != nil {
		return &Error{Reason: Other, text: err.Error(), err: err}
	}
	f, err := os.Open(name)
	var st fs.FileInfo
	if err == nil {
		if st, err = f.Stat(); err == nil && st.IsDir() {
			err = errors.New("it is a directory")
		}
		if err != nil {
			f.Close()
		}
	}
	if err != nil {
		return &Error{Reason: NotFound, text: fmt.Sprintf("unable to download '%s': Could not read a file:// file (37) Could not open file %s", t.display, name), err: err}
	}
	t.info = Info{URLs: []string{t.request.URL}}
	t.body, t.raw, t.total = f, f, st.Size()
	return nil
}

// dialHTTP sends a request and judges the answer.
func (t *transfer) dialHTTP() error {
	method := http.MethodGet
	if t.request.Head {
		method = http.MethodHead
	}
	req, err := t.client.newRequest(t.ctx, method, t.request.URL, nil, nil)
	if err != nil {
		return &Error{Reason: Other, text: fmt.Sprintf("unable to download '%s': URL using bad/illegal format or missing URL (3) %v", t.display, err), err: err}
	}
	for _, h := range t.request.Headers {
		req.Header.Add(h.Name, h.Value)
	}
	req.Header.Set("User-Agent", t.client.http.userAgent)
	if t.request.ETag != "" {
		req.Header.Set("If-None-Match", t.request.ETag)
	}
	// Without an encoding of its own in the request, net/http would ask for gzip and hide it.
	req.Header.Set("Accept-Encoding", "deflate, gzip, br, zstd")
	if rng := t.rangeHeader(); rng != "" {
		req.Header.Set("Accept-Encoding", "identity")
		req.Header.Set("Range", rng)
	}
	if err := t.client.sign(req, t.request.URL, s3.NoPayload); err != nil {
		return &Error{Reason: Other, text: fmt.Sprintf("unable to download '%s': %v", t.display, err), err: err}
	}
	resp, chain, err := t.client.http.do(req)
	if err != nil {
		return err
	}
	t.raw = resp.Body
	return t.accept(resp, chain)
}

// rangeHeader asks for the part that is wanted and not there yet; "" for all.
func (t *transfer) rangeHeader() string {
	r := &t.request
	switch {
	case r.Length > 0:
		return fmt.Sprintf("bytes=%d-%d", r.Offset+t.done, r.Offset+r.Length-1)
	case r.Offset+t.done > 0:
		return fmt.Sprintf("bytes=%d-", r.Offset+t.done)
	}
	return ""
}

// part takes the wanted part of a file whose server sends all of it.
func (t *transfer) part(status int) error {
	r := &t.request
	if status == http.StatusPartialContent || r.Offset == 0 && r.Length == 0 {
		return nil
	}
	if _, err := io.CopyN(io.Discard, t.body, r.Offset); err != nil && err != io.EOF {
		return err
	}
	if t.total = 0; r.Length > 0 {
		t.body = io.LimitReader(t.body, r.Length)
	}
	return nil
}

// accept takes an answer or turns it into an error.
func (t *transfer) accept(resp *http.Response, chain []*http.Response) error {
	info := Info{URLs: []string{t.request.URL}, ETag: strings.TrimSpace(resp.Header.Get("ETag"))}
	for _, r := range chain {
		if url := r.Request.URL.String(); url != info.URL() {
			info.URLs = append(info.URLs, url)
		}
		for _, name := range []string{"Link", "X-Amz-Meta-Link"} {
			for _, v := range r.Header.Values(name) {
				if m := immutableLink.FindStringSubmatch(strings.TrimSpace(v)); m != nil {
					info.ImmutableURL = m[1]
				}
			}
		}
	}
	t.wait = retryAfter(resp.Header.Get("Retry-After"))
	switch resp.StatusCode {
	case http.StatusOK, http.StatusCreated, http.StatusNoContent, http.StatusPartialContent:
	case http.StatusNotModified:
		info.NotModified = true
	default:
		return t.refused(resp)
	}
	t.ranges = strings.EqualFold(strings.TrimSpace(resp.Header.Get("Accept-Ranges")), "bytes")
	encoding := strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Encoding")))
	t.encoded = encoding != "" && encoding != "identity"
	if t.done > 0 {
		return t.resume(resp, info)
	}
	t.info = info
	t.total = resp.ContentLength
	if t.encoded {
		t.total = 0
	}
	t.body = resp.Body
	if info.NotModified {
		t.body = strings.NewReader("")
	} else if t.encoded {
		body, err := decode(encoding, resp.Body)
		if err != nil {
			return &Error{Reason: Other, text: fmt.Sprintf("unable to download '%s': Unrecognized or bad HTTP Content or Transfer-Encoding (61) %v", t.display, err), err: err}
		}
		t.body = body
	}
	return t.part(resp.StatusCode)
}

// resume checks that the answer continues what we have.
func (t *transfer) resume(resp *http.Response, info Info) error {
	changed := info.ETag != t.info.ETag || t.encoded
	if resp.StatusCode == http.StatusPartialContent {
		from := fmt.Sprintf("bytes %d-", t.request.Offset+t.done)
		changed = changed || !strings.HasPrefix(resp.Header.Get("Content-Range"), from)
	} else if _, err := io.CopyN(io.Discard, resp.Body, t.request.Offset+t.done); err != nil {
		return err
	}
	if changed {
		return &Error{Reason: Other, text: fmt.Sprintf("unable to download '%s': the file changed during the download", t.display)}
	}
	t.body = resp.Body
	if r := &t.request; r.Length > 0 {
		t.body = io.LimitReader(resp.Body, r.Length-t.done)
	}
	return nil
}

// refused words an answer that is not what we want.
func (t *transfer) refused(resp *http.Response) *Error {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	e := &Error{Status: resp.StatusCode, body: string(body), text: fmt.Sprintf("unable to download '%s': HTTP error %d", t.display, resp.StatusCode)}
	switch code := resp.StatusCode; {
	case s3.Passing(code, body):
	case code == http.StatusNotFound || code == http.StatusGone:
		e.Reason = NotFound
	case code == http.StatusUnauthorized || code == http.StatusProxyAuthRequired:
		e.Reason = Unauthorized
	case code == http.StatusForbidden:
		e.Reason = Forbidden
	case code == http.StatusRequestTimeout || code == http.StatusTooManyRequests:
	case 400 <= code && code < 500,
		code == http.StatusNotImplemented, code == http.StatusHTTPVersionNotSupported, code == http.StatusNetworkAuthenticationRequired:
		e.Reason = Other
	}
	return e
}

// retryAfter reads seconds or a date; 0 if the header is absent or malformed.
func retryAfter(text string) time.Duration {
	text = strings.TrimSpace(text)
	if n, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}
