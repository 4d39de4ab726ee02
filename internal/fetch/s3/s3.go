// Package s3 knows how files in S3 buckets are addressed, and signs the requests for them.
//
// An address is the one that Nix has for them:
//
//	s3://BUCKET/KEY?region=R&endpoint=URL&profile=P&addressing-style=auto|virtual|path&versionId=V
//
// [Address.HTTP] turns it into what a server is asked for; [Sign] is AWS signature version 4, which all servers of the
// kind understand; a [Chain] finds credentials where the tools of AWS look for them. Requests are sent by package
// download.
package s3

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"firn/internal/fetch/uri"
)

// DefaultRegion is where a bucket is if nothing is said.
const DefaultRegion = "us-east-1"

// Parameters are the names in the query of an address that say where the bucket is and who asks, in the order of their
// names. versionId, which belongs to a single file, is not among them.
var Parameters = []string{"addressing-style", "endpoint", "profile", "region", "scheme"}

// Style says whether the bucket is named by host or path.
type Style uint8

const (
	Auto    Style = iota // by host at AWS, by path elsewhere and for buckets with dots
	Path                 // https://ENDPOINT/BUCKET/KEY
	Virtual              // https://BUCKET.ENDPOINT/KEY
)

// ParseStyle reads the name of a style.
func ParseStyle(name string) (Style, error) {
	i := slices.Index([]string{"auto", "path", "virtual"}, name)
	if i < 0 {
		return Auto, fmt.Errorf("unknown S3 addressing style '%s', expected 'auto', 'path', or 'virtual'", name)
	}
	return Style(i), nil
}

// Address is a file in a bucket.
type Address struct {
	Bucket    string
	Key       []string // segments
	Profile   string   // whose credentials are used; "" for the default
	Region    string
	VersionID string
	Style     Style
	endpoint  *uri.URI // nil is AWS itself
	scheme    string   // at AWS
}

// Parse reads an address.
func Parse(text string) (Address, error) {
	u, err := uri.Parse(text)
	if err != nil {
		return Address{}, err
	}
	a, err := fromURI(u)
	if err != nil {
		err = fmt.Errorf("while parsing S3 URI: '%s': %w", text, err)
	}
	return a, err
}

func fromURI(u uri.URI) (Address, error) {
	if u.Authority == nil || u.Authority.Host == "" || u.Authority.Kind != uri.Name {
		return Address{}, errors.New("URI has a missing or invalid bucket name")
	}
	if len(u.Path) <= 1 || u.Path[0] != "" {
		return Address{}, errors.New("URI has a missing or invalid key")
	}
	a := Address{
		Bucket: u.Authority.Host, Key: u.Path[1:], Profile: u.Query["profile"], Region: u.Query["region"],
		VersionID: u.Query["versionId"], scheme: u.Query["scheme"],
	}
	if a.Region == "" {
		a.Region = DefaultRegion
	}
	if a.scheme == "" {
		a.scheme = "https"
	}
	var err error
	if style, ok := u.Query["addressing-style"]; ok {
		if a.Style, err = ParseStyle(style); err != nil {
			return a, err
		}
	}
	if endpoint := u.Query["endpoint"]; endpoint != "" {
		a.endpoint, err = a.parseEndpoint(endpoint)
	}
	return a, err
}

// parseEndpoint reads a URL, or only host and port, which uri.Parse would take for a scheme.
func (a *Address) parseEndpoint(text string) (*uri.URI, error) {
	if !strings.Contains(text, "://") {
		text = a.scheme + "://" + text
	}
	u, err := uri.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("endpoint: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Authority == nil || u.Authority.Host == "" {
		return nil, fmt.Errorf("endpoint '%s' is no URL of a web server", text)
	}
	return &u, nil
}

// Deprecated tells of parameters in a form that Nix gives up; "" if there are none.
func Deprecated(params map[string]string) string {
	if scheme := params["scheme"]; scheme != "" {
		return fmt.Sprintf("the S3 'scheme' parameter is deprecated; specify the scheme in the 'endpoint' URL instead, e.g. 'endpoint=%s://...'", scheme)
	}
	if e := params["endpoint"]; e != "" && !strings.Contains(e, "://") {
		return fmt.Sprintf("the S3 'endpoint' value '%s' does not specify a scheme; this form is deprecated, use a full URL such as 'https://%s' instead", e, e)
	}
	return ""
}

// HTTP returns the URL of the file on a web server. Everything but letters, digits and "-._~" is encoded in its path:
// so it is what is signed.
func (a *Address) HTTP() (string, error) {
	virtual, err := a.virtual()
	if err != nil {
		return "", err
	}
	base := a.endpoint
	if base == nil {
		base = &uri.URI{Scheme: a.scheme, Authority: &uri.Authority{Host: "s3." + a.Region + ".amazonaws.com"}}
	}
	host := *base.Authority
	path := slices.DeleteFunc(slices.Clone(base.Path), func(s string) bool { return s == "" })
	if virtual {
		host.Host = a.Bucket + "." + host.Host
	} else {
		path = append(path, a.Bucket)
	}
	var b strings.Builder
	b.WriteString(base.Scheme + "://" + host.String())
	for _, segment := range append(path, a.Key...) {
		b.WriteString("/" + uri.Encode(segment, ""))
	}
	if a.VersionID != "" {
		b.WriteString("?versionId=" + uri.Encode(a.VersionID, ""))
	}
	return b.String(), nil
}

// virtual tells whether the bucket is part of the host's name. Certificates do not cover names with more dots.
func (a *Address) virtual() (bool, error) {
	dotted := strings.Contains(a.Bucket, ".")
	switch {
	case a.Style == Virtual && dotted:
		return false, fmt.Errorf("bucket name '%s' contains a dot, which is incompatible with virtual-hosted-style addressing (causes TLS certificate errors); use 'addressing-style=path' or 'addressing-style=auto' instead", a.Bucket)
	case a.Style == Virtual && a.endpoint != nil && a.endpoint.Authority.Kind != uri.Name:
		return false, fmt.Errorf("cannot use virtual-hosted-style addressing with endpoint '%s' because it has no hostname; use 'addressing-style=path' instead", a.endpoint)
	}
	return a.Style == Virtual || a.Style == Auto && a.endpoint == nil && !dotted, nil
}
