package s3

import (
	"strings"
	"testing"
)

// The addresses and what they become are facts of Nix 2.36.
func TestHTTP(t *testing.T) {
	for _, c := range []struct{ address, want string }{
		{"s3://my-bucket/my-key.txt", "https://my-bucket.s3.us-east-1.amazonaws.com/my-key.txt"},
		{"s3://prod-cache/nix/store/abc123.nar.xz?region=eu-west-1", "https://prod-cache.s3.eu-west-1.amazonaws.com/nix/store/abc123.nar.xz"},
		{"s3://bucket/key?endpoint=custom.s3.com&scheme=http", "http://custom.s3.com/bucket/key"},
		{"s3://bucket/key?endpoint=https://minio.local&scheme=http", "https://minio.local/bucket/key"},
		{"s3://bucket/key?endpoint=http://server:9000", "http://server:9000/bucket/key"},
		{"s3://bucket/key?endpoint=http://server:9000/below/", "http://server:9000/below/bucket/key"},
		{"s3://bucket/key?endpoint=localhost:9000", "https://localhost:9000/bucket/key"},
		{"s3://my-bucket/my-key.txt?versionId=abc123xyz", "https://my-bucket.s3.us-east-1.amazonaws.com/my-key.txt?versionId=abc123xyz"},
		{"s3://my-bucket/my-key.txt?region=us-west-2&addressing-style=path", "https://s3.us-west-2.amazonaws.com/my-bucket/my-key.txt"},
		{"s3://bucket/key?endpoint=custom.s3.com&scheme=http&addressing-style=virtual", "http://bucket.custom.s3.com/key"},
		{"s3://bucket/key?endpoint=http://server:9000&addressing-style=virtual", "http://bucket.server:9000/key"},
		{"s3://my.bucket/key?addressing-style=path", "https://s3.us-east-1.amazonaws.com/my.bucket/key"},
		{"s3://my.bucket.name/key", "https://s3.us-east-1.amazonaws.com/my.bucket.name/key"},
		{"s3://my.bucket/key?endpoint=http://server:9000", "http://server:9000/my.bucket/key"},
		{"s3://bucket/realisations/sha256:00!out.doi", "https://bucket.s3.us-east-1.amazonaws.com/realisations/sha256%3A00%21out.doi"},
	} {
		a, err := Parse(c.address)
		if err != nil {
			t.Errorf("%s: %v", c.address, err)
			continue
		}
		if got, err := a.HTTP(); got != c.want || err != nil {
			t.Errorf("%s:\n got %s, %v\nwant %s", c.address, got, err, c.want)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct{ address, want string }{
		{"s3:///key", "URI has a missing or invalid bucket name"},
		{"s3://127.0.0.1", "URI has a missing or invalid bucket name"},
		{"s3://bucket with spaces/key", "is not a valid URL"},
		{"s3://", "URI has a missing or invalid bucket name"},
		{"s3://bucket", "URI has a missing or invalid key"},
		{"s3://bucket/key?addressing-style=bogus", "unknown S3 addressing style 'bogus'"},
		{"s3://bucket/key?endpoint=file:///some/path", "is no URL of a web server"},
		{"s3://my.bucket/key?addressing-style=virtual", "contains a dot"},
		{"s3://bucket/key?addressing-style=virtual&endpoint=http://127.0.0.1:9000", "has no hostname"},
	} {
		a, err := Parse(c.address)
		if err == nil {
			_, err = a.HTTP()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.address, err, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("s3://bucket/key?region=r&endpoint=http://host:1/x&addressing-style=virtual")
	f.Fuzz(func(t *testing.T, text string) {
		if a, err := Parse(text); err == nil {
			a.HTTP()
		}
	})
}
