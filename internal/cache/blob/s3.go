package blob

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"firn/internal/fetch/download"
	"firn/internal/fetch/s3"
	"firn/internal/fetch/uri"
)

// S3 is a store in a bucket. What is read differs from a web server only in that requests are signed.
type S3 struct {
	*HTTP
	o S3Options
}

// S3Options say where a bucket is and how files are put into it.
type S3Options struct {
	Params       map[string]string // of those in s3.Parameters, which were given
	StorageClass string            // "" is the bucket's own

	// Multipart puts files of more than Threshold bytes in parts of PartSize.
	Multipart           bool
	PartSize, Threshold int64
}

// The limits that servers set, in bytes and parts.
const (
	minPart  = 5 << 20
	maxPart  = 5 << 30
	maxParts = 10_000
)

// DefaultS3Options are the options without parameters.
func DefaultS3Options() S3Options { return S3Options{PartSize: minPart, Threshold: 100 << 20} }

// NewS3 returns the store in a bucket.
func NewS3(bucket string, o S3Options, client *download.Client) (*S3, error) {
	query := ""
	if len(o.Params) > 0 {
		query = "?" + uri.EncodeQuery(o.Params)
	}
	s := &S3{&HTTP{url: "s3://" + bucket, query: query, client: client}, o}
	a, err := s3.Parse(s.address("nix-cache-info"))
	if err == nil {
		_, err = a.HTTP()
	}
	switch {
	case err != nil:
		return nil, err
	case o.PartSize < minPart:
		return nil, fmt.Errorf("multipart-chunk-size must be at least 5.0 MiB, got %d bytes", o.PartSize)
	case o.PartSize > maxPart:
		return nil, fmt.Errorf("multipart-chunk-size must be at most 5.0 GiB, got %d bytes", o.PartSize)
	}
	return s, nil
}

// URL implements [Store]. It tells buckets of the same name on several servers apart.
func (s *S3) URL() string { return s.url + s.query }

// Put implements [Store].
func (s *S3) Put(ctx context.Context, key string, r io.ReadSeeker, o PutOptions) error {
	u := download.Upload{URL: s.address(key), Body: r, Size: o.Size, ContentType: o.ContentType, Encoding: o.Encoding}
	if s.o.StorageClass != "" {
		u.Headers = []download.Header{{Name: "X-Amz-Storage-Class", Value: s.o.StorageClass}}
	}
	if s.o.Multipart && o.Size > s.o.Threshold {
		return s.putParts(ctx, u)
	}
	if o.Size > maxPart {
		return fmt.Errorf("file '%s' of %d bytes is too large to be put into '%s' at once; consider 'multipart-upload=true'", key, o.Size, s.URL())
	}
	_, err := s.client.Upload(ctx, u)
	return err
}

// partSize returns the size of parts that are not too many.
func (s *S3) partSize(size int64) int64 { return max(s.o.PartSize, (size+maxParts-1)/maxParts) }

// putParts puts a file in parts, of which nobody sees any before all are there. If it fails, they are removed.
func (s *S3) putParts(ctx context.Context, u download.Upload) error {
	begin := u
	begin.Method, begin.Query, begin.Body, begin.Size = http.MethodPost, url.Values{"uploads": {""}}, nil, 0
	answer, err := s.client.Upload(ctx, begin)
	if err != nil {
		return err
	}
	var begun struct {
		ID string `xml:"UploadId"`
	}
	if err := xml.Unmarshal(answer.Body, &begun); err != nil || begun.ID == "" {
		return errors.Join(fmt.Errorf("begin an upload in parts to '%s': the answer has no UploadId", u.URL), err)
	}
	id := url.Values{"uploadId": {begun.ID}}
	err = s.sendParts(ctx, u, id)
	if err != nil {
		remove := download.Upload{Method: http.MethodDelete, URL: u.URL, Query: id}
		if _, e := s.client.Upload(context.WithoutCancel(ctx), remove); e != nil {
			err = errors.Join(err, e)
		}
	}
	return err
}

// part is a line of the list that ends an upload.
type part struct {
	PartNumber int
	ETag       string
}

func (s *S3) sendParts(ctx context.Context, u download.Upload, id url.Values) error {
	file := readerAt{u.Body}
	size := s.partSize(u.Size)
	var list struct {
		XMLName xml.Name `xml:"CompleteMultipartUpload"`
		Part    []part
	}
	for from := int64(0); from < u.Size; from += size {
		n := len(list.Part) + 1
		length := min(size, u.Size-from)
		answer, err := s.client.Upload(ctx, download.Upload{
			URL: u.URL, Query: url.Values{"partNumber": {strconv.Itoa(n)}, "uploadId": id["uploadId"]},
			Body: io.NewSectionReader(file, from, length), Size: length, ContentType: "application/octet-stream",
		})
		if err != nil {
			return fmt.Errorf("part %d: %w", n, err)
		}
		etag := answer.Header.Get("ETag")
		if etag == "" {
			return fmt.Errorf("part %d of '%s' was taken without an ETag", n, u.URL)
		}
		list.Part = append(list.Part, part{n, etag})
	}
	text, err := xml.Marshal(list)
	if err != nil {
		return err
	}
	answer, err := s.client.Upload(ctx, download.Upload{
		Method: http.MethodPost, URL: u.URL, Query: id, Body: bytes.NewReader(text), Size: int64(len(text)), ContentType: "text/xml",
	})
	if err == nil && s3.ErrorCode(answer.Body) != "" {
		err = fmt.Errorf("end the upload in parts to '%s': %s", u.URL, answer.Body)
	}
	return err
}

// readerAt makes a section of a seekable stream readable; only one is at a time.
type readerAt struct{ io.ReadSeeker }

func (r readerAt) ReadAt(p []byte, from int64) (int, error) {
	if _, err := r.Seek(from, io.SeekStart); err != nil {
		return 0, err
	}
	return io.ReadFull(r, p)
}

// Keys implements [Lister].
func (s *S3) Keys(ctx context.Context, suffix string) ([]string, error) {
	var keys []string
	query := url.Values{"list-type": {"2"}, "delimiter": {"/"}}
	for {
		answer, err := s.client.Upload(ctx, download.Upload{Method: http.MethodGet, URL: s.address(""), Query: query})
		if err != nil {
			return nil, fmt.Errorf("list bucket '%s': %w", s.URL(), err)
		}
		var page struct {
			Contents              []struct{ Key string }
			IsTruncated           bool
			NextContinuationToken string
		}
		if err := xml.Unmarshal(answer.Body, &page); err != nil {
			return nil, fmt.Errorf("list bucket '%s': %w", s.URL(), err)
		}
		for _, c := range page.Contents {
			if strings.HasSuffix(c.Key, suffix) {
				keys = append(keys, c.Key)
			}
		}
		if !page.IsTruncated || page.NextContinuationToken == "" {
			slices.Sort(keys)
			return keys, nil
		}
		query.Set("continuation-token", page.NextContinuationToken)
	}
}
