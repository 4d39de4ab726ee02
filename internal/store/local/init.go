package local

import "context"

// Init makes the store's directories and its database unless they are there.
// Nobody needs to call it: whatever writes does the same.
func (s *Store) Init(ctx context.Context) error { return s.ready(ctx) }
