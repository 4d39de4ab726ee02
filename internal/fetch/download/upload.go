package download

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"firn/internal/fetch/s3"
)

// Upload is something to be sent to a server: a file to be put there, unless Method says otherwise.
type Upload struct {
	Method      string // PUT if empty
	URL         string
	Query       url.Values    // in addition to that of the URL
	Body        io.ReadSeeker // nil for nothing
	Size        int64         // bytes that Body has
	ContentType string
	Encoding    string // of the contents, "" for none
	Headers     []Header
}

// Answer is what a server says to an upload.
type Answer struct {
	Header http.Header
	Body   []byte
}

// maxAnswer is how many bytes of an answer are read.
const maxAnswer = 16 << 20

// Upload sends something, again from its beginning if that may help.
func (c *Client) Upload(ctx context.Context, u Upload) (*Answer, error) {
	if u.Method == "" {
		u.Method = http.MethodPut
	}
	for attempt := 1; ; attempt++ {
		answer, err := c.send(ctx, u)
		if err == nil {
			return answer, nil
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err.Reason != Transient || attempt >= c.options.Attempts {
			return nil, err
		}
		limited := err.Status == http.StatusTooManyRequests || err.Status == http.StatusServiceUnavailable
		select {
		case <-time.After(c.options.pause(attempt, limited, 0)):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func (c *Client) send(ctx context.Context, u Upload) (*Answer, *Error) {
	// A server that takes and says nothing is given up.
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	moving := func() {}
	if d := c.options.StallTimeout; d > 0 {
		watchdog := time.AfterFunc(d, func() { cancel(errStalled) })
		defer watchdog.Stop()
		moving = func() { watchdog.Reset(d) }
	}
	failed := func(reason Reason, err error) *Error {
		if errors.Is(context.Cause(ctx), errStalled) {
			err = errStalled
		}
		return &Error{Reason: reason, text: fmt.Sprintf("unable to upload '%s': %v", displayURL(u.URL), err), err: err}
	}
	req, err := c.uploadRequest(ctx, &u, moving)
	if err != nil {
		return nil, failed(Other, err)
	}
	resp, _, err := c.http.do(req)
	if err != nil {
		return nil, failed(Transient, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		t := &transfer{display: displayURL(u.URL)}
		e := t.refused(resp)
		e.text = fmt.Sprintf("unable to upload '%s': HTTP error %d", t.display, resp.StatusCode)
		return nil, e
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, failed(Transient, err)
	}
	return &Answer{resp.Header, body}, nil
}

// uploadRequest makes the request of an upload. The client closes what it sends, and the body may be needed again.
func (c *Client) uploadRequest(ctx context.Context, u *Upload, moving func()) (*http.Request, error) {
	var body io.Reader
	if u.Body != nil && u.Size > 0 {
		body = io.NopCloser(&watched{u.Body, moving})
	}
	req, err := c.newRequest(ctx, u.Method, u.URL, u.Query, body)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.ContentLength = u.Size
	}
	for name, value := range map[string]string{"Content-Type": u.ContentType, "Content-Encoding": u.Encoding} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	for _, h := range u.Headers {
		req.Header.Add(h.Name, h.Value)
	}
	payload := s3.NoPayload
	if isS3(u.URL) && body != nil {
		if payload, err = digest(req, u.Body); err != nil {
			return nil, err
		}
	}
	if u.Body != nil {
		if _, err := u.Body.Seek(0, io.SeekStart); err != nil {
			return nil, err
		}
	}
	return req, c.sign(req, u.URL, payload)
}

// digest adds the hash by which a server of S3 sees that the contents have arrived whole, and returns the one that is
// signed.
func digest(req *http.Request, body io.ReadSeeker) (payload string, err error) {
	if _, err := body.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	sum, check := sha256.New(), md5.New()
	if _, err := io.Copy(io.MultiWriter(sum, check), body); err != nil {
		return "", err
	}
	req.Header.Set("Content-Md5", base64.StdEncoding.EncodeToString(check.Sum(nil)))
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// watched tells when it is read.
type watched struct {
	io.Reader
	moving func()
}

func (w *watched) Read(p []byte) (int, error) {
	w.moving()
	return w.Reader.Read(p)
}
