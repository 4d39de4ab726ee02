package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// Program runs the git program. The zero value finds it on PATH and discards what it says on its standard error.
type Program struct {
	Stderr io.Writer // takes progress and complaints of transfers; may be nil
}

// run starts git with args and returns its output. On failure the error ends with the last line of its complaint.
func (p Program) run(ctx context.Context, stdin io.Reader, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Stdin = stdin
	if stdin == nil {
		cmd.Stdin = os.Stdin // ssh and credential helpers may ask
	}
	var stderr tail
	cmd.Stderr = io.MultiWriter(&stderr, orDiscard(p.Stderr))
	out, err := cmd.Output()
	if err == nil {
		return out, nil
	}
	if ctx.Err() != nil {
		return out, context.Cause(ctx)
	}
	if errors.Is(err, exec.ErrNotFound) {
		return out, fmt.Errorf("the program 'git' is needed for this but not on PATH: %w", err)
	}
	if line := stderr.lastLine(); line != "" {
		return out, fmt.Errorf("%w: %s", err, line)
	}
	return out, err
}

func orDiscard(w io.Writer) io.Writer {
	if w == nil {
		return io.Discard
	}
	return w
}

// tail keeps the end of what is written to it.
type tail struct{ buf []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.buf = append(t.buf, p...)
	if n := len(t.buf); n > 4096 {
		t.buf = append(t.buf[:0], t.buf[n-2048:]...)
	}
	return len(p), nil
}

func (t *tail) lastLine() string {
	text := bytes.TrimSpace(t.buf)
	return string(bytes.TrimSpace(text[bytes.LastIndexAny(text, "\r\n")+1:]))
}

// Fetch gets refspec from url into the bare repository in dir, one commit deep if shallow is set.
func (p Program) Fetch(ctx context.Context, dir, url, refspec string, shallow bool) error {
	os.Remove(filepath.Join(dir, "shallow.lock")) // left behind by a fetch that was killed; the caller holds a lock of its own
	args := []string{"-C", dir, "--git-dir", ".", "fetch", "--progress", "--force"}
	if shallow {
		args = append(args, "--depth", "1")
	}
	if _, err := p.run(ctx, nil, append(args, "--", url, refspec)...); err != nil {
		return fmt.Errorf("Failed to fetch git repository '%s': %w", url, err)
	}
	return nil
}

// RemoteHead returns what HEAD of the repository at url stands for: a branch, or a commit if it is detached. It is ""
// if the repository does not say.
func (p Program) RemoteHead(ctx context.Context, url string) (string, error) {
	out, err := p.run(ctx, nil, "ls-remote", "--symref", "--", url, "HEAD")
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(out), "\n")
	target, ref := ParseRemoteLine(line)
	if ref != "HEAD" {
		return "", nil
	}
	return target, nil
}

// ParseRemoteLine reads a line as git ls-remote prints them: "ref: <target>\t<ref>" or "<id>\t<ref>". ref is "" in a
// line that has the target alone; target is "" if line is none of these.
func ParseRemoteLine(line string) (target, ref string) {
	line = strings.TrimLeft(strings.TrimPrefix(line, "ref:"), " ")
	target, ref, _ = strings.Cut(line, "\t")
	if strings.ContainsAny(target, " \v\f\r\n") {
		return "", ""
	}
	return target, strings.TrimLeft(ref, "\t")
}

// SetHead makes HEAD of the bare repository in dir a symbolic reference, and its file new even if it says the same.
func SetHead(dir, ref string) error {
	name := filepath.Join(dir, "HEAD")
	if !strings.HasPrefix(ref, "refs/") || strings.ContainsAny(ref, " \n") {
		return fmt.Errorf("'%s' cannot be the HEAD of a repository", ref)
	}
	temp := name + ".lock"
	if err := os.WriteFile(temp, []byte("ref: "+ref+"\n"), 0o666); err != nil {
		return err
	}
	return os.Rename(temp, name)
}

// SetRemote sets the URL of the remote "origin" in the configuration of the bare repository in dir.
func (p Program) SetRemote(ctx context.Context, dir, url string) error {
	_, err := p.run(ctx, nil, "-C", dir, "--git-dir", ".", "config", "remote.origin.url", url)
	return err
}

// RevCount returns the number of commits that can be reached from commit, itself included.
func (r *Repo) RevCount(ctx context.Context, commit ID) (uint64, error) {
	out, err := Program{}.run(ctx, nil, "-C", r.Dir, "--git-dir", ".", "--no-replace-objects", "rev-list", "--count", commit.String(), "--")
	if err != nil {
		return 0, fmt.Errorf("count revisions of '%s': %w", r.Dir, err)
	}
	return strconv.ParseUint(strings.TrimSpace(string(out)), 10, 64)
}

// hashFiltered names files of the work tree as the blobs that Git would store for them.
func (r *Repo) hashFiltered(names []string) ([]ID, error) {
	stdin := strings.NewReader(strings.Join(names, "\n") + "\n")
	for _, name := range names {
		if strings.Contains(name, "\n") {
			return make([]ID, len(names)), nil // cannot be asked about; it counts as changed
		}
	}
	out, err := Program{}.run(context.Background(), stdin, "-C", r.Work, "hash-object", "--stdin-paths")
	if err != nil {
		return nil, fmt.Errorf("hash files of '%s': %w", r.Work, err)
	}
	lines := strings.Fields(string(out))
	if len(lines) != len(names) {
		return nil, fmt.Errorf("hash files of '%s': git printed %d names for %d files", r.Work, len(lines), len(names))
	}
	ids := make([]ID, len(lines))
	for i, line := range lines {
		if ids[i], err = ParseID(line); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// VerifyCommit has git check the signature of a commit against a list of allowed signers (ssh-keygen(1)), and returns
// all that it says. The error is that of a signature that is not good, or of running git.
func (r *Repo) VerifyCommit(ctx context.Context, commit ID, signers string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", "-c", "gpg.ssh.allowedSignersFile="+signers, "-C", r.Dir, "--git-dir", ".", "verify-commit", commit.String())
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// Clone makes a repository with a work tree in dir, at the given branch or tag if ref is not empty.
func (p Program) Clone(ctx context.Context, url, ref, dir string) error {
	args := []string{"clone"}
	if ref != "" {
		args = append(args, "--branch", ref)
	}
	_, err := p.run(ctx, nil, append(args, "--", url, dir)...)
	return err
}

// Track makes a file of a work tree known to the index, without its contents, unless it is ignored. With a message the
// file is committed.
func (p Program) Track(ctx context.Context, work, name, message string) error {
	if _, err := p.run(ctx, nil, "-C", work, "check-ignore", "--quiet", "--", name); err == nil {
		return nil
	}
	if _, err := p.run(ctx, nil, "-C", work, "add", "--intent-to-add", "--", name); err != nil || message == "" {
		return err
	}
	_, err := p.run(ctx, strings.NewReader(message), "-C", work, "commit", "-F", "-", "--", name)
	return err
}
