package s3

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// The requests and signatures are the worked examples of the documentation of AWS, "Signature calculations for the
// Authorization header".
func TestSign(t *testing.T) {
	creds := Credentials{AccessKey: "AKIAIOSFODNN7EXAMPLE", Secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
	at := time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		method, url string
		header      map[string]string
		payload     string
		want        string
	}{
		{"GET", "/test.txt", map[string]string{"Range": "bytes=0-9"}, NoPayload, "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
		{"PUT", "/test%24file.text", map[string]string{"Date": "Fri, 24 May 2013 00:00:00 GMT", "X-Amz-Storage-Class": "REDUCED_REDUNDANCY"},
			"44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072", "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
		{"GET", "/?lifecycle", nil, NoPayload, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
		{"GET", "/?max-keys=2&prefix=J", nil, NoPayload, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
	} {
		r, err := http.NewRequest(c.method, "https://examplebucket.s3.amazonaws.com"+c.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("User-Agent", "is not signed")
		for name, value := range c.header {
			r.Header.Set(name, value)
		}
		Sign(r, creds, "us-east-1", "s3", c.payload, at)
		if got := r.Header.Get("Authorization"); !strings.HasSuffix(got, "Signature="+c.want) {
			t.Errorf("%s %s: %s", c.method, c.url, got)
		}
	}
}

func TestPassing(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		want   bool
	}{
		{503, "<?xml version='1.0'?>\n<Error><Code>SlowDown</Code></Error>", true},
		{403, "<Error>\n <Message>x</Message><Code>RequestTimeTooSkewed</Code></Error>", true},
		{403, "<Error><Code>AccessDenied</Code></Error>", false},
		{400, "<Other><Code>SlowDown</Code></Other>", false},
		{404, "<Error><Code>SlowDown</Code></Error>", false},
	} {
		if got := Passing(c.status, []byte(c.body)); got != c.want {
			t.Errorf("%d %s: %v", c.status, c.body, got)
		}
	}
}
