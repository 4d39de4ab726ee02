package s3

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// maxAnswer bounds what a service may say, in bytes.
const maxAnswer = 1 << 20

// ask sends a request to a service.
func (c *Chain) ask(r *http.Request) ([]byte, error) {
	resp, err := c.o.Client.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err == nil && resp.StatusCode/100 != 2 {
		err = fmt.Errorf("%s://%s%s: HTTP error %d: %.500s", r.URL.Scheme, r.URL.Host, r.URL.Path, resp.StatusCode, body)
	}
	return body, err
}

func (c *Chain) get(ctx context.Context, url string, header ...string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return c.ask(r)
}

// stsEndpoint is the service that gives temporary credentials.
func (c *Chain) stsEndpoint(region string) string {
	if e := c.env("AWS_ENDPOINT_URL_STS"); e != "" {
		return e
	}
	return "https://sts." + region + ".amazonaws.com/"
}

// sts asks for a role's credentials, signed unless by is zero.
func (c *Chain) sts(ctx context.Context, form url.Values, region string, by Credentials) (Credentials, error) {
	form.Set("Version", "2011-06-15")
	if form.Get("RoleSessionName") == "" {
		form.Set("RoleSessionName", fmt.Sprintf("firn-%d", c.now().Unix()))
	}
	body := form.Encode()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.stsEndpoint(region), strings.NewReader(body))
	if err != nil {
		return Credentials{}, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	if by.AccessKey != "" {
		sum := sha256.Sum256([]byte(body))
		Sign(r, by, region, "sts", hex.EncodeToString(sum[:]), c.now())
	}
	text, err := c.ask(r)
	if err != nil {
		return Credentials{}, err
	}
	var answer struct {
		Role     temporary `xml:"AssumeRoleResult>Credentials"`
		Identity temporary `xml:"AssumeRoleWithWebIdentityResult>Credentials"`
	}
	if err := xml.Unmarshal(text, &answer); err != nil {
		return Credentials{}, err
	}
	if answer.Role.AccessKeyID == "" {
		answer.Role = answer.Identity
	}
	return answer.Role.credentials()
}

// temporary is how services write credentials, with small differences.
type temporary struct {
	AccessKeyID     string `json:"AccessKeyId" xml:"AccessKeyId"`
	SecretAccessKey string
	Token           string    `xml:"-"`
	SessionToken    string    `json:"-"`
	Expiration      time.Time `json:"Expiration"`
}

func (t *temporary) credentials() (Credentials, error) {
	if t.AccessKeyID == "" || t.SecretAccessKey == "" {
		return Credentials{}, errors.New("the answer has no credentials")
	}
	return Credentials{AccessKey: t.AccessKeyID, Secret: t.SecretAccessKey, SessionToken: t.Token + t.SessionToken, Expires: t.Expiration}, nil
}

// assumeRole exchanges credentials for those of a role.
func (c *Chain) assumeRole(ctx context.Context, role, session, externalID, region string, by Credentials) (Credentials, error) {
	form := url.Values{"Action": {"AssumeRole"}, "RoleArn": {role}, "RoleSessionName": {session}}
	if externalID != "" {
		form.Set("ExternalId", externalID)
	}
	return c.sts(ctx, form, region, by)
}

// fromWebIdentity exchanges a token that someone keeps fresh in a file.
func (c *Chain) fromWebIdentity(ctx context.Context, profile, region string) (Credentials, error) {
	all, err := c.profiles()
	if err != nil {
		return Credentials{}, err
	}
	p := all[c.profileName(profile)]
	setting := func(variable, name string) string {
		if v := c.env(variable); v != "" {
			return v
		}
		return p[name]
	}
	file, role := setting("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file"), setting("AWS_ROLE_ARN", "role_arn")
	if file == "" || role == "" {
		return Credentials{}, ErrNoCredentials
	}
	token, err := os.ReadFile(file)
	if err != nil {
		return Credentials{}, err
	}
	if r := c.env("AWS_REGION", "AWS_DEFAULT_REGION"); r != "" {
		region = r
	}
	form := url.Values{
		"Action": {"AssumeRoleWithWebIdentity"}, "RoleArn": {role}, "WebIdentityToken": {strings.TrimSpace(string(token))},
		"RoleSessionName": {setting("AWS_ROLE_SESSION_NAME", "role_session_name")},
	}
	return c.sts(ctx, form, region, Credentials{})
}

// fromContainer asks the service of a container's host.
func (c *Chain) fromContainer(ctx context.Context, _, _ string) (Credentials, error) {
	address := c.env("AWS_CONTAINER_CREDENTIALS_FULL_URI")
	if relative := c.env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"); relative != "" {
		address = "http://169.254.170.2" + relative
	}
	if address == "" {
		return Credentials{}, ErrNoCredentials
	}
	token := c.env("AWS_CONTAINER_AUTHORIZATION_TOKEN")
	if file := c.env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return Credentials{}, err
		}
		token = strings.TrimSpace(string(text))
	}
	var header []string
	if token != "" {
		header = []string{"Authorization", token}
	}
	return c.json(c.get(ctx, address, header...))
}

func (c *Chain) json(text []byte, err error) (Credentials, error) {
	if err != nil {
		return Credentials{}, err
	}
	var t temporary
	if err := json.Unmarshal(text, &t); err != nil {
		return Credentials{}, err
	}
	return t.credentials()
}

// metadataWait bounds the search for a service that most machines do not have.
const metadataWait = time.Second

// fromMachine asks the metadata service of EC2, version 2, unless there is another for the container.
func (c *Chain) fromMachine(ctx context.Context, _, _ string) (Credentials, error) {
	if strings.EqualFold(c.env("AWS_EC2_METADATA_DISABLED"), "true") {
		return Credentials{}, ErrNoCredentials
	}
	base := strings.TrimRight(c.env("AWS_EC2_METADATA_SERVICE_ENDPOINT"), "/")
	if base == "" {
		base = "http://169.254.169.254"
	}
	short, cancel := context.WithTimeout(ctx, metadataWait)
	defer cancel()
	r, err := http.NewRequestWithContext(short, http.MethodPut, base+"/latest/api/token", nil)
	if err != nil {
		return Credentials{}, err
	}
	r.Header.Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "300")
	token, err := c.ask(r)
	if err != nil {
		return Credentials{}, ErrNoCredentials // it is no such machine
	}
	const header = "X-Aws-Ec2-Metadata-Token"
	role, err := c.get(ctx, base+"/latest/meta-data/iam/security-credentials/", header, string(token))
	if err != nil {
		return Credentials{}, ErrNoCredentials // it has no role
	}
	return c.json(c.get(ctx, base+"/latest/meta-data/iam/security-credentials/"+strings.TrimSpace(string(role)), header, string(token)))
}
