package download

import (
	"bytes"
	"compress/flate"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"firn/internal/activity"
	"firn/internal/compress"
)

// log is a sink that keeps messages.
type log struct {
	mu    sync.Mutex
	lines []string
}

func (l *log) Emit(e activity.Event) {
	if m, ok := e.(activity.Message); ok {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.lines = append(l.lines, strings.TrimPrefix(m.Text, warningPrefix))
	}
}

func client(t *testing.T, o Options) (*Client, *log) {
	t.Helper()
	l := &log{}
	o.Recorder = activity.NewRecorder(l, 0)
	o.NoJitter = true
	setDefault(&o.RetryDelay, time.Millisecond)
	setDefault(&o.RateLimitDelay, 2*time.Millisecond)
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c, l
}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func get(c *Client, url string) (string, Info, error) {
	data, info, err := c.ReadAll(context.Background(), Request{URL: url}, 1<<24)
	return string(data), info, err
}

func TestETagAndRedirects(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/a":
			w.Header().Set("Link", `<https://example.org/fixed>; rel="immutable"`)
			http.Redirect(w, r, "/b", http.StatusFound)
		case "/b":
			http.Redirect(w, r, "/c?x=1", http.StatusMovedPermanently)
		case "/c":
			w.Header().Set("ETag", `"tag"`)
			if r.Header.Get("If-None-Match") == `"tag"` {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			fmt.Fprintf(w, "agent %s", r.Header.Get("User-Agent"))
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/file":
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		}
	})
	c, _ := client(t, Options{UserAgentSuffix: "test"})
	data, info, err := get(c, url+"/a")
	if err != nil || data != "agent firn test" {
		t.Fatalf("%q, %v", data, err)
	}
	if want := []string{url + "/a", url + "/b", url + "/c?x=1"}; !slices.Equal(info.URLs, want) || info.URL() != want[2] {
		t.Errorf("URLs %q", info.URLs)
	}
	if info.ETag != `"tag"` || info.ImmutableURL != "https://example.org/fixed" || info.NotModified {
		t.Errorf("%+v", info)
	}
	b, err := c.Open(context.Background(), Request{URL: url + "/a", ETag: `"tag"`})
	if err != nil || !b.NotModified {
		t.Errorf("%+v, %v", b, err)
	}
	b.Close()
	for _, path := range []string{"/loop", "/file"} {
		if _, _, err := get(c, url+path); err == nil || !strings.HasPrefix(err.Error(), "unable to download '"+url+path+"': ") {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestEncodings(t *testing.T) {
	const text = "some text that is longer than its encoding, some text that is longer than its encoding"
	zipped := func(m compress.Method) []byte {
		var b bytes.Buffer
		w, err := compress.NewWriter(m, &b, compress.Options{})
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, text)
		w.Close()
		return b.Bytes()
	}
	var z, f bytes.Buffer
	zw := zlib.NewWriter(&z)
	io.WriteString(zw, text)
	zw.Close()
	fw, _ := flate.NewWriter(&f, 6)
	io.WriteString(fw, text)
	fw.Close()
	bodies := map[string][]byte{"/gzip": zipped(compress.Gzip), "/br": zipped(compress.Brotli), "/zstd": zipped(compress.Zstd),
		"/identity": []byte(text), "/deflate": z.Bytes(), "/deflate2": f.Bytes()}
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "deflate, gzip, br, zstd" {
			t.Errorf("accepts %q", r.Header.Get("Accept-Encoding"))
		}
		w.Header().Set("Content-Encoding", strings.TrimRight(r.URL.Path[1:], "2"))
		w.Write(bodies[r.URL.Path])
	})
	c, _ := client(t, Options{})
	for path := range bodies {
		if data, _, err := get(c, url+path); data != text || err != nil {
			t.Errorf("%s: %q, %v", path, data, err)
		}
	}
	if _, _, err := get(c, url+"/rot13"); err == nil || !strings.Contains(err.Error(), "unknown encoding 'rot13'") {
		t.Errorf("unknown encoding: %v", err)
	}
}

