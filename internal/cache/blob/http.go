package blob

import (
	"context"
	"errors"
	"io"
	"strings"

	"firn/internal/fetch/download"
)

// HTTP is a store on a web server, below a URL.
type HTTP struct {
	url    string
	query  string // what every file's URL ends in
	client *download.Client
}

// NewHTTP returns the store below an http or https URL.
func NewHTTP(url string, client *download.Client) *HTTP {
	return &HTTP{url: strings.TrimRight(url, "/"), client: client}
}

// URL implements [Store].
func (h *HTTP) URL() string { return h.url }

// address is where a file is. A narinfo may name a file of another server.
func (h *HTTP) address(key string) string {
	if strings.HasPrefix(key, "https://") || strings.HasPrefix(key, "http://") {
		return key
	}
	if h.query != "" {
		key, _, _ = strings.Cut(key, "?") // some narinfos have a query, which other servers ignore
	}
	return h.url + "/" + key + h.query
}

// Get implements [Store].
func (h *HTTP) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	return h.open(ctx, key, download.Request{})
}

// GetRange implements [Store].
func (h *HTTP) GetRange(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	return h.open(ctx, key, download.Request{Offset: offset, Length: length})
}

func (h *HTTP) open(ctx context.Context, key string, r download.Request) (io.ReadCloser, error) {
	r.URL = h.address(key)
	body, err := h.client.Open(ctx, r)
	if err != nil {
		return nil, h.failure(key, err)
	}
	return body, nil
}

// Has implements [Store].
func (h *HTTP) Has(ctx context.Context, key string) (bool, error) {
	body, err := h.client.Open(ctx, download.Request{URL: h.address(key), Head: true})
	if err == nil {
		return true, body.Close()
	}
	if _, gone := errors.AsType[*NotExistError](h.failure(key, err)); gone {
		return false, nil
	}
	return false, err
}

// Put implements [Store].
func (h *HTTP) Put(ctx context.Context, key string, r io.ReadSeeker, o PutOptions) error {
	_, err := h.client.Upload(ctx, download.Upload{URL: h.address(key), Body: r, Size: o.Size, ContentType: o.ContentType, Encoding: o.Encoding})
	return err
}

// failure tells a file that is not there. Caches in S3 that may not be listed
// forbid what they do not have.
func (h *HTTP) failure(key string, err error) error {
	if e, ok := errors.AsType[*download.Error](err); ok && (e.Reason == download.NotFound || e.Reason == download.Forbidden) {
		return &NotExistError{h.url, key}
	}
	return err
}
