package s3

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// profiles are the sections of the files in ~/.aws: settings by section. Profiles are called by their names, others
// such as "sso-session NAME" by all of their title.
type profiles map[string]map[string]string

// profiles reads both files. What is in the file of credentials counts more.
func (c *Chain) profiles() (profiles, error) {
	all := profiles{}
	for _, file := range []struct{ variable, name string }{
		{"AWS_CONFIG_FILE", "config"}, {"AWS_SHARED_CREDENTIALS_FILE", "credentials"},
	} {
		path := c.env(file.variable)
		if path == "" {
			path = filepath.Join(c.o.Home, ".aws", file.name)
		}
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all.add(string(text))
	}
	return all, nil
}

// add reads an INI file.
func (p profiles) add(text string) {
	var section map[string]string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\r\n")
		trimmed := strings.TrimLeft(line, " \t")
		if trimmed == "" || trimmed[0] == '#' || trimmed[0] == ';' {
			continue
		}
		if title, ok := strings.CutPrefix(trimmed, "["); ok {
			title, _, _ = strings.Cut(title, "]")
			section = p.section(strings.Join(strings.Fields(title), " "))
			continue
		}
		name, value, ok := strings.Cut(trimmed, "=")
		if !ok || section == nil || trimmed != line { // what is indented belongs to a setting that is none of ours
			continue
		}
		value, _, _ = strings.Cut(value, " #")
		section[strings.ToLower(strings.TrimSpace(name))] = strings.TrimSpace(value)
	}
}

func (p profiles) section(title string) map[string]string {
	title = strings.TrimPrefix(title, "profile ")
	if p[title] == nil {
		p[title] = map[string]string{}
	}
	return p[title]
}

// profileName returns the name of the profile that is meant.
func (c *Chain) profileName(profile string) string {
	if profile == "" {
		profile = c.env("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
	}
	if profile == "" {
		profile = "default"
	}
	return profile
}

func (c *Chain) fromProfile(ctx context.Context, profile, region string) (Credentials, error) {
	all, err := c.profiles()
	if err != nil {
		return Credentials{}, err
	}
	return c.resolve(ctx, all, c.profileName(profile), region, nil)
}

// resolve returns the credentials of a profile, which may be those of a role that another profile takes on.
func (c *Chain) resolve(ctx context.Context, all profiles, name, region string, above []string) (Credentials, error) {
	p := all[name]
	source := p["source_profile"]
	if role := p["role_arn"]; role != "" && (source != "" && source != name || p["credential_source"] != "") {
		if slices.Contains(above, name) {
			return Credentials{}, fmt.Errorf("profile '%s' is its own source", name)
		}
		base, err := c.roleSource(ctx, all, p, region, append(above, name))
		if err != nil {
			return Credentials{}, err
		}
		if r := p["region"]; r != "" {
			region = r
		}
		return c.assumeRole(ctx, role, p["role_session_name"], p["external_id"], region, base)
	}
	found := Credentials{AccessKey: p["aws_access_key_id"], Secret: p["aws_secret_access_key"], SessionToken: p["aws_session_token"]}
	if found.AccessKey == "" || found.Secret == "" {
		return found, ErrNoCredentials
	}
	return found, nil
}

// roleSource returns the credentials that take on a role.
func (c *Chain) roleSource(ctx context.Context, all profiles, p map[string]string, region string, above []string) (Credentials, error) {
	if source := p["source_profile"]; source != "" {
		found, err := c.resolve(ctx, all, source, region, above)
		if errors.Is(err, ErrNoCredentials) {
			err = fmt.Errorf("profile '%s' has none, which is the source of profile '%s'", source, above[len(above)-1])
		}
		return found, err
	}
	switch source := p["credential_source"]; source {
	case "Environment":
		return c.fromEnvironment(ctx, "", region)
	case "EcsContainer":
		return c.fromContainer(ctx, "", region)
	case "Ec2InstanceMetadata":
		return c.fromMachine(ctx, "", region)
	default:
		return Credentials{}, fmt.Errorf("profile '%s' has the unknown credential_source '%s'", above[len(above)-1], source)
	}
}
