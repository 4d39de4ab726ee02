package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"firn/internal/format/derivation"
	"firn/internal/format/nar"
	"firn/internal/format/storepath"
)

// ReadDerivation reads a derivation from a store of any kind.
func ReadDerivation(ctx context.Context, r Reader, p storepath.Path) (*derivation.Derivation, error) {
	full := r.Dir().Join(p)
	if !p.IsDerivation() {
		return nil, fmt.Errorf("path '%s' is not a store derivation", full)
	}
	var archive bytes.Buffer
	if err := r.WriteNAR(ctx, p, &archive); err != nil {
		return nil, err
	}
	text, err := singleFile(&archive)
	if err != nil {
		return nil, fmt.Errorf("read derivation '%s': %w", full, err)
	}
	d, err := derivation.ParseATerm(r.Dir(), p.DerivationName(), text)
	if err != nil {
		return nil, fmt.Errorf("error parsing derivation '%s': %w", full, err)
	}
	return d, nil
}

// singleFile returns the contents of an archive of one file.
func singleFile(r io.Reader) (string, error) {
	in := nar.NewReader(r)
	h, err := in.Next()
	if err != nil {
		return "", err
	}
	if h.Type != nar.Regular {
		return "", errors.New("it is not a file")
	}
	var b strings.Builder
	_, err = io.Copy(&b, in)
	return b.String(), err
}
