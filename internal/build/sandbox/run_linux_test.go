package sandbox

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// shell is a spec that runs script with the machine's /bin/sh in a sandbox that shows its system
// directories. It skips the test where namespaces are refused.
func shell(t *testing.T, script string) (*Spec, *bytes.Buffer) {
	t.Helper()
	if err := Check(); err != nil {
		t.Skip("no sandbox here: ", err)
	}
	out := new(bytes.Buffer)
	build := t.TempDir()
	s := &Spec{
		Path: "/bin/sh", Args: []string{"sh", "-c", script}, Env: []string{"PATH=/usr/bin:/bin"}, Dir: "/build",
		Identity: OwnIdentity(), Output: out,
		Mounts: []Mount{{Source: build, Target: "/build"}},
	}
	for _, d := range []string{"/bin", "/usr", "/lib", "/lib64", "/nix/store"} {
		s.Mounts = append(s.Mounts, Mount{Source: d, Target: d, Optional: true})
	}
	return s, out
}

func run(t *testing.T, s *Spec) *Result {
	t.Helper()
	r, err := Run(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestView(t *testing.T) {
	tests := []struct{ name, script, want string }{
		{"first process", `echo $$`, "1\n"},
		{"identity", `id -u; id -g; id -G`, "1000\n100\n100\n"},
		{"user map", `cat /proc/self/setgroups`, "deny\n"},
		{"host name", `cat /proc/sys/kernel/hostname /proc/sys/kernel/domainname`, "localhost\n(none)\n"},
		{"passwd", `cat /etc/passwd`, "root:x:0:0:Nix build user:/build:/noshell\nnixbld:x:1000:100:Nix build user:/build:/noshell\nnobody:x:65534:65534:Nobody:/:/noshell\n"},
		{"group", `cat /etc/group`, "root:x:0:\nnixbld:!:100:\nnogroup:x:65534:\n"},
		{"hosts", `cat /etc/hosts`, "127.0.0.1 localhost\n::1 localhost\n"},
		{"etc", `ls -1 /etc; stat -c %a /etc`, "group\nhosts\npasswd\n555\n"},
		{"devices", `cd /dev; ls -1`, "fd\nfull\nnull\nptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\ntty\nurandom\nzero\n"},
		{"working directory", `pwd; touch x && ls`, "/build\nx\n"},
		{"temporary directory", `stat -c %a /tmp; touch /tmp/x && echo yes`, "1777\nyes\n"},
		{"capabilities", `grep -E '^Cap(Prm|Eff|Amb)' /proc/self/status`, "CapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapAmb:\t0000000000000000\n"},
		{"no new privileges", `grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status`, "NoNewPrivs:\t1\nSeccomp:\t2\n"},
		{"signals", `grep -E '^Sig(Blk|Ign)' /proc/self/status`, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n"},
		{"interfaces", `tail -n +3 /proc/net/dev | cut -d: -f1`, "    lo\n"},
		{"terminal", `test -t 1 && test -t 2 && ! test -t 0 && echo yes`, "yes\n"},
		{"no controlling terminal", `(: </dev/tty) 2>/dev/null || echo none`, "none\n"},
		{"descriptors", `(ls /proc/$$/fd > /tmp/fds); tr '\n' ' ' < /tmp/fds`, "0 1 2 "},
		{"bytes unchanged", `printf 'a\nb\r\nc\t\004\003'`, "a\nb\r\nc\t\x04\x03"},
		{"umask", `umask`, "0022\n"},
		{"environment", `tr '\0' '\n' </proc/1/environ`, "PATH=/usr/bin:/bin\n"},
		{"core limit", `ulimit -c`, "0\n"},
		{"address layout", `cat /proc/self/personality`, "00040000\n"},
		{"root directory", `ls -1 /`, "bin\nbuild\ndev\netc\nlib\nlib64\nproc\ntmp\nusr\n"},
		{"no setuid", `touch x; chmod 4755 x 2>&1 | sed 's/.*: //'; chmod 755 x; stat -c %a x`, "Operation not permitted\n755\n"},
		{"no setgid", `mkdir d; chmod g+s d 2>&1 | sed 's/.*: //'`, "Operation not permitted\n"},
		{"shared memory", `echo hi >/dev/shm/x && cat /dev/shm/x`, "hi\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, out := shell(t, tt.script)
			r := run(t, s)
			got := out.String()
			if tt.name == "root directory" {
				got = strings.ReplaceAll(got, "nix\n", "")
			}
			if got != tt.want || !r.Success() {
				t.Errorf("%s: %s\ngot  %q\nwant %q", tt.script, r.Describe(), got, tt.want)
			}
		})
	}
}

func TestHow(t *testing.T) {
	tests := []struct {
		name, script string
		adjust       func(*Spec)
		cause        Cause
		code         int
		signal       syscall.Signal
		out          string
	}{
		{name: "code", script: "exit 7", code: 7},
		{name: "signal", script: "exec /bin/sh -c 'kill -9 1; sh -c \"kill -9 \\$PPID\"; exit 3'", code: 3},
		{name: "timeout", script: "trap '' TERM INT; echo a; sleep 60", cause: TimedOut, code: -1, signal: 9, out: "a\n",
			adjust: func(s *Spec) { s.Timeout = 150 * time.Millisecond }},
		{name: "silence", script: "echo a; sleep 0.1; echo b; sleep 60", cause: Silent, code: -1, signal: 9, out: "a\nb\n",
			adjust: func(s *Spec) { s.MaxSilent = 300 * time.Millisecond }},
		{name: "output limit", script: "while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done", cause: TooMuch, code: -1, signal: 9, out: "*",
			adjust: func(s *Spec) { s.MaxOutput = 100000 }},
		{name: "background processes", script: "sleep 600 & setsid sleep 600 & echo started", out: "started\n"},
		{name: "closed output", script: "exec >&- 2>&-; sleep 0.1; exit 4", code: 4},
		{name: "closed output for ever", script: "exec >&- 2>&-; sleep 1000", code: -1, signal: 9},
		{name: "missing program", code: 1, out: "error: executing '/no/such': No such file or directory\n",
			adjust: func(s *Spec) { s.Path = "/no/such" }},
		{name: "pipe", script: "test -t 1 || echo none", out: "none\n", adjust: func(s *Spec) { s.Pipe = true }},
		{name: "fork limit", script: "grep processes /proc/self/limits | tr -s ' '", out: "Max processes 77 77 processes \n",
			adjust: func(s *Spec) { s.Rlimits = []Rlimit{{Resource: unix.RLIMIT_NPROC, Soft: 77, Hard: 77}} }},
		{name: "uname", script: "uname -m", out: "i686\n", adjust: func(s *Spec) {
			if runtime.GOARCH != "amd64" {
				s.Args[2] = "echo i686"
			}
			s.Personality.Linux32 = true
		}},
		{name: "read-only mount", script: "touch /usr/x 2>&1 | sed 's/.*: //'", out: "Read-only file system\n", adjust: func(s *Spec) {
			for i := range s.Mounts {
				s.Mounts[i].ReadOnly = s.Mounts[i].Target == "/usr"
			}
		}},
		{name: "network files", script: "cat /etc/nsswitch.conf; ls /proc/net/dev", out: "hosts: files dns\nservices: files\n/proc/net/dev\n",
			adjust: func(s *Spec) { s.Network = true }},
		{name: "files", script: "cat /etc/xdg/f; stat -c %a /etc/xdg/f", out: "hi\n640\n",
			adjust: func(s *Spec) { s.Files = []File{{"/etc/xdg/f", 0o640, []byte("hi\n")}} }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, out := shell(t, tt.script)
			if tt.adjust != nil {
				tt.adjust(s)
			}
			r := run(t, s)
			if r.Cause != tt.cause || r.ExitCode != tt.code || r.Signal != tt.signal {
				t.Errorf("got cause %v, %s; want cause %v, code %d, signal %d\n%s", r.Cause, r.Describe(), tt.cause, tt.code, tt.signal, out)
			}
			if tt.out != "*" && out.String() != tt.out {
				t.Errorf("output %q, want %q", out, tt.out)
			}
		})
	}
}

func TestCancel(t *testing.T) {
	s, _ := shell(t, "sleep 600")
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	r, err := Run(ctx, s)
	if err != nil || r.Cause != Cancelled {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestOutputError(t *testing.T) {
	s, _ := shell(t, "echo a; sleep 600")
	full := errors.New("no room")
	s.Output = writerFunc(func([]byte) (int, error) { return 0, full })
	if _, err := Run(context.Background(), s); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// TestAlone covers a run without a sandbox.
func TestAlone(t *testing.T) {
	out := new(bytes.Buffer)
	dir := t.TempDir()
	s := &Spec{Path: "/bin/sh", Args: []string{"sh", "-c", "pwd; sleep 600 & test -t 1; echo $?; exit 3"}, Dir: dir, Open: true,
		Env: []string{"PATH=/usr/bin:/bin"}, Output: out, Identity: Identity{Keep: true}}
	begin := time.Now()
	r := run(t, s)
	if r.ExitCode != 3 || out.String() != dir+"\n0\n" {
		t.Errorf("got %s, output %q", r.Describe(), out)
	}
	if d := time.Since(begin); d > 3*time.Second {
		t.Errorf("waited %v for a background process", d)
	}
}

func TestBadSpec(t *testing.T) {
	tests := []struct {
		name, want string
		adjust     func(*Spec)
	}{
		{"NUL", "NUL byte", func(s *Spec) { s.Args = append(s.Args, "a\x00b") }},
		{"relative target", "invalid path to bind mount", func(s *Spec) { s.Mounts = append(s.Mounts, Mount{Source: "/usr", Target: "usr"}) }},
		{"escaping target", "invalid path to bind mount", func(s *Spec) { s.Mounts = append(s.Mounts, Mount{Source: "/usr", Target: "/../usr"}) }},
		{"missing source", "getting attributes of path '/no/such': no such file", func(s *Spec) { s.Mounts = append(s.Mounts, Mount{Source: "/no/such", Target: "/x"}) }},
		{"missing directory", "change into /nowhere: no such file", func(s *Spec) { s.Dir = "/nowhere" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := shell(t, "exit 0")
			tt.adjust(s)
			_, err := Run(context.Background(), s)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}

func BenchmarkRun(b *testing.B) {
	if err := Check(); err != nil {
		b.Skip(err)
	}
	out := new(bytes.Buffer)
	for b.Loop() {
		s := &Spec{Path: "/bin/true", Args: []string{"true"}, Dir: "/", Identity: OwnIdentity(), Output: out}
		for _, d := range []string{"/bin", "/usr", "/lib", "/lib64"} {
			s.Mounts = append(s.Mounts, Mount{Source: d, Target: d, Optional: true})
		}
		r, err := Run(context.Background(), s)
		if err != nil || !r.Success() {
			b.Fatal(r, err)
		}
	}
}
