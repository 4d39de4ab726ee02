package s3

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// services answers as those of AWS do, and says which were asked.
func services(t *testing.T) (url string, asked *[]string) {
	asked = new([]string)
	mux := http.NewServeMux()
	answer := func(name, text string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, r *http.Request) {
			*asked = append(*asked, name)
			fmt.Fprint(w, text)
		}
	}
	const expiry = "2040-01-02T03:04:05Z"
	secret := func(name string) string {
		return fmt.Sprintf(`{"AccessKeyId":%q,"SecretAccessKey":"s","Token":"t","Expiration":%q}`, name, expiry)
	}
	mux.HandleFunc("POST /sts", func(w http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		action := r.Form.Get("Action")
		by := "nobody"
		if _, rest, ok := strings.Cut(r.Header.Get("Authorization"), "Credential="); ok {
			by, _, _ = strings.Cut(rest, "/")
		}
		*asked = append(*asked, strings.Join([]string{action, r.Form.Get("RoleArn"), r.Form.Get("WebIdentityToken"), "by", by}, " "))
		fmt.Fprintf(w, `<%[1]sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><%[1]sResult><Credentials><AccessKeyId>role</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>%s</Expiration></Credentials></%[1]sResult></%[1]sResponse>`, action, expiry)
	})
	mux.HandleFunc("GET /container", answer("container", secret("container")))
	mux.HandleFunc("PUT /latest/api/token", answer("token", "secret token"))
	mux.HandleFunc("GET /latest/meta-data/iam/security-credentials/{$}", answer("role", "builder\n"))
	mux.HandleFunc("GET /latest/meta-data/iam/security-credentials/builder", answer("machine", secret("machine")))
	mux.HandleFunc("GET /sso/federation/credentials", func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, "sso "+r.URL.RawQuery+" "+r.Header.Get("X-Amz-Sso_bearer_token"))
		fmt.Fprint(w, `{"roleCredentials":{"accessKeyId":"sso","secretAccessKey":"s","sessionToken":"t","expiration":2209000000000}}`)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL, asked
}

const config = `# comment
[default]
region = eu-west-1
aws_access_key_id = config-default
aws_secret_access_key = s

[profile work]
role_arn = arn:role
source_profile = base
s3 =
  addressing_style = path

[profile loop]
role_arn = arn:role
source_profile = loop2
[profile loop2]
role_arn = arn:role
source_profile = loop
[profile single]
sso_session = corp
sso_account_id = 123
sso_role_name = reader
[profile stale]
sso_session = gone
sso_account_id = 123
sso_role_name = reader
[sso-session corp]
sso_region = eu-north-1
[sso-session gone]
sso_region = eu-north-1
`

const credentials = `[base]
aws_access_key_id=base
aws_secret_access_key=s # a comment
aws_session_token=token
`