func TestFailures(t *testing.T) {
	var mu sync.Mutex
	calls := map[string]int{}
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		calls[r.URL.Path]++
		n := calls[r.URL.Path]
		mu.Unlock()
		var code int
		if fmt.Sscanf(r.URL.Path, "/%d", &code); strings.HasSuffix(r.URL.Path, "/once") && n > 1 {
			io.WriteString(w, "fine")
			return
		}
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(code)
		io.WriteString(w, "sorry\n")
	})
	c, l := client(t, Options{Attempts: 3})
	for _, x := range []struct {
		code   int
		reason Reason
		calls  int
	}{{404, NotFound, 1}, {410, NotFound, 1}, {401, Unauthorized, 1}, {403, Forbidden, 1}, {400, Other, 1}, {418, Other, 1}, {501, Other, 1},
		{500, Transient, 3}, {503, Transient, 3}, {429, Transient, 3}, {408, Transient, 3}} {
		path := fmt.Sprintf("/%d", x.code)
		_, _, err := get(c, url+path)
		e, ok := errors.AsType[*Error](err)
		want := fmt.Sprintf("unable to download '%s': HTTP error %d\n\nresponse body:\n\nsorry", url+path, x.code)
		if !ok || e.Reason != x.reason || e.Status != x.code || e.Error() != want || calls[path] != x.calls {
			t.Errorf("%d: %v after %d calls", x.code, err, calls[path])
		}
	}
	l.lines = nil
	if data, _, err := get(c, url+"/500/once"); data != "fine" || err != nil {
		t.Errorf("%q, %v", data, err)
	}
	if want := "unable to download '" + url + "/500/once': HTTP error 500\n\nresponse body:\n\nsorry; retrying in 1 ms (attempt 1/3)"; len(l.lines) != 1 || l.lines[0] != want {
		t.Errorf("said %q", l.lines)
	}
	for bad, want := range map[string]string{
		"foo":                                   "URL 'foo' doesn't have a scheme",
		"ftp://example.org/x":                   "unable to download 'ftp://example.org/x': Unsupported protocol (1) Protocol \"ftp\" not supported",
		"file:///does/not/exist":                "unable to download 'file:///does/not/exist': Could not read a file:// file (37) Could not open file /does/not/exist",
		"file:///":                              "unable to download 'file:///': Could not read a file:// file (37) Could not open file /",
		"http://u:secret@127.0.0.1:1/":          "unable to download 'http://127.0.0.1:1/': Could not connect to server (7) Failed to connect to 127.0.0.1:1: connect: connection refused",
		"http://u:secret@nosuchhost.invalid./x": "unable to download 'http://nosuchhost.invalid./x': Could not resolve hostname (6) Could not resolve host: nosuchhost.invalid.",
	} {
		if _, _, err := get(c, bad); err == nil || err.Error() != want {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// TestResume breaks each connection after some bytes.
func TestResume(t *testing.T) {
	whole := strings.Repeat("0123456789", 50_000)
	var ranges []string
	etag := `"1"`
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		from := 0
		if h := r.Header.Get("Range"); h != "" {
			ranges = append(ranges, h)
			fmt.Sscanf(h, "bytes=%d-", &from)
		}
		rest := whole[from:]
		if r.URL.Path != "/noranges" {
			w.Header().Set("Accept-Ranges", "bytes")
		}
		w.Header().Set("ETag", etag)
		w.Header().Set("Content-Length", fmt.Sprint(len(rest)))
		if from > 0 {
			if r.URL.Path == "/changes" {
				w.Header().Set("ETag", `"2"`)
			}
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(whole)-1, len(whole)))
			w.WriteHeader(http.StatusPartialContent)
		}
		if len(rest) > 200_000 && !(r.URL.Path == "/noranges" && len(ranges) > 5) {
			io.WriteString(w, rest[:150_000])
			if r.URL.Path == "/noranges" {
				ranges = append(ranges, "none", "none", "none")
			}
			panic(http.ErrAbortHandler)
		}
		io.WriteString(w, rest)
	})
	c, l := client(t, Options{})
	b, err := c.Open(context.Background(), Request{URL: url + "/x"})
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(b)
	if err != nil || string(data) != whole || len(ranges) == 0 {
		t.Errorf("%d bytes, %v, ranges %q", len(data), err, ranges)
	}
	b.Close()
	if len(l.lines) == 0 || !strings.Contains(l.lines[0], "; retrying from offset ") {
		t.Errorf("said %q", l.lines)
	}
	if b, err = c.Open(context.Background(), Request{URL: url + "/changes"}); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(b); err == nil || !strings.Contains(err.Error(), "the file changed during the download") {
		t.Errorf("changed file: %v", err)
	}
	b.Close()
	if b, err = c.Open(context.Background(), Request{URL: url + "/noranges"}); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(b); err == nil || !strings.Contains(err.Error(), "Transferred a partial file (18)") {
		t.Errorf("without ranges: %v", err)
	}
	b.Close()
	ranges = nil
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := c.Save(context.Background(), Request{URL: url + "/noranges"}, f); err != nil {
		t.Errorf("starting over: %v", err)
	}
	if saved, err := os.ReadFile(f.Name()); string(saved) != whole {
		t.Errorf("saved %d bytes, %v", len(saved), err)
	}
}

