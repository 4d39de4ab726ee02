package s3

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// fromSSO exchanges the token that `aws sso login` has left.
func (c *Chain) fromSSO(ctx context.Context, profile, _ string) (Credentials, error) {
	all, err := c.profiles()
	if err != nil {
		return Credentials{}, err
	}
	p := all[c.profileName(profile)]
	account, role, region, key := p["sso_account_id"], p["sso_role_name"], p["sso_region"], p["sso_start_url"]
	if session := p["sso_session"]; session != "" {
		region, key = all["sso-session "+session]["sso_region"], session
	}
	if account == "" || role == "" || region == "" || key == "" {
		return Credentials{}, ErrNoCredentials
	}
	text, err := os.ReadFile(filepath.Join(c.o.Home, ".aws/sso/cache", sha1Hex(key)+".json"))
	if errors.Is(err, fs.ErrNotExist) {
		return Credentials{}, ErrNoCredentials // not logged in
	}
	var token struct {
		AccessToken string    `json:"accessToken"`
		ExpiresAt   time.Time `json:"expiresAt"`
	}
	if err == nil {
		err = json.Unmarshal(text, &token)
	}
	if err != nil {
		return Credentials{}, err
	}
	if !token.ExpiresAt.After(c.now()) {
		return Credentials{}, fmt.Errorf("the login of profile '%s' has expired; run 'aws sso login'", c.profileName(profile))
	}
	base := c.env("AWS_ENDPOINT_URL_SSO")
	if base == "" {
		base = "https://portal.sso." + region + ".amazonaws.com"
	}
	query := url.Values{"account_id": {account}, "role_name": {role}}
	text, err = c.get(ctx, base+"/federation/credentials?"+query.Encode(), "X-Amz-Sso_bearer_token", token.AccessToken)
	if err != nil {
		return Credentials{}, err
	}
	var answer struct {
		RoleCredentials struct {
			AccessKeyID     string `json:"accessKeyId"`
			SecretAccessKey string `json:"secretAccessKey"`
			SessionToken    string `json:"sessionToken"`
			Expiration      int64  `json:"expiration"` // milliseconds
		} `json:"roleCredentials"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return Credentials{}, err
	}
	rc := answer.RoleCredentials
	t := temporary{AccessKeyID: rc.AccessKeyID, SecretAccessKey: rc.SecretAccessKey, SessionToken: rc.SessionToken, Expiration: time.UnixMilli(rc.Expiration)}
	return t.credentials()
}

func sha1Hex(s string) string {
	sum := sha1.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}
