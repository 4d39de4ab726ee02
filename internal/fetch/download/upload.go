package download

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Upload is a file to be put on a server.
type Upload struct {
	URL         string
	Body        io.ReadSeeker
	Size        int64 // bytes that Body has
	ContentType string
	Encoding    string // of the contents, "" for none
}

// Upload puts a file on a server, again from its beginning if that may help.
func (c *Client) Upload(ctx context.Context, u Upload) error {
	for attempt := 1; ; attempt++ {
		err := c.put(ctx, u)
		if err == nil {
			return nil
		}
		if err.Reason != Transient || attempt >= c.options.Attempts || ctx.Err() != nil {
			return err
		}
		limited := err.Status == http.StatusTooManyRequests || err.Status == http.StatusServiceUnavailable
		select {
		case <-time.After(c.options.pause(attempt, limited, 0)):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (c *Client) put(ctx context.Context, u Upload) *Error {
	failed := func(reason Reason, err error) *Error {
		return &Error{Reason: reason, text: fmt.Sprintf("unable to upload '%s': %v", displayURL(u.URL), err), err: err}
	}
	if _, err := u.Body.Seek(0, io.SeekStart); err != nil {
		return failed(Other, err)
	}
	// The client closes what it sends; the body may be needed again.
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, u.URL, io.NopCloser(u.Body))
	if err != nil {
		return failed(Other, err)
	}
	if req.ContentLength = u.Size; u.Size == 0 {
		req.Body = http.NoBody
	}
	req.Header.Set("User-Agent", c.http.userAgent)
	if u.ContentType != "" {
		req.Header.Set("Content-Type", u.ContentType)
	}
	if u.Encoding != "" {
		req.Header.Set("Content-Encoding", u.Encoding)
	}
	resp, _, err := c.http.do(req)
	if err != nil {
		return failed(Transient, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 == 2 {
		return nil
	}
	t := &transfer{display: displayURL(u.URL)}
	e := t.refused(resp)
	e.text = fmt.Sprintf("unable to upload '%s': HTTP error %d", t.display, resp.StatusCode)
	return e
}
