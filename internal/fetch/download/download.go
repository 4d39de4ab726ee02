// Package download gets files from http, https, file and s3 URLs, and puts them on web servers.
//
// A [Client] knows how to connect, whom to trust and when to try again; [Client.Open] gives a stream that survives
// broken connections where the server can continue in the middle, [Client.Save] writes to a file and may also start
// over. Redirects are followed and remembered, encodings that the server applies for transport are undone (so what is
// hashed is what curl would have written), entity tags are asked about, credentials come from a netrc file.
//
// Failures are [Error]s. Those that may pass (no connection, timeouts, 408, 429, most 5xx) are retried with growing
// pauses. Texts are those that Nix prints, which are curl's where curl has failed.
package download

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	"firn/internal/activity"
	"firn/internal/fetch/s3"
	"firn/internal/fetch/uri"
)

// Options configure a client. The zero value has Nix's defaults.
type Options struct {
	UserAgentSuffix string
	Attempts        int           // 0 means 5
	RetryDelay      time.Duration // before the second attempt; doubles each time. 0 means 100 ms
	RateLimitDelay  time.Duration // the same after 429 and 503. 0 means 5 s
	MaxRetryDelay   time.Duration // bounds the doubling. 0 means 60 s
	NoJitter        bool          // do not vary pauses at random
	ConnectTimeout  time.Duration // 0 means 15 s, negative no limit
	StallTimeout    time.Duration // without a single byte. 0 means 300 s, negative no limit
	Connections     int           // to one host at a time. 0 means 25
	HTTP1           bool          // do not use HTTP/2
	Speed           int64         // bytes per second; 0 is no limit
	Netrc           string        // file with credentials; may not exist
	CAFile          string        // certificates to trust instead of the system's; "" for those
	ClientCert      string        // certificate that the client shows, in PEM; "" for none
	ClientKey       string        // its private key
	S3              *s3.Chain     // credentials for s3 URLs; nil asks without any
	Recorder        *activity.Recorder
}

// Header is a line of a request.
type Header struct{ Name, Value string }

// Request says what to get.
type Request struct {
	URL     string
	ETag    string // if the server still has it, there is no body and Info.NotModified is set
	Headers []Header
	Head    bool // ask whether the file is there, and take no contents

	// Length bytes from Offset on are wanted; a Length of 0 means all that follow.
	Offset, Length int64

	// Restart is called before the contents are sent anew from the beginning. If it is nil, a transfer that broke off and
	// cannot be continued has failed.
	Restart func() error
}

// Info is what a server said about a file.
type Info struct {
	ETag         string
	URLs         []string // the requested one, then one for each redirect
	ImmutableURL string   // where these very contents will stay, "" if unknown
	NotModified  bool
}

// URL returns the last of URLs.
func (i Info) URL() string { return i.URLs[len(i.URLs)-1] }

// Reason classifies failures.
type Reason uint8

// Reasons.
const (
	Transient    Reason = iota // may pass
	NotFound                   // surely not there
	Unauthorized               // credentials are missing
	Forbidden                  // credentials do not help
	Other                      // will not pass
)

// Error is a failed download.
type Error struct {
	Reason Reason
	Status int // of HTTP; 0 if there was no answer
	text   string
	body   string // of the answer
	err    error
}

// Error describes the failure; short answers of the server are shown.
func (e *Error) Error() string {
	if e.body != "" && (len(e.body) < 1024 || strings.Contains(e.body, "<html>")) {
		return e.text + "\n\nresponse body:\n\n" + strings.TrimRight(e.body, "\n")
	}
	return e.text
}

func (e *Error) Unwrap() error { return e.err }

// Client downloads files. It is safe for concurrent use.
type Client struct {
	options  Options
	http     *transport
	unsigned sync.Once // that requests to a bucket are not signed has been said
}

