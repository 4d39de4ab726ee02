package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"firn/internal/activity"
	"firn/internal/fetch/download"
	"firn/internal/fetch/git"
	"firn/internal/fetch/input"
	"firn/internal/fetch/uri"
	"firn/internal/format/nixhash"
)

// forge is a host of repositories that makes tarballs of commits.
type forge struct {
	host string // if the input names none

	// auth makes a header of an access token.
	auth func(f *Fetcher, token string) download.Header

	// commit asks which commit a branch or tag is at.
	commit func(ctx context.Context, q forgeQuery, ref string) (string, error)

	// archive is where the tarball of a commit is.
	archive func(q forgeQuery, rev string) string
}

var forges = map[string]*forge{
	"github":    {"github.com", githubAuth, githubCommit, githubArchive},
	"gitlab":    {"gitlab.com", gitlabAuth, gitlabCommit, gitlabArchive},
	"sourcehut": {"git.sr.ht", sourcehutAuth, sourcehutCommit, sourcehutArchive},
}

// forgeQuery is a repository on a forge and how to ask about it.
type forgeQuery struct {
	f                 *Fetcher
	in                input.Input
	host, owner, repo string
	headers           []download.Header
}

// fetchForge downloads the tarball of a commit into the tree cache.
func (f *Fetcher) fetchForge(ctx context.Context, in input.Input) (found, error) {
	g := forges[in.Type()]
	q := forgeQuery{f: f, in: in, host: g.host, owner: in.Str("owner"), repo: in.Str("repo")}
	if host, ok := in.Attr("host"); ok {
		q.host, _ = host.Str()
	}
	if token := f.token(q.host, q.host+"/"+q.owner+"/"+q.repo); token != "" {
		q.headers = []download.Header{g.auth(f, token)}
	}
	rev := ""
	if h := in.Rev(); !h.IsZero() {
		rev = h.Base16()
	} else {
		ref, ok := in.Ref()
		if !ok {
			ref = "HEAD"
		}
		text, err := g.commit(ctx, q, ref)
		if err != nil {
			return found{}, err
		}
		h, err := nixhash.ParseAny(text, nixhash.SHA1)
		if err != nil {
			return found{}, err
		}
		rev = h.Base16()
	}
	attrs := in.Attrs()
	delete(attrs, "ref")
	attrs["rev"] = input.String(rev)
	locked, err := input.FromAttrs(f.Options, attrs)
	if err != nil {
		return found{}, err
	}
	cache, err := f.treeCache()
	if err != nil {
		return found{}, err
	}
	id, modified, err := f.forgeTree(ctx, cache, g, q, locked, rev)
	if err != nil {
		return found{}, err
	}
	if locked, err = locked.With("lastModified", input.Int(modified)); err != nil {
		return found{}, err
	}
	tree, err := cache.Tree(id)
	return found{fs: tree, in: locked}, err
}

// forgeTree returns the tree of a commit, downloading it if it is not in the cache.
func (f *Fetcher) forgeTree(ctx context.Context, cache treeCache, g *forge, q forgeQuery, in input.Input, rev string) (id git.ID, modified uint64, err error) {
	key := input.Attrs{"rev": input.String(rev)}
	if row, ok := f.cache.find("gitRevToTreeHash", key); ok {
		if at, ok := f.cache.find("gitRevToLastModified", key); ok {
			modified, _, _ = at.value.Int("lastModified")
			if id, ok := cache.lookup(row.value); ok {
				return id, modified, nil
			}
		}
	}
	body, err := f.Download.Open(ctx, download.Request{URL: g.archive(q, rev), Headers: q.headers})
	if err != nil {
		return id, 0, err
	}
	defer body.Close()
	act := f.Recorder.Start(activity.Unknown, activity.Info, fmt.Sprintf("unpacking '%s' into the Git cache", in))
	defer act.Stop()
	id, at, err := cache.unpack(ctx, body, true)
	if err != nil {
		return id, 0, err
	}
	f.cache.put("gitRevToTreeHash", key, input.Attrs{"treeHash": input.String(id.String())}, f.now())
	f.cache.put("gitRevToLastModified", key, input.Attrs{"lastModified": input.Int(uint64(at))}, f.now())
	return id, uint64(at), nil
}

// token returns the access token for the longest prefix of "host/owner/repo" that has one, or for the host.
func (f *Fetcher) token(host, path string) string {
	best := ""
	for prefix := range f.Tokens {
		if rest, ok := strings.CutPrefix(path, prefix); ok && (rest == "" || rest[0] == '/') && len(prefix) > len(best) {
			best = prefix
		}
	}
	if best == "" {
		best = host
	}
	return f.Tokens[best]
}

// maxAnswer bounds what a forge may answer, in bytes.
const maxAnswer = 16 << 20

// ask downloads an answer of the forge.
func (q forgeQuery) ask(ctx context.Context, url string) ([]byte, error) {
	data, _, err := q.f.Download.ReadAll(ctx, download.Request{URL: url, Headers: q.headers}, maxAnswer)
	return data, err
}

