// Package server presents a store of any kind as a binary cache over HTTP.
//
//	nix-cache-info              the store directory and hints
//	HASHPART.narinfo            what is known of a path, signed if there are keys
//	HASHPART.ls                 the listing of its archive
//	nar/HASHPART-NARHASH.nar    the archive, also in parts; .nar.zst and the like compressed
//	log/DRV                     the log of a build
//	build-trace-v2/DRV/OUT.doi  what an output was built to; realisations/… where the store has that form
//
// Nothing is kept: archives are made, and compressed, while they are sent. Their names have the hash of what they
// contain, so they may be kept by whoever is in between for ever. Nothing can be changed through it.
//
// See docs/spec/binary-cache.md.
package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"

	"firn/internal/activity"
	"firn/internal/compress"
	"firn/internal/format/nar"
	"firn/internal/format/narinfo"
	"firn/internal/format/nixhash"
	"firn/internal/format/realisation"
	"firn/internal/format/signature"
	"firn/internal/format/storepath"
	"firn/internal/store"
)

// Store is what is presented. It may also be a [store.Traces], a [store.Logs], and know realisations as Nix 2.4 to 2.34
// wrote them.
type Store interface {
	store.Reader
	FromHashPart(ctx context.Context, hashPart string) (storepath.Path, error)
}

// Options say how a store is presented.
type Options struct {
	Compression compress.Method // of the archives that narinfos name
	Compress    compress.Options
	Keys        []signature.SecretKey // that sign narinfos and realisations
	Priority    int                   // who has the lowest is asked first
	Recorder    *activity.Recorder
}

// Server is the handler.
type Server struct {
	store Store
	o     Options
}

// New returns the handler for a store.
func New(s Store, o Options) *Server { return &Server{s, o} }

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Server", "firn")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "this binary cache can only be read", http.StatusMethodNotAllowed)
		return
	}
	s.o.Recorder.Say(activity.Talkative, fmt.Sprintf("%s %s for %s", r.Method, r.URL.Path, r.RemoteAddr))
	if err := s.serve(w, r); err != nil {
		s.fail(w, r, err)
	}
}

// fail answers with an error, if the answer has not begun.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, store.ErrNotValid):
		http.Error(w, "not here", http.StatusNotFound)
	case r.Context().Err() != nil: // nobody listens
	default:
		s.o.Recorder.Warn(fmt.Sprintf("cannot answer %s %s: %v", r.Method, r.URL.Path, err))
		http.Error(w, "this binary cache has a problem; its log says more", http.StatusInternalServerError)
	}
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) error {
	name := strings.TrimPrefix(r.URL.Path, "/")
	dir, rest, nested := strings.Cut(name, "/")
	base, suffix, _ := strings.Cut(name, ".")
	switch {
	case name == "nix-cache-info":
		return s.about(w, r)
	case !nested && suffix == "narinfo":
		return s.narinfo(w, r, base)
	case !nested && suffix == "ls":
		return s.listing(w, r, base)
	case dir == "nar":
		return s.archive(w, r, rest)
	case dir == "log":
		return s.log(w, r, rest)
	case dir == "build-trace-v2":
		return s.realisation(w, r, rest)
	case dir == "realisations":
		return s.legacyRealisation(w, r, rest)
	}
	return fs.ErrNotExist
}

// send answers with a small file.
func send(w http.ResponseWriter, r *http.Request, contentType string, data []byte) error {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", fmt.Sprint(len(data)))
	if r.Method == http.MethodGet {
		w.Write(data)
	}
	return nil
}

func (s *Server) about(w http.ResponseWriter, r *http.Request) error {
	text := fmt.Sprintf("StoreDir: %s\nWantMassQuery: 1\nPriority: %d\n", s.store.Dir(), s.o.Priority)
	return send(w, r, "text/x-nix-cache-info", []byte(text))
}

// find returns what is known of the path with a hash part.
func (s *Server) find(ctx context.Context, hashPart string) (*narinfo.Info, error) {
	if _, err := storepath.ParseBase(hashPart + "-name"); err != nil {
		return nil, fs.ErrNotExist
	}
	p, err := s.store.FromHashPart(ctx, hashPart)
	if err != nil {
		return nil, err
	}
	if p == "" {
		return nil, fs.ErrNotExist
	}
	info, err := s.store.PathInfo(ctx, p)
	if err != nil {
		return nil, err
	}
	m := s.o.Compression
	ni := &narinfo.Info{Info: *info, Compression: m.String(), URL: "nar/" + archiveName(hashPart, info.NARHash) + m.Extension()}
	if m == compress.None {
		ni.FileHash, ni.FileSize = info.NARHash, info.NARSize
	}
	return ni, nil
}

// archiveName is the name of an archive without the extension of its compression.
func archiveName(hashPart string, hash nixhash.Hash) string {
	return hashPart + "-" + hash.Text(nixhash.Nix32, false) + ".nar"
}

func (s *Server) narinfo(w http.ResponseWriter, r *http.Request, hashPart string) error {
	info, err := s.find(r.Context(), hashPart)
	if err != nil {
		return err
	}
	if err := info.Sign(s.store.Dir(), s.o.Keys...); err != nil {
		return err
	}
	return send(w, r, "text/x-nix-narinfo", []byte(info.Text(s.store.Dir())))
}

func (s *Server) listing(w http.ResponseWriter, r *http.Request, hashPart string) error {
	info, err := s.find(r.Context(), hashPart)
	if err != nil {
		return err
	}
	archive, out := io.Pipe()
	sent := make(chan struct{})
	go func() {
		out.CloseWithError(s.store.WriteNAR(r.Context(), info.Path, out))
		close(sent)
	}()
	list, err := nar.Index(archive)
	archive.Close()
	<-sent
	if err != nil {
		return err
	}
	return send(w, r, "application/json", list.LSFile())
}

func (s *Server) log(w http.ResponseWriter, r *http.Request, name string) error {
	logs, ok := s.store.(store.Logs)
	drv, err := storepath.ParseBase(name)
	if !ok || err != nil {
		return fs.ErrNotExist
	}
	text, err := logs.BuildLog(r.Context(), drv)
	if err != nil {
		return err
	}
	defer text.Close()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if r.Method == http.MethodGet {
		copyOrAbort(w, text)
	}
	return nil
}

func (s *Server) realisation(w http.ResponseWriter, r *http.Request, name string) error {
	traces, ok := s.store.(store.Traces)
	drvName, file, _ := strings.Cut(name, "/")
	output, isTrace := strings.CutSuffix(file, ".doi")
	drv, err := storepath.ParseBase(drvName)
	if !ok || !isTrace || err != nil {
		return fs.ErrNotExist
	}
	found, err := traces.Realisation(r.Context(), realisation.ID{Drv: drv, Output: output})
	if err != nil {
		return err
	}
	if found == nil {
		return fs.ErrNotExist
	}
	signed := *found
	signed.Sign(s.o.Keys...)
	return send(w, r, "application/json", signed.ValueJSON())
}

func (s *Server) legacyRealisation(w http.ResponseWriter, r *http.Request, name string) error {
	traces, ok := s.store.(store.LegacyTraces)
	text, isTrace := strings.CutSuffix(name, ".doi")
	id, err := realisation.ParseLegacyID(text)
	if !ok || !isTrace || err != nil {
		return fs.ErrNotExist
	}
	found, err := traces.LegacyRealisation(r.Context(), id)
	if err != nil {
		return err
	}
	if found == nil {
		return fs.ErrNotExist
	}
	data, err := found.MarshalJSON()
	if err != nil {
		return err
	}
	return send(w, r, "application/json", data)
}