func TestChain(t *testing.T) {
	url, asked := services(t)
	home := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(home, name)
		os.MkdirAll(filepath.Dir(path), 0o700)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(".aws/config", config)
	write(".aws/credentials", credentials)
	write(".aws/sso/cache/"+sha1Hex("corp")+".json", `{"accessToken":"tok","expiresAt":"2039-01-01T00:00:00Z"}`)
	write(".aws/sso/cache/"+sha1Hex("gone")+".json", `{"accessToken":"tok","expiresAt":"2001-01-01T00:00:00Z"}`)
	write("token", "web token\n")
	none := filepath.Join(home, "none")
	noFiles := map[string]string{"AWS_CONFIG_FILE": none, "AWS_SHARED_CREDENTIALS_FILE": none}
	for _, c := range []struct {
		name    string
		profile string
		env     map[string]string
		want    string // access key, or a part of the error
		asked   string
	}{
		{"environment", "work", map[string]string{"AWS_ACCESS_KEY_ID": "env", "AWS_SECRET_ACCESS_KEY": "s"}, "env", ""},
		{"half of it", "base", map[string]string{"AWS_ACCESS_KEY_ID": "env"}, "base", ""},
		{"default profile", "", nil, "config-default", ""},
		{"profile of the environment", "", map[string]string{"AWS_PROFILE": "base"}, "base", ""},
		{"role", "work", nil, "role", "AssumeRole arn:role  by base"},
		{"roles in a circle", "loop", nil, "is its own source", ""},
		{"single sign-on", "single", nil, "sso", "sso account_id=123&role_name=reader tok"},
		{"expired login", "stale", nil, "run 'aws sso login'", ""},
		{"web identity", "", with(noFiles, "AWS_WEB_IDENTITY_TOKEN_FILE", filepath.Join(home, "token"), "AWS_ROLE_ARN", "arn:web"), "role", "AssumeRoleWithWebIdentity arn:web web token by nobody"},
		{"container", "", with(noFiles, "AWS_CONTAINER_CREDENTIALS_FULL_URI", url+"/container"), "container", "container"},
		{"machine", "", with(noFiles, "AWS_EC2_METADATA_SERVICE_ENDPOINT", url), "machine", "token, role, machine"},
		{"container that fails", "", with(noFiles, "AWS_CONTAINER_CREDENTIALS_FULL_URI", url+"/nothing", "AWS_EC2_METADATA_SERVICE_ENDPOINT", url), "HTTP error 404", ""},
		{"none", "", with(noFiles, "AWS_EC2_METADATA_DISABLED", "true"), "no AWS credentials found", ""},
		{"unknown profile", "unknown", map[string]string{"AWS_EC2_METADATA_DISABLED": "true"}, "no AWS credentials found", ""},
	} {
		*asked = nil
		env := with(c.env, "AWS_ENDPOINT_URL_STS", url+"/sts", "AWS_ENDPOINT_URL_SSO", url+"/sso")
		chain := NewChain(Options{Home: home, Env: func(name string) (string, bool) { v, ok := env[name]; return v, ok }})
		for range 2 { // the second time from memory
			got, err := chain.Credentials(t.Context(), c.profile, "us-east-1")
			if err != nil {
				if !strings.Contains(err.Error(), c.want) {
					t.Errorf("%s: %v", c.name, err)
				}
			} else if got.AccessKey != c.want || got.Secret != "s" {
				t.Errorf("%s: %+v", c.name, got)
			}
		}
		if got := strings.Join(*asked, ", "); got != c.asked {
			t.Errorf("%s: asked %q, want %q", c.name, got, c.asked)
		}
	}
}

func with(env map[string]string, more ...string) map[string]string {
	all := map[string]string{}
	for k, v := range env {
		all[k] = v
	}
	for i := 0; i < len(more); i += 2 {
		all[more[i]] = more[i+1]
	}
	return all
}

func TestExpiry(t *testing.T) {
	url, asked := services(t)
	env := map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": url + "/container"}
	chain := NewChain(Options{Home: t.TempDir(), Env: func(name string) (string, bool) { v, ok := env[name]; return v, ok }})
	for i, c := range []struct {
		now   time.Time
		asked int
	}{
		{time.Date(2040, 1, 2, 2, 0, 0, 0, time.UTC), 1},
		{time.Date(2040, 1, 2, 2, 30, 0, 0, time.UTC), 1},
		{time.Date(2040, 1, 2, 3, 1, 0, 0, time.UTC), 1}, // still good, but the next one asks
		{time.Date(2040, 1, 2, 3, 2, 0, 0, time.UTC), 2},
	} {
		chain.now = func() time.Time { return c.now }
		if _, err := chain.Credentials(t.Context(), "", ""); err != nil && !errors.Is(err, ErrNoCredentials) {
			t.Fatal(err)
		}
		if len(*asked) != c.asked {
			t.Errorf("%d: asked %d times", i, len(*asked))
		}
	}
}
