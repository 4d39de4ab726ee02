package input

import (
	"encoding/json"
	"fmt"
	"strings"

	"firn/internal/fetch/uri"
)

func gitFromURI(_ *scheme, o Options, u uri.URI, _ bool) (Attrs, bool, error) {
	if u.Scheme != "git" && u.Application() != "git" {
		return nil, false, nil
	}
	attrs := Attrs{"type": String("git")}
	u = u.Clone()
	for name, value := range u.Query {
		switch name {
		case "rev", "ref", "keytype", "publicKey", "publicKeys":
			attrs[name] = String(value)
		case "shallow", "submodules", "lfs", "exportIgnore", "allRefs", "verifyCommit":
			attrs[name] = Bool(value == "1")
		default:
			continue
		}
		delete(u.Query, name)
	}
	attrs["url"] = String(u.String())
	attrs, err := checkGit(o, attrs)
	return attrs, true, err
}

func checkGit(o Options, attrs Attrs) (Attrs, error) {
	for _, name := range []string{"verifyCommit", "keytype", "publicKey", "publicKeys"} {
		if _, ok := attrs[name]; ok {
			if err := o.require("verified-fetches"); err != nil {
				return nil, err
			}
		}
	}
	if _, _, err := attrs.Bool("verifyCommit"); err != nil {
		return nil, err
	}
	ref, err := attrs.Str("ref")
	if err != nil {
		return nil, err
	}
	if _, ok := attrs["ref"]; ok && !LegalRefName(ref) {
		return nil, fmt.Errorf("invalid Git branch/tag name '%s'", ref)
	}
	url, err := attrs.need("url")
	if err != nil {
		return nil, err
	}
	u, err := uri.FixGit(url, o.Warn)
	if err != nil {
		return nil, err
	}
	attrs["url"] = String(u.String())
	for _, name := range []string{"shallow", "submodules", "lfs", "exportIgnore", "allRefs"} {
		if _, _, err := attrs.Bool(name); err != nil {
			return nil, err
		}
	}
	if _, err := publicKeys(attrs); err != nil {
		return nil, err
	}
	return attrs, nil
}

func gitToURI(in Input) (uri.URI, error) {
	u, err := uri.Parse(in.Str("url"))
	if err != nil {
		return uri.URI{}, err
	}
	if u.Scheme != "git" {
		u.Scheme = "git+" + u.Scheme
	}
	if !in.Rev().IsZero() {
		u.Set("rev", in.Rev().Base16())
	}
	if ref, ok := in.Ref(); ok {
		u.Set("ref", ref)
	}
	for _, name := range []string{"shallow", "lfs", "submodules", "exportIgnore", "verifyCommit"} {
		if in.Flag(name) {
			u.Set(name, "1")
		}
	}
	switch keys := in.PublicKeys(); len(keys) {
	case 0:
	case 1:
		u.Set("keytype", keys[0].Type)
		u.Set("publicKey", keys[0].Key)
	default:
		text, err := json.Marshal(keys)
		if err != nil {
			return uri.URI{}, err
		}
		u.Set("publicKeys", string(text))
	}
	return u, nil
}

func gitOverride(in Input, ref, rev string) (Attrs, error) {
	attrs, err := refOverride(in, ref, rev)
	_, hasRef := attrs["ref"]
	_, hasRev := attrs["rev"]
	if err == nil && hasRev && !hasRef {
		res, _ := finish(in.scheme, attrs)
		err = fmt.Errorf("Git input '%s' has a commit hash but no branch/tag name", res)
	}
	return attrs, err
}

// PublicKey is a key that may have signed a commit.
type PublicKey struct {
	Key  string `json:"key"`  // base64
	Type string `json:"type"` // as ssh-keygen calls it
}

// PublicKeys returns the keys of a "git" input, from "publicKeys" (JSON) and "publicKey".
func (in Input) PublicKeys() []PublicKey {
	keys, _ := publicKeys(in.attrs) // checked when in was made
	return keys
}

func publicKeys(attrs Attrs) ([]PublicKey, error) {
	var keys []PublicKey
	text, err := attrs.Str("publicKeys")
	if err != nil {
		return nil, err
	}
	if _, ok := attrs["publicKeys"]; ok {
		if err := json.Unmarshal([]byte(text), &keys); err != nil {
			return nil, fmt.Errorf("input attribute 'publicKeys' is not a list of keys: %w", err)
		}
		for i := range keys {
			if keys[i].Type == "" {
				keys[i].Type = "ssh-ed25519"
			}
			if keys[i].Key == "" {
				return nil, fmt.Errorf("input attribute 'publicKeys' has an entry without 'key'")
			}
		}
	}
	if _, ok := attrs["publicKey"]; !ok {
		return keys, nil
	}
	k := PublicKey{Type: "ssh-ed25519"}
	if k.Key, err = attrs.Str("publicKey"); err != nil {
		return nil, err
	}
	if _, ok := attrs["keytype"]; ok {
		if k.Type, err = attrs.Str("keytype"); err != nil {
			return nil, err
		}
	}
	return append(keys, k), nil
}

// LegalRefName reports whether Git takes name as a branch, a tag or a full reference.
func LegalRefName(name string) bool {
	if name == "" || name == "@" || !refFormat(name) {
		return false
	}
	if name[0] != '-' {
		return true // below refs/heads anything well-formed goes
	}
	first, _, nested := strings.Cut(name, "/")
	return nested && strings.Trim(first, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") != ""
}

// refFormat checks the rules of git-check-ref-format that hold for every part of a name.
func refFormat(name string) bool {
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c == 0x7f || strings.IndexByte("~^:?*[\\", c) >= 0 {
			return false
		}
	}
	if strings.Contains(name, "..") || strings.Contains(name, "@{") || strings.HasSuffix(name, ".") {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part[0] == '.' || strings.HasSuffix(part, ".lock") {
			return false
		}
	}
	return true
}
