package s3

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"firn/internal/fetch/uri"
)

// NoPayload is the SHA-256 of a request without contents.
const NoPayload = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// unsigned are headers that proxies change, or that are set after signing.
var unsigned = []string{"Accept-Encoding", "Authorization", "Content-Length", "Expect", "User-Agent"}

const (
	algorithm  = "AWS4-HMAC-SHA256"
	timeLayout = "20060102T150405Z"
)

// Sign adds an AWS signature, version 4, to a request whose other headers are final. payload is the SHA-256 of what is
// sent, in hexadecimal.
func Sign(r *http.Request, c Credentials, region, service, payload string, at time.Time) {
	at = at.UTC()
	r.Header.Set("X-Amz-Date", at.Format(timeLayout))
	r.Header.Set("X-Amz-Content-Sha256", payload)
	if c.SessionToken != "" {
		r.Header.Set("X-Amz-Security-Token", c.SessionToken)
	}
	headers, names := canonicalHeaders(r)
	request := strings.Join([]string{r.Method, canonicalPath(r.URL), canonicalQuery(r.URL.Query()), headers, names, payload}, "\n")
	scope := at.Format("20060102") + "/" + region + "/" + service + "/aws4_request"
	hashed := sha256.Sum256([]byte(request))
	toSign := algorithm + "\n" + at.Format(timeLayout) + "\n" + scope + "\n" + hex.EncodeToString(hashed[:])
	key := []byte("AWS4" + c.Secret)
	for part := range strings.SplitSeq(scope, "/") {
		key = mac(key, part)
	}
	r.Header.Set("Authorization", fmt.Sprintf("%s Credential=%s/%s,SignedHeaders=%s,Signature=%x", algorithm, c.AccessKey, scope, names, mac(key, toSign)))
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// canonicalHeaders returns the headers that are signed, a line each, and their names.
func canonicalHeaders(r *http.Request) (lines, names string) {
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	values := map[string]string{"host": host}
	list := []string{"host"}
	for name, v := range r.Header {
		if slices.Contains(unsigned, name) {
			continue
		}
		lower := strings.ToLower(name)
		list = append(list, lower)
		values[lower] = strings.Join(strings.Fields(strings.Join(v, ",")), " ")
	}
	slices.Sort(list)
	for _, name := range list {
		lines += name + ":" + values[name] + "\n"
	}
	return lines, strings.Join(list, ";")
}

// canonicalPath encodes all but the unreserved letters, once.
func canonicalPath(u *url.URL) string {
	if u.Path == "" {
		return "/"
	}
	segments := strings.Split(u.EscapedPath(), "/")
	for i, s := range segments {
		if plain, err := url.PathUnescape(s); err == nil {
			segments[i] = uri.Encode(plain, "")
		}
	}
	return strings.Join(segments, "/")
}

func canonicalQuery(q url.Values) string {
	var list []string
	for name, values := range q {
		for _, v := range values {
			list = append(list, uri.Encode(name, "")+"="+uri.Encode(v, ""))
		}
	}
	slices.Sort(list)
	return strings.Join(list, "&")
}
