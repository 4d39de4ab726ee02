package filelock

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// TestMain lets the test program act as another process: it takes the lock
// named by its environment, says so, and holds it until its input ends.
func TestMain(m *testing.M) {
	path := os.Getenv("FILELOCK_TEST_HOLD")
	if path == "" {
		os.Exit(m.Run())
	}
	l, err := LockPath(context.Background(), path, nil)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("held")
	io.Copy(io.Discard, os.Stdin)
	l.Release()
}

// holder starts another process that holds the lock of path.
func holder(t *testing.T, path string) (release func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "FILELOCK_TEST_HOLD="+path)
	in, _ := cmd.StdinPipe()
	out, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, _ := bufio.NewReader(out).ReadString('\n'); line != "held\n" {
		t.Fatalf("other process: %q", line)
	}
	var once sync.Once
	release = func() { once.Do(func() { in.Close(); cmd.Wait() }) }
	t.Cleanup(release)
	return release
}

func TestModes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	a, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for _, c := range []struct {
		first, second Mode
		both          bool
	}{
		{Shared, Shared, true}, {Shared, Exclusive, false}, {Exclusive, Shared, false}, {Exclusive, Exclusive, false},
	} {
		if ok, err := a.Try(c.first); !ok || err != nil {
			t.Fatalf("first lock: %v, %v", ok, err)
		}
		if ok, err := b.Try(c.second); ok != c.both || err != nil {
			t.Errorf("%v then %v: %v, %v; want %v", c.first, c.second, ok, err, c.both)
		}
		a.Unlock()
		b.Unlock()
	}
	if st, _ := os.Stat(path); st.Mode().Perm() != 0o600 || st.Size() != 0 {
		t.Errorf("lock file has mode %v and %d bytes", st.Mode(), st.Size())
	}
}

func TestLockEndsWithContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	a, _ := Open(path)
	b, _ := Open(path)
	defer a.Close()
	defer b.Close()
	if err := a.Lock(context.Background(), Exclusive); err != nil {
		t.Fatal(err)
	}
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(context.Background())
	time.AfterFunc(5*time.Millisecond, func() { cancel(cause) })
	if err := b.Lock(ctx, Shared); !errors.Is(err, cause) {
		t.Errorf("got %v, want the cause", err)
	}
	a.Unlock()
	if err := b.Lock(t.Context(), Shared); err != nil {
		t.Error(err)
	}
}

func TestDirectory(t *testing.T) {
	dir := t.TempDir()
	a, err := OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, _ := OpenDir(dir)
	defer b.Close()
	if ok, err := a.Try(Exclusive); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if ok, err := b.Try(Exclusive); ok || err != nil {
		t.Error("two processes hold one directory:", ok, err)
	}
	if _, err := OpenDir(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestPathExcludesOtherProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	release := holder(t, path)
	if l, err := TryPath(path); l != nil || err != nil {
		t.Fatalf("took a lock that another holds: %v, %v", l, err)
	}
	waited := make(chan bool, 1)
	got := make(chan error)
	go func() {
		l, err := LockPath(context.Background(), path, func() { waited <- true })
		if err == nil {
			l.Release()
		}
		got <- err
	}()
	<-waited
	release()
	if err := <-got; err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path + Suffix); !os.IsNotExist(err) {
		t.Error("lock file stays after release:", err)
	}
}

// A lock that another process released while we waited for it is stale: the
// name may belong to a third one by now.
func TestStaleLockIsNotTaken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	first, err := TryPath(path)
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan *Path)
	waits := make(chan bool)
	go func() {
		l, err := LockPath(context.Background(), path, func() { waits <- true })
		if err != nil {
			t.Error(err)
		}
		got <- l
	}()
	<-waits
	first.Release()
	l := <-got
	if again, err := TryPath(path); again != nil || err != nil {
		t.Errorf("the waiter holds a file that nobody else sees: %v, %v", again, err)
	}
	l.Release()
}

func TestMove(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	l, err := TryPath(a)
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := l.Move(b); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if other, err := TryPath(b); other != nil || err != nil {
		t.Errorf("moved lock is not held: %v, %v", other, err)
	}
	other, err := TryPath(a)
	if other == nil || err != nil {
		t.Fatalf("old name is still locked: %v, %v", other, err)
	}
	if ok, err := l.Move(a); ok || err != nil {
		t.Errorf("moved onto another's lock: %v, %v", ok, err)
	}
	other.Release()
	l.Release()
	if list, _ := os.ReadDir(dir); len(list) != 0 {
		t.Errorf("left behind: %v", list)
	}
}

func TestPathUnderContention(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	var inside, total int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 25 {
				l, err := LockPath(context.Background(), path, nil)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				inside++
				if inside != 1 {
					t.Errorf("%d holders at once", inside)
				}
				total++
				mu.Unlock()
				mu.Lock()
				inside--
				mu.Unlock()
				l.Release()
			}
		})
	}
	wg.Wait()
	if total != 200 {
		t.Errorf("%d turns, want 200", total)
	}
}

func TestLeftOverLockIsTaken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path+Suffix, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := TryPath(path)
	if l == nil || err != nil {
		t.Fatalf("lock file of a dead process blocks: %v, %v", l, err)
	}
	l.Release()
}

func TestMarkedLockIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path+Suffix, []byte("d"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := LockPath(context.Background(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	l.Release()
}
