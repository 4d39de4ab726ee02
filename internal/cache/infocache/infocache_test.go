package infocache

import (
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"firn/internal/cache"
	"firn/internal/format/narinfo"
	"firn/internal/format/storepath"
	"firn/internal/sqlite"
)

const text = `StorePath: /nix/store/syd87l2rxw8cbsxmxl853h0r6pdwhwjr-curl-7.82.0-bin
URL: nar/05ra3y72i3qjri7xskf9qj8kb29r6naqy1sqpbs3azi3xcigmj56.nar.xz
Compression: xz
FileHash: sha256:05ra3y72i3qjri7xskf9qj8kb29r6naqy1sqpbs3azi3xcigmj56
FileSize: 68852
NarHash: sha256:1b4sb93wp679q4zx9k1ignby1yna3z7c4c2ri3wphylbc2dwsys0
NarSize: 196040
References: 0jqd0rlxzra1rs38rdxl43yh6rxchgc6-curl-7.82.0 6w8g7njm4mck5dmjxws0z1xnrxvl81xa-glibc-2.34-115
Deriver: 7r7xp8gnxbnf3ffvvxxh0b0vq3c6sq7r-curl-7.82.0.drv
`

func open(t *testing.T, dir string) *DB {
	t.Helper()
	d, err := Open(t.Context(), dir, TTL{Positive: 30 * 24 * time.Hour, Negative: time.Hour, Meta: 7 * 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAnswers(t *testing.T) {
	const url, none = "https://cache.example.org", "ba000000000000000000000000000000"
	dir, ctx := filepath.Join(t.TempDir(), "deep/nix"), t.Context()
	info, err := narinfo.Parse(storepath.Default, text, "test")
	if err != nil {
		t.Fatal(err)
	}
	d := open(t, dir)
	if _, known := d.About(ctx, url); known {
		t.Error("an empty database knows a cache")
	}
	about := cache.About{Dir: storepath.Default, WantMassQuery: true, Priority: 40}
	d.RememberAbout(ctx, url, about)
	d.Remember(ctx, url, info.Path.HashPart(), info)
	d.Remember(ctx, url, none, nil)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}

	d = open(t, dir)
	defer d.Close()
	if got, known := d.About(ctx, url); !known || got != about {
		t.Errorf("%+v, %v", got, known)
	}
	got, known := d.Narinfo(ctx, url, info.Path.HashPart())
	if !known || !reflect.DeepEqual(got, info) {
		t.Errorf("%v:\n got %+v\nwant %+v", known, got, info)
	}
	if got, known := d.Narinfo(ctx, url, none); got != nil || !known {
		t.Errorf("%v, %v", got, known)
	}
	for _, c := range []struct {
		later                    time.Duration
		positive, negative, meta bool
	}{
		{time.Hour / 2, true, true, true}, {2 * time.Hour, true, false, true}, {8 * 24 * time.Hour, true, false, false}, {31 * 24 * time.Hour, false, false, false},
	} {
		d.now = func() time.Time { return time.Now().Add(c.later) }
		_, meta := d.About(ctx, url)
		_, positive := d.Narinfo(ctx, url, info.Path.HashPart())
		_, negative := d.Narinfo(ctx, url, none)
		if positive != c.positive || negative != c.negative || meta != c.meta {
			t.Errorf("after %v: %v, %v, %v", c.later, positive, negative, meta)
		}
	}
	if err := d.purge(ctx); err != nil {
		t.Fatal(err)
	}
	if n, err := d.number(`select count(*) from NARs`); n != 0 || err != nil {
		t.Errorf("%d rows are left, %v", n, err)
	}
}

func TestForeignRows(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	d.RememberAbout(t.Context(), "u", cache.About{Dir: storepath.Default})
	bad := `insert into NARs(cache, hashPart, namePart, narHash, timestamp, present) values (1, 'ba000000000000000000000000000000', 'x', 'nonsense', 99999999999, 1)`
	if err := d.conn.Exec(bad + ";"); err != nil {
		t.Fatal(err)
	}
	if _, known := d.Narinfo(t.Context(), "u", "ba000000000000000000000000000000"); known {
		t.Error("nonsense is taken for an answer")
	}
	d.Close()
	if _, err := sqlite.Open(filepath.Join(dir, Name), sqlite.Options{}); err != nil {
		t.Error(err)
	}
}
