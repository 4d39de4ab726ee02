package download

import (
	"bufio"
	"compress/flate"
	"compress/zlib"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"firn/internal/compress"
)

// transport sends requests.
type transport struct {
	client    *http.Client
	userAgent string
	netrc     []account
}

func newTransport(o Options) (*transport, error) {
	rt := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		MaxConnsPerHost:       o.Connections,
		MaxIdleConnsPerHost:   o.Connections,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   max(o.ConnectTimeout, 0),
		ForceAttemptHTTP2:     !o.HTTP1,
		DisableCompression:    true,
		ExpectContinueTimeout: time.Second,
	}
	rt.DialContext = (&net.Dialer{Timeout: max(o.ConnectTimeout, 0), KeepAlive: 30 * time.Second}).DialContext
	if o.HTTP1 {
		rt.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	}
	if o.CAFile != "" {
		pem, err := os.ReadFile(o.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read certificates: %w", err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read certificates: '%s' has none", o.CAFile)
		}
		rt.TLSClientConfig = &tls.Config{RootCAs: pool}
	}
	if o.ClientCert != "" {
		pair, err := tls.LoadX509KeyPair(o.ClientCert, o.ClientKey)
		if err != nil {
			return nil, fmt.Errorf("read client certificate: %w", err)
		}
		if rt.TLSClientConfig == nil {
			rt.TLSClientConfig = &tls.Config{}
		}
		rt.TLSClientConfig.Certificates = []tls.Certificate{pair}
	}
	t := &transport{userAgent: strings.TrimSpace("firn " + o.UserAgentSuffix)}
	t.client = &http.Client{Transport: withAccounts{rt, t}, CheckRedirect: keepChain}
	text, err := os.ReadFile(o.Netrc)
	if err == nil {
		t.netrc = parseNetrc(string(text))
	} else if o.Netrc != "" && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read netrc: %w", err)
	}
	return t, nil
}

// do sends a request and returns the last answer and all answers, redirects first.
func (t *transport) do(req *http.Request) (*http.Response, []*http.Response, error) {
	resp, err := t.client.Do(req)
	if err != nil {
		var ue *url.Error
		if errors.As(err, &ue) { // its text repeats the URL, with credentials
			err = ue.Err
		}
		return nil, nil, err
	}
	chain := []*http.Response{resp}
	for r := resp.Request.Response; r != nil; r = r.Request.Response {
		chain = append([]*http.Response{r}, chain...)
	}
	return resp, chain, nil
}

// keepChain bounds redirects as curl is told to.
func keepChain(req *http.Request, via []*http.Request) error {
	if len(via) > 10 {
		return errors.New("Number of redirects hit maximum amount (47) Maximum (10) redirects followed")
	}
	switch req.URL.Scheme {
	case "http", "https":
		return nil
	}
	return fmt.Errorf("Unsupported protocol (1) Protocol \"%s\" not supported", req.URL.Scheme)
}

// withAccounts adds credentials of a netrc file to requests that have none, redirected ones included.
type withAccounts struct {
	base http.RoundTripper
	t    *transport
}

func (w withAccounts) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.User == nil && req.Header.Get("Authorization") == "" {
		if a, ok := findAccount(w.t.netrc, req.URL.Hostname()); ok {
			req = req.Clone(req.Context())
			req.SetBasicAuth(a.login, a.password)
		}
	}
	return w.base.RoundTrip(req)
}

// decode undoes the encodings that were applied for transport, the last first.
func decode(encoding string, r io.Reader) (io.Reader, error) {
	names := strings.Split(encoding, ",")
	if len(names) > 4 {
		return nil, fmt.Errorf("%d encodings", len(names))
	}
	for i := len(names) - 1; i >= 0; i-- {
		var err error
		switch name := strings.TrimSpace(names[i]); name {
		case "identity", "":
		case "gzip", "x-gzip":
			r, err = compress.NewReader(compress.Gzip, r)
		case "br":
			r, err = compress.NewReader(compress.Brotli, r)
		case "zstd":
			r, err = compress.NewReader(compress.Zstd, r)
		case "deflate":
			r, err = inflate(r)
		default: // binary caches may have files in any method's form
			m, unknown := compress.Parse(name)
			if unknown != nil {
				return nil, fmt.Errorf("unknown encoding '%s'", name)
			}
			r, err = compress.NewReader(m, r)
		}
		if err != nil {
			return nil, err
		}
	}
	return r, nil
}

// inflate reads zlib, or the bare deflate that some servers send under the same name.
func inflate(r io.Reader) (io.Reader, error) {
	b := bufio.NewReader(r)
	head, _ := b.Peek(2)
	if len(head) == 2 && head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
		return zlib.NewReader(b)
	}
	return flate.NewReader(b), nil
}