// New makes a client. A certificate file that cannot be read is an error.
func New(o Options) (*Client, error) {
	setDefault(&o.Attempts, 5)
	setDefault(&o.RetryDelay, 100*time.Millisecond)
	setDefault(&o.RateLimitDelay, 5*time.Second)
	setDefault(&o.MaxRetryDelay, time.Minute)
	setDefault(&o.ConnectTimeout, 15*time.Second)
	setDefault(&o.StallTimeout, 300*time.Second)
	setDefault(&o.Connections, 25)
	t, err := newTransport(o)
	return &Client{options: o, http: t}, err
}

func setDefault[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// Body is a file that is being downloaded.
type Body struct {
	Info
	t *transfer
}

// Open starts a download and returns when the server has answered.
func (c *Client) Open(ctx context.Context, r Request) (*Body, error) {
	scheme, _, ok := strings.Cut(r.URL, ":")
	if !ok {
		return nil, fmt.Errorf("URL '%s' doesn't have a scheme", r.URL)
	}
	t := &transfer{client: c, request: r, parent: ctx, display: displayURL(r.URL), started: time.Now()}
	t.ctx, t.cancel = context.WithCancelCause(ctx)
	switch scheme {
	case "file":
		t.dial = t.dialFile
	case "http", "https", "s3":
		t.dial = t.dialHTTP
	default:
		t.cancel(nil)
		return nil, &Error{Reason: Other, text: fmt.Sprintf("unable to download '%s': Unsupported protocol (1) Protocol \"%s\" not supported", t.display, scheme)}
	}
	t.activity = c.options.Recorder.Start(activity.FileTransfer, activity.Talkative, "downloading '"+t.display+"'", activity.Text(t.display))
	if err := t.connect(); err != nil {
		t.close()
		return nil, err
	}
	return &Body{t.info, t}, nil
}

// Read reads the contents.
func (b *Body) Read(p []byte) (int, error) { return b.t.read(p) }

// Close ends the download.
func (b *Body) Close() error {
	b.t.close()
	return nil
}

// ReadAll downloads a file of at most limit bytes into memory.
func (c *Client) ReadAll(ctx context.Context, r Request, limit int64) ([]byte, Info, error) {
	var data []byte
	r.Restart = func() error {
		data = data[:0]
		return nil
	}
	b, err := c.Open(ctx, r)
	if err != nil {
		return nil, Info{}, err
	}
	defer b.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := b.Read(buf)
		data = append(data, buf[:n]...)
		if err == io.EOF {
			return data, b.Info, nil
		}
		if err != nil {
			return nil, Info{}, err
		}
		if int64(len(data)) > limit {
			return nil, Info{}, &Error{Reason: Other, text: fmt.Sprintf("unable to download '%s': it has more than %d bytes", b.t.display, limit)}
		}
	}
}

// Save downloads a file into f, which is empty.
func (c *Client) Save(ctx context.Context, r Request, f *os.File) (Info, error) {
	r.Restart = func() error {
		_, err := f.Seek(0, io.SeekStart)
		return errors.Join(err, f.Truncate(0))
	}
	b, err := c.Open(ctx, r)
	if err != nil {
		return Info{}, err
	}
	defer b.Close()
	if _, err := io.Copy(f, struct{ io.Reader }{b}); err != nil {
		return Info{}, err
	}
	return b.Info, nil
}

// displayURL leaves user and password out.
func displayURL(url string) string {
	u, err := uri.Parse(url)
	if err != nil || u.Authority == nil || !u.Authority.HasUser {
		return url
	}
	return u.Redacted()
}

// immutableLink is the form of a Link header that names where contents will stay.
var immutableLink = regexp.MustCompile(`(?i)^<([^>]*)>; rel="immutable"$`)

// pause returns how long to wait before the next attempt, at least what the server asked for.
func (o Options) pause(attempt int, rateLimited bool, atLeast time.Duration) time.Duration {
	d := o.RetryDelay
	if rateLimited {
		d = o.RateLimitDelay
	}
	d = min(d<<min(attempt-1, 20), o.MaxRetryDelay)
	if o.NoJitter {
		return max(d, atLeast)
	}
	return atLeast + time.Duration(rand.Int64N(int64(d)+1))
}
