//go:build !unix

package oracle

import "os"

func peakRSS(*os.ProcessState) int64 { return 0 }