func TestStall(t *testing.T) {
	release := make(chan struct{})
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "10")
		io.WriteString(w, "12345")
		w.(http.Flusher).Flush()
		<-release
	})
	defer close(release)
	c, _ := client(t, Options{StallTimeout: 50 * time.Millisecond, Attempts: 2})
	if _, _, err := get(c, url); err == nil || !strings.Contains(err.Error(), "Timeout was reached (28)") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	boom := errors.New("boom")
	time.AfterFunc(20*time.Millisecond, func() { cancel(boom) })
	if _, _, err := c.ReadAll(ctx, Request{URL: url}, 100); !errors.Is(err, boom) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a b")
	if err := os.WriteFile(name, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, _ := client(t, Options{})
	url := "file://" + strings.ReplaceAll(name, " ", "%20")
	if data, info, err := get(c, url); data != "text" || err != nil || info.URL() != url || info.ETag != "" {
		t.Errorf("%q, %+v, %v", data, info, err)
	}
	if _, _, err := c.ReadAll(context.Background(), Request{URL: url}, 3); err == nil {
		t.Error("limit is not kept")
	}
}

func TestNetrc(t *testing.T) {
	got := parseNetrc("machine a.example login me password \"se cret\\\"\" # note\nmacdef x\nmachine no\n\nmachine\n  b.example\nlogin you\ndefault login any password thing\nmachine late login x\nlogin")
	want := []account{{"a.example", "me", `se cret"`}, {"b.example", "you", ""}, {"", "any", "thing"}, {"late", "x", ""}}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	for host, want := range map[string]string{"A.example": "me", "b.example": "you", "late": "any", "other": "any"} {
		if a, ok := findAccount(got, host); a.login != want || !ok {
			t.Errorf("%s: %q", host, a)
		}
	}
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		login, password, _ := r.BasicAuth()
		io.WriteString(w, login+":"+password)
	})
	name := filepath.Join(t.TempDir(), "netrc")
	os.WriteFile(name, []byte("machine 127.0.0.1 login l password p"), 0o600)
	c, _ := client(t, Options{Netrc: name})
	host := strings.TrimPrefix(url, "http://")
	for address, want := range map[string]string{url: "l:p", "http://x:y@" + host: "x:y"} {
		if data, _, err := get(c, address); data != want || err != nil {
			t.Errorf("%s: %q, %v", address, data, err)
		}
	}
}

func TestTLS(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Proto) }))
	s.Config.ErrorLog = nil
	defer s.Close()
	c, _ := client(t, Options{})
	if _, _, err := get(c, s.URL); err == nil || !strings.Contains(err.Error(), "was not OK (60)") {
		t.Errorf("untrusted: %v", err)
	}
	if _, err := New(Options{CAFile: "/does/not/exist"}); err == nil {
		t.Error("missing certificates are no error")
	}
}

func TestPause(t *testing.T) {
	o := Options{RetryDelay: 100, RateLimitDelay: 1000, MaxRetryDelay: 5000, NoJitter: true}
	for _, c := range []struct {
		attempt int
		limited bool
		atLeast time.Duration
		want    time.Duration
	}{{1, false, 0, 100}, {3, false, 0, 400}, {30, false, 0, 5000}, {2, true, 0, 2000}, {1, false, 7000, 7000}} {
		if got := o.pause(c.attempt, c.limited, c.atLeast); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
	o.NoJitter = false
	for range 100 {
		if got := o.pause(1, false, 50); got < 50 || got > 150 {
			t.Errorf("jitter gives %d", got)
		}
	}
	if got := retryAfter(" 7 "); got != 7*time.Second {
		t.Errorf("%v", got)
	}
	if got := retryAfter(time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)); got < 59*time.Minute || got > time.Hour {
		t.Errorf("%v", got)
	}
}

func FuzzNetrc(f *testing.F) {
	f.Add("machine a login \"b\\n\" password c\nmacdef x\n\ndefault")
	f.Fuzz(func(t *testing.T, text string) { parseNetrc(text) })
}
