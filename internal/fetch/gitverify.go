package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"firn/internal/activity"
	"firn/internal/fetch/git"
	"firn/internal/fetch/input"
)

// keyTypes maps the names of key types to those in a list of allowed signers.
var keyTypes = [...]struct{ name, allowed string }{
	{"ssh-dsa", "ssh-dsa"},
	{"ssh-ecdsa", "ssh-ecdsa"},
	{"ssh-ecdsa-sk", "sk-ecdsa-sha2-nistp256@openssh.com"},
	{"ssh-ed25519", "ssh-ed25519"},
	{"ssh-ed25519-sk", "sk-ssh-ed25519@openssh.com"},
	{"ssh-rsa", "ssh-rsa"},
}

// verifyCommit checks that the commit of an input is signed with one of its keys, if it asks for that. repo is nil if
// there is no commit to check.
func (f *Fetcher) verifyCommit(ctx context.Context, in input.Input, repo *git.Repo) error {
	keys := in.PublicKeys()
	if v, ok := in.Attr("verifyCommit"); ok && v == input.Bool(false) || !ok && len(keys) == 0 {
		return nil
	}
	if repo == nil || in.Rev().IsZero() {
		return fmt.Errorf("commit verification is required for Git repository '%s', but it's dirty", in)
	}
	signers, prints, err := allowedSigners(keys)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "firn-signers-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "signers")
	if err := os.WriteFile(file, []byte(signers), 0o600); err != nil {
		return err
	}
	rev := in.Rev().Base16()
	out, err := repo.VerifyCommit(ctx, toID(in.Rev()), file)
	if err != nil && out == "" {
		return err
	}
	// Git is also content with a signature by a GPG key of the user: only our keys count.
	if err == nil && goodSignature(out, prints) {
		f.Recorder.Say(activity.Talkative, fmt.Sprintf("Signature verification on commit %s succeeded.", rev))
		return nil
	}
	return fmt.Errorf("Commit signature verification on commit %s failed: %s", rev, out)
}

// allowedSigners makes the list that Git is given, and the fingerprints of the keys.
func allowedSigners(keys []input.PublicKey) (list string, prints []string, err error) {
	for _, k := range keys {
		allowed := ""
		var known strings.Builder
		for _, t := range keyTypes {
			fmt.Fprintf(&known, "  %s\n", t.name)
			if t.name == k.Type {
				allowed = t.allowed
			}
		}
		if allowed == "" {
			return "", nil, fmt.Errorf("Invalid SSH key type '%s' in publicKeys.\nPlease use one of:\n%s", k.Type, &known)
		}
		raw, err := base64.StdEncoding.DecodeString(k.Key)
		if err != nil {
			return "", nil, fmt.Errorf("while decoding public key '%s' used for git signature: %w", k.Key, errors.New("invalid base64"))
		}
		sum := sha256.Sum256(raw)
		prints = append(prints, base64.RawStdEncoding.EncodeToString(sum[:]))
		list += fmt.Sprintf("* %s %s\n", allowed, k.Key)
	}
	return list, prints, nil
}

// goodSignature looks for git's word on a signature by one of the keys.
func goodSignature(out string, prints []string) bool {
	for line := range strings.Lines(out) {
		if !strings.Contains(line, `Good "git" signature for * with `) {
			continue
		}
		for _, p := range prints {
			if strings.HasSuffix(strings.TrimSpace(line), " key SHA256:"+p) {
				return true
			}
		}
	}
	return false
}
