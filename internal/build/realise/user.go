package realise

import (
	"bufio"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"firn/internal/activity"
	"firn/internal/build/plan"
	"firn/internal/build/sandbox"
	"firn/internal/filelock"
)

// buildUser is an account, or a range of ids, that one build has for itself.
type buildUser struct {
	uid, gid int
	count    int // ids from uid on
	groups   []int
	lock     *filelock.File
}

func (u *buildUser) release() {
	if u != nil {
		u.lock.Close()
	}
}

// owns tells whether a file belongs to the user.
func (u *buildUser) owns(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) >= u.uid && int(st.Uid) < u.uid+u.count
}

// idsPerBuild is the size of a range of ids.
const idsPerBuild = 65536

// acquireUser waits until a build user is free. There are none unless the caller is root.
func (b *build) acquireUser() (*buildUser, error) {
	c := &b.r.Config
	wide := b.opt.Needs("uid-range")
	if wide && !b.isolated {
		return nil, plan.Failf(plan.InputRejected, "feature 'uid-range' is only supported in sandboxed builds")
	}
	if !sandbox.CanChangeUser() || c.BuildUsersGroup == "" && !c.AutoAllocateUIDs {
		if wide {
			return nil, plan.Failf(plan.InputRejected, "feature 'uid-range' requires the setting 'auto-allocate-uids' to be enabled")
		}
		return nil, nil
	}
	try := func() (*buildUser, error) { return tryMembers(c.StateDir, c.BuildUsersGroup) }
	if c.AutoAllocateUIDs {
		count := 1
		if wide {
			count = idsPerBuild
		}
		try = func() (*buildUser, error) { return tryRanges(c, count) }
	} else if wide {
		return nil, plan.Failf(plan.InputRejected, "feature 'uid-range' requires the setting 'auto-allocate-uids' to be enabled")
	}
	var waiting *activity.Activity
	defer func() { waiting.Stop() }()
	for {
		u, err := try()
		if u != nil || err != nil {
			return u, err
		}
		if waiting == nil {
			waiting = b.r.Activity.Start(activity.BuildWaiting, activity.Warn, "waiting for a free build user ID for '"+b.full(b.drv)+"'")
		}
		if err := pause(b.ctx, 100*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// tryMembers takes a member of the group that no build uses, nil if all are in use.
func tryMembers(stateDir, group string) (*buildUser, error) {
	gid, members, err := findGroup(group)
	if err != nil {
		return nil, err
	}
	if len(members) == 0 {
		return nil, fmt.Errorf("the build users group '%s' has no members", group)
	}
	for _, name := range members {
		uid, own, err := findUser(name)
		if err != nil {
			return nil, err
		}
		if uid < 0 {
			return nil, fmt.Errorf("the user '%s' in the group '%s' does not exist", name, group)
		}
		if uid == os.Getuid() || uid == os.Geteuid() {
			return nil, fmt.Errorf("the Nix user should not be a member of '%s'", group)
		}
		lock, err := tryLock(filepath.Join(stateDir, "userpool"), strconv.Itoa(uid))
		if err != nil {
			return nil, err
		}
		if lock == nil {
			continue
		}
		u := &buildUser{uid: uid, gid: gid, count: 1, lock: lock}
		u.groups, err = supplementary(name, own, gid)
		if err != nil {
			lock.Close()
			return nil, err
		}
		return u, nil
	}
	return nil, nil
}

// tryRanges takes a range of ids that no build uses.
func tryRanges(c *Config, count int) (*buildUser, error) {
	for slot := range c.UIDCount / idsPerBuild {
		lock, err := tryLock(filepath.Join(c.StateDir, "userpool2"), fmt.Sprintf("slot-%d", slot))
		if err != nil {
			return nil, err
		}
		if lock == nil {
			continue
		}
		first := c.FirstUID + slot*idsPerBuild
		return &buildUser{uid: first, gid: first, count: count, lock: lock}, nil
	}
	return nil, nil
}

func tryLock(dir, name string) (*filelock.File, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	f, err := filelock.Open(filepath.Join(dir, name))
	if err != nil {
		return nil, fmt.Errorf("opening user lock: %w", err)
	}
	ok, err := f.Try(filelock.Exclusive)
	if !ok || err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// findGroup reads /etc/group. Accounts that only a directory service knows are not found: build users
// are local.
func findGroup(name string) (gid int, members []string, err error) {
	found := false
	err = eachLine("/etc/group", func(f []string) {
		if len(f) >= 4 && f[0] == name {
			if n, e := strconv.Atoi(f[2]); e == nil {
				gid, found = n, true
				members = strings.FieldsFunc(f[3], func(r rune) bool { return r == ',' })
			}
		}
	})
	if err == nil && !found {
		err = fmt.Errorf("the group '%s' specified in 'build-users-group' does not exist", name)
	}
	return gid, members, err
}

// findUser reads /etc/passwd; the uid is -1 if there is no such user.
func findUser(name string) (uid, gid int, err error) {
	uid = -1
	err = eachLine("/etc/passwd", func(f []string) {
		if len(f) >= 4 && f[0] == name {
			u, e1 := strconv.Atoi(f[2])
			g, e2 := strconv.Atoi(f[3])
			if e1 == nil && e2 == nil {
				uid, gid = u, g
			}
		}
	})
	return uid, gid, err
}

// supplementary lists the groups of a user, such as "kvm", without the group of the build users.
func supplementary(name string, own, without int) ([]int, error) {
	var list []int
	if own != without {
		list = append(list, own)
	}
	err := eachLine("/etc/group", func(f []string) {
		if len(f) < 4 || !slices.Contains(strings.Split(f[3], ","), name) {
			return
		}
		if g, err := strconv.Atoi(f[2]); err == nil && g != without && !slices.Contains(list, g) {
			list = append(list, g)
		}
	})
	return list, err
}

func eachLine(file string, f func(fields []string)) error {
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	s := bufio.NewScanner(in)
	for s.Scan() {
		f(strings.Split(s.Text(), ":"))
	}
	return s.Err()
}
