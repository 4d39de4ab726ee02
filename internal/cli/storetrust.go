package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"

	"firn/internal/activity"
	"firn/internal/config"
	"firn/internal/diag"
	"firn/internal/format/pathinfo"
	"firn/internal/format/signature"
	"firn/internal/format/storepath"
	"firn/internal/par"
	"firn/internal/store"
	"firn/internal/wiring"
)

var (
	verifyNoContentsFlag = Flag{Long: "no-contents", Doc: "Do not compare contents with their registered hashes."}
	verifyNoTrustFlag    = Flag{Long: "no-trust", Doc: "Do not check signatures."}
	verifySourceFlag     = Flag{Long: "substituter", Short: 's', Labels: []string{"store-uri"}, Doc: "Take signatures from the store *store-uri* into account, too. May be given several times."}
	verifyNeededFlag     = Flag{Long: "sigs-needed", Short: 'n', Labels: []string{"n"}, Doc: "Ask for *n* signatures of different trusted keys, even of what was built here."}
)

// Exit codes of firn store verify, which are added.
const (
	verifyDamaged   = 1
	verifyUntrusted = 2
	verifyFailed    = 4
)

var storeVerifyCommand = Command{
	Name: "verify", Category: Utility, Feature: config.NixCommand,
	Summary: "verify that paths are intact and trusted",
	Doc:     "Compares the contents of paths with the hashes that are registered for them, and checks that each was built here, is content-addressed, or is signed by a key in `trusted-public-keys`.",
	Examples: []Example{
		{"Verify the whole store", "nix store verify --all"},
		{"Check that a closure has two signatures", "nix store verify --recursive --sigs-needed 2 --no-contents ./result"},
	},
	Flags: [][]*Flag{{&verifyNoContentsFlag, &verifyNoTrustFlag, &verifyNeededFlag, &verifySourceFlag}, pathFlags, evalFlags},
	Args:  []Arg{{Label: "installables", Many: true}},
	Exits: []ExitCode{
		{verifyUntrusted, "A path is not trusted; the codes of several reasons are added."},
		{verifyFailed, "A path could not be verified, for example because it could not be read."},
	},
	Run: runStoreVerify,
}

// A verification is one run of firn store verify.
type verification struct {
	*Call
	store   store.Store
	sources []store.Store
	keys    signature.PublicKeys
	needed  int // signatures; 0 asks for one of what was not built here

	damaged, untrusted, failed atomic.Bool

	progress *activity.Activity
	running  atomic.Uint64
	done     atomic.Uint64
	total    uint64
}

func runStoreVerify(ctx context.Context, c *Call) error {
	return c.withStore(func(st store.Store) (err error) {
		v := &verification{Call: c, store: st}
		if text, ok := c.Value(&verifyNeededFlag); ok {
			if v.needed, err = strconv.Atoi(text); err != nil || v.needed < 0 {
				return diag.Misuse(diag.Usage, "'%s' is not an integer", text)
			}
		}
		if v.keys, err = wiring.TrustedKeys(&c.Config.Values); err != nil {
			return err
		}
		paths, err := c.storePaths(ctx, st)
		if err != nil {
			return err
		}
		return c.withSources(func(sources []store.Store) error {
			v.sources = sources
			v.progress, v.total = c.Events.Start(activity.VerifyPaths, activity.Error, ""), uint64(len(paths))
			defer v.progress.Stop()
			if err := par.Each(ctx, verifiedAtOnce, paths, v.verify); err != nil {
				return err
			}
			return v.result()
		})
	})
}

const verifiedAtOnce = 8

// withSources runs f on the stores that --substituter names.
func (c *Call) withSources(f func([]store.Store) error) (err error) {
	var sources []store.Store
	defer func() {
		for _, s := range sources {
			err = errors.Join(err, s.Close())
		}
	}()
	for _, values := range c.All(&verifySourceFlag) {
		s, err := c.openAny(values[0])
		if err != nil {
			return err
		}
		sources = append(sources, s)
	}
	return f(sources)
}

// verify verifies one path; what is wrong with it is said and remembered.
func (v *verification) verify(ctx context.Context, p storepath.Path) error {
	full := v.store.Dir().Join(p)
	v.running.Add(1)
	v.report()
	act := v.Events.Start(activity.Unknown, activity.Info, "checking '"+full+"'")
	defer func() {
		act.Stop()
		v.running.Add(^uint64(0))
		v.done.Add(1)
		v.report()
	}()
	err := func() error {
		info, err := v.store.PathInfo(ctx, p)
		if err != nil {
			return err
		}
		if !v.Has(&verifyNoContentsFlag) {
			intact, err := v.checkContents(ctx, v.store, info)
			if err != nil {
				return err
			}
			if !intact {
				v.damaged.Store(true)
				v.progress.Report(activity.CorruptedPath{Path: full})
			}
		}
		if v.Has(&verifyNoTrustFlag) {
			return nil
		}
		trusted, err := v.trusts(ctx, info)
		if err == nil && !trusted {
			v.untrusted.Store(true)
			v.progress.Report(activity.UntrustedPath{Path: full})
			v.Log.Say(activity.Error, diag.Msgf("path '%s' is untrusted", full))
		}
		return err
	}()
	if err != nil && ctx.Err() == nil {
		v.failed.Store(true)
		v.Log.Say(activity.Error, fmt.Sprintf("error: %v", err))
		return nil
	}
	return err
}

func (v *verification) report() {
	v.progress.Report(activity.Progress{Done: v.done.Load(), Expected: v.total, Running: v.running.Load()})
}

