package mem

import (
	"testing"

	"firn/internal/format/signature"
	"firn/internal/format/storepath"
	"firn/internal/store/storetest"
)

func TestConformance(t *testing.T) {
	storetest.Run(t, func(*testing.T) storetest.Store { return New(storepath.Default) })
	storetest.RunSigned(t, func(_ *testing.T, keys signature.PublicKeys) storetest.Store {
		return NewSigned(storepath.Default, keys)
	})
}
