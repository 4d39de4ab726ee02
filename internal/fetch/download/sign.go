package download

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"firn/internal/fetch/s3"
)

// newRequest makes a request for a URL, with query appended. One for a file in a bucket goes to the web server that has it.
func (c *Client) newRequest(ctx context.Context, method, address string, query url.Values, body io.Reader) (*http.Request, error) {
	if isS3(address) {
		a, err := s3.Parse(address)
		if err != nil {
			return nil, err
		}
		if address, err = a.HTTP(); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, err
	}
	if len(query) > 0 {
		if req.URL.RawQuery != "" {
			req.URL.RawQuery += "&"
		}
		req.URL.RawQuery += query.Encode()
	}
	req.Header.Set("User-Agent", c.http.userAgent)
	return req, nil
}

func isS3(address string) bool { return strings.HasPrefix(address, "s3://") }

// sign signs a request for a file in a bucket. Without credentials it is sent unsigned, for the bucket may be public.
func (c *Client) sign(req *http.Request, address, payload string) error {
	if !isS3(address) || c.options.S3 == nil {
		return nil
	}
	a, err := s3.Parse(address)
	if err != nil {
		return err
	}
	creds, err := c.options.S3.Credentials(req.Context(), a.Profile, a.Region)
	if err != nil {
		c.unsigned.Do(func() {
			c.options.Recorder.Warn(fmt.Sprintf("requests to bucket '%s' are not signed: %v", a.Bucket, err))
		})
		if errors.Is(err, s3.ErrNoCredentials) || req.Context().Err() == nil {
			return nil
		}
		return err
	}
	s3.Sign(req, creds, a.Region, "s3", payload, time.Now())
	return nil
}