// trusts counts signatures, first those that the store has.
func (v *verification) trusts(ctx context.Context, info *pathinfo.Info) (bool, error) {
	if info.Ultimate && v.needed == 0 {
		return true, nil
	}
	all := *info
	for i := -1; ; i++ {
		if i >= 0 {
			more, err := v.sources[i].PathInfo(ctx, info.Path)
			switch {
			case errors.Is(err, store.ErrNotValid):
			case err != nil:
				return false, err
			case more.NARHash == info.NARHash:
				for _, sig := range more.Signatures {
					all.Signatures = signature.Insert(all.Signatures, sig)
				}
			}
		}
		n, err := all.CheckSignatures(v.store.Dir(), v.keys)
		if err != nil || n >= max(v.needed, 1) {
			return err == nil, err
		}
		if i+1 == len(v.sources) {
			return false, nil
		}
	}
}

func (v *verification) result() error {
	code := 0
	for _, r := range []struct {
		is   *atomic.Bool
		code int
	}{{&v.damaged, verifyDamaged}, {&v.untrusted, verifyUntrusted}, {&v.failed, verifyFailed}} {
		if r.is.Load() {
			code |= r.code
		}
	}
	if code != 0 {
		return Exit(code)
	}
	return nil
}

var signKeyFlag = Flag{Long: "key-file", Short: 'k', Labels: []string{"file"}, Complete: completeFile, Doc: "The file of the secret key to sign with."}

var storeSignCommand = Command{
	Name: "sign", Category: Utility, Feature: config.NixCommand,
	Summary:  "sign store paths with a key",
	Doc:      "Adds a signature by a secret key to what a store says of paths.",
	Examples: []Example{{"Sign a closure", "nix store sign --key-file ./secret --recursive ./result"}},
	Flags:    [][]*Flag{{&signKeyFlag}, pathFlags, evalFlags},
	Args:     []Arg{{Label: "installables", Many: true}},
	Run:      runStoreSign,
}

func runStoreSign(ctx context.Context, c *Call) error {
	file, ok := c.Value(&signKeyFlag)
	if !ok {
		return diag.Misuse(diag.Usage, "you must specify a secret key file")
	}
	key, err := wiring.ReadSecretKey(file)
	if err != nil {
		return err
	}
	added := 0
	err = c.eachSignable(ctx, func(st store.Store, info *pathinfo.Info) ([]signature.Signature, error) {
		signed := *info
		signed.Signatures = nil
		if err := signed.Sign(st.Dir(), key); err != nil {
			return nil, err
		}
		return signed.Signatures, nil
	}, &added)
	if err == nil {
		c.Log.Say(activity.Info, fmt.Sprintf("added %d signatures", added))
	}
	return err
}

// eachSignable adds the signatures that find returns for each path that the
// arguments mean, and counts those that are new.
func (c *Call) eachSignable(ctx context.Context, find func(store.Store, *pathinfo.Info) ([]signature.Signature, error), added *int) error {
	return c.withStore(func(st store.Store) error {
		to, ok := st.(store.Signable)
		if !ok {
			return diag.New(diag.InvalidSetting, "the store '%s' takes no signatures", c.Config.General.Store)
		}
		paths, err := c.storePaths(ctx, st)
		if err != nil {
			return err
		}
		for _, p := range paths {
			info, err := st.PathInfo(ctx, p)
			if err != nil {
				return err
			}
			sigs, err := find(st, info)
			if err != nil {
				return err
			}
			merged := append([]signature.Signature{}, info.Signatures...)
			for _, sig := range sigs {
				merged = signature.Insert(merged, sig)
			}
			if len(merged) == len(info.Signatures) {
				continue
			}
			*added += len(merged) - len(info.Signatures)
			if err := to.AddSignatures(ctx, p, sigs); err != nil {
				return err
			}
		}
		return nil
	})
}

var storeCopySigsCommand = Command{
	Name: "copy-sigs", Category: Utility, Feature: config.NixCommand,
	Summary:  "copy signatures of store paths from other stores",
	Doc:      "Asks other stores for signatures of paths that this one has with equal contents, and adds them.",
	Examples: []Example{{"Get the signatures of a binary cache", "nix store copy-sigs --substituter https://cache.example.org --recursive ./result"}},
	Flags:    [][]*Flag{{&verifySourceFlag}, pathFlags, evalFlags},
	Args:     []Arg{{Label: "installables", Many: true}},
	Run:      runStoreCopySigs,
}

func runStoreCopySigs(ctx context.Context, c *Call) error {
	if !c.Has(&verifySourceFlag) {
		return diag.Misuse(diag.Usage, "you must specify at least one substituter using '-s'")
	}
	added := 0
	err := c.withSources(func(sources []store.Store) error {
		return c.eachSignable(ctx, func(_ store.Store, info *pathinfo.Info) (sigs []signature.Signature, err error) {
			for _, s := range sources {
				other, err := s.PathInfo(ctx, info.Path)
				if errors.Is(err, store.ErrNotValid) {
					continue
				}
				if err != nil {
					return nil, err
				}
				// Signatures of something else are of no use.
				if other.NARHash == info.NARHash && other.NARSize == info.NARSize {
					sigs = append(sigs, other.Signatures...)
				}
			}
			return sigs, nil
		}, &added)
	})
	if err == nil {
		c.Log.Say(activity.Info, fmt.Sprintf("imported %d signatures", added))
	}
	return err
}