// remember asks what a URL tells about a branch, unless that is known from lately.
func (q forgeQuery) remember(url string, ask func() (string, error)) (string, error) {
	key := input.Attrs{"url": input.String(url)}
	row, known := q.f.cache.find("forgeRefToRev", key)
	old, _ := row.value.Str("rev")
	if known && q.f.fresh(row.at) {
		return old, nil
	}
	rev, err := ask()
	if e, ok := errors.AsType[*download.Error](err); ok && known && e.Reason == download.Transient {
		q.f.warn("%v; using cached version", err)
		return old, nil
	}
	if err == nil {
		q.f.cache.put("forgeRefToRev", key, input.Attrs{"rev": input.String(rev)}, q.f.now())
	}
	return rev, err
}

func githubAuth(_ *Fetcher, token string) download.Header {
	return download.Header{Name: "Authorization", Value: "token " + token}
}

func githubCommit(ctx context.Context, q forgeQuery, ref string) (string, error) {
	format := "https://%s/api/v3/repos/%s/%s/commits/%s"
	if q.host == "github.com" {
		format = "https://api.%s/repos/%s/%s/commits/%s"
	}
	url := fmt.Sprintf(format, q.host, q.owner, q.repo, ref)
	return q.remember(url, func() (string, error) {
		data, err := q.ask(ctx, url)
		if err != nil {
			return "", err
		}
		var answer struct{ SHA string }
		if err := json.Unmarshal(data, &answer); err != nil || answer.SHA == "" {
			return "", fmt.Errorf("unexpected response received from '%s': %.200q", url, data)
		}
		return answer.SHA, nil
	})
}

// githubArchive avoids the API where no token is needed: it limits how often one may ask.
func githubArchive(q forgeQuery, rev string) string {
	format := "https://api.%s/repos/%s/%s/tarball/%s"
	if q.host != "github.com" {
		format = "https://%s/api/v3/repos/%s/%s/tarball/%s"
	} else if len(q.headers) == 0 {
		format = "https://%s/%s/%s/archive/%s.tar.gz"
	}
	return fmt.Sprintf(format, q.host, q.owner, q.repo, rev)
}

func gitlabAuth(f *Fetcher, token string) download.Header {
	kind, value, _ := strings.Cut(token, ":")
	switch kind {
	case "OAuth2":
		return download.Header{Name: "Authorization", Value: "Bearer " + value}
	case "PAT":
		return download.Header{Name: "Private-token", Value: value}
	}
	f.warn("Unrecognized GitLab token type %s", kind)
	return download.Header{Name: kind, Value: value}
}

func gitlabCommit(ctx context.Context, q forgeQuery, ref string) (string, error) {
	url := fmt.Sprintf("https://%s/api/v4/projects/%s%%2F%s/repository/commits?ref_name=%s", q.host, q.owner, q.repo, ref)
	return q.remember(url, func() (string, error) {
		data, err := q.ask(ctx, url)
		if err != nil {
			return "", err
		}
		var answer []struct{ ID string }
		err = json.Unmarshal(data, &answer)
		if err == nil && len(answer) == 0 {
			return "", errors.New("No commits returned by GitLab API -- does the git ref really exist?")
		}
		if err != nil || answer[0].ID == "" {
			return "", fmt.Errorf("Unexpected response received from GitLab: %s", data)
		}
		return answer[0].ID, nil
	})
}

func gitlabArchive(q forgeQuery, rev string) string {
	return fmt.Sprintf("https://%s/api/v4/projects/%s%%2F%s/repository/archive.tar.gz?sha=%s", q.host, q.owner, q.repo, rev)
}

func sourcehutAuth(_ *Fetcher, token string) download.Header {
	return download.Header{Name: "Authorization", Value: "Bearer " + token}
}

// sourcehutCommit reads what the forge serves to git over plain HTTP.
func sourcehutCommit(ctx context.Context, q forgeQuery, ref string) (string, error) {
	base := fmt.Sprintf("https://%s/%s/%s", q.host, q.owner, q.repo)
	return q.remember(base+"/info/refs#"+uri.Encode(ref, ""), func() (string, error) {
		want := []string{"refs/heads/" + ref, "refs/tags/" + ref}
		if ref == "HEAD" {
			data, err := q.ask(ctx, base+"/HEAD")
			if err != nil {
				return "", err
			}
			line, _, _ := strings.Cut(string(data), "\n")
			target, _ := git.ParseRemoteLine(line)
			if target == "" {
				return "", fmt.Errorf("in '%s', couldn't resolve HEAD ref '%s'", q.in, ref)
			}
			want = []string{target}
		}
		data, err := q.ask(ctx, base+"/info/refs")
		if err != nil {
			return "", err
		}
		for line := range strings.Lines(string(data)) {
			target, name := git.ParseRemoteLine(strings.TrimSuffix(line, "\n"))
			for _, w := range want {
				if name == w && sha1Digits.MatchString(target) {
					return target, nil
				}
			}
		}
		return "", fmt.Errorf("in '%s', couldn't find ref '%s'", q.in, ref)
	})
}

var sha1Digits = regexp.MustCompile("^[0-9a-f]{40}$")

func sourcehutArchive(q forgeQuery, rev string) string {
	return fmt.Sprintf("https://%s/%s/%s/archive/%s.tar.gz", q.host, q.owner, q.repo, rev)
}
