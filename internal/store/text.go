package store

import (
	"fmt"
	"slices"
	"strings"

	"firn/internal/format/derivation"
	"firn/internal/format/nixhash"
	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
)

// Info returns the path info of a text.
func (t *Text) Info(dir storepath.Dir) (*pathinfo.Info, error) {
	narHash, narSize := FileNARHash(t.Contents)
	ca := storepath.ContentAddress{Method: storepath.Text, Hash: nixhash.Sum(nixhash.SHA256, t.Contents)}
	info, err := pathinfo.FromCA(dir, t.Name, ca, storepath.References{Others: t.References}, narHash, narSize)
	if err == nil && t.Path != "" && t.Path != info.Path {
		err = fmt.Errorf("text '%s' was announced as '%s' and is '%s'", t.Name, t.Path, info.Path)
	}
	return info, err
}

// PathIn returns the path of a text.
func (t *Text) PathIn(dir storepath.Dir) (storepath.Path, error) {
	if t.Path != "" {
		return t.Path, nil
	}
	return dir.MakeText(t.Name, nixhash.Sum(nixhash.SHA256, t.Contents), t.References)
}

// IsDerivation tells whether the text is a derivation.
func (t *Text) IsDerivation() bool { return strings.HasSuffix(t.Name, storepath.DrvExtension) }

// Outputs returns the known outputs of a derivation, nil for other texts. A
// derivation that was not given along is read from the contents; it is returned
// as well, so that the caller can check it.
func (t *Text) Outputs(dir storepath.Dir) ([]Output, *derivation.Derivation, error) {
	if !t.IsDerivation() {
		return nil, nil, nil
	}
	if t.Derivation != nil {
		return KnownOutputs(t.Derivation), nil, nil
	}
	d, err := derivation.ParseATerm(dir, strings.TrimSuffix(t.Name, storepath.DrvExtension), string(t.Contents))
	if err != nil {
		return nil, nil, fmt.Errorf("error parsing derivation '%s': %w", t.Name, err)
	}
	return KnownOutputs(d), d, nil
}

// KnownOutputs returns the outputs of a derivation whose paths are known before
// it is built, by name.
func KnownOutputs(d *derivation.Derivation) []Output {
	var list []Output
	for _, o := range d.Outputs {
		if o.Path != "" {
			list = append(list, Output{o.Name, o.Path})
		}
	}
	slices.SortFunc(list, func(a, b Output) int { return strings.Compare(a.Name, b.Name) })
	return list
}
