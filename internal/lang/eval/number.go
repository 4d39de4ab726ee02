package eval

import (
	"math"
	"strconv"
	"strings"
)

// FormatGeneral prints a float as C's %g does: six significant digits.
func FormatGeneral(f float64) string {
	if s, ok := special(f); ok {
		return s
	}
	s := strconv.FormatFloat(f, 'e', 5, 64)
	mantissa, exp, _ := strings.Cut(s, "e")
	x, _ := strconv.Atoi(exp)
	if x < -4 || x >= 6 {
		return trimZeros(mantissa) + exponent(x)
	}
	return trimZeros(strconv.FormatFloat(f, 'f', 5-x, 64))
}

func trimZeros(s string) string {
	if strings.IndexByte(s, '.') < 0 {
		return s
	}
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

func exponent(x int) string {
	sign := "+"
	if x < 0 {
		sign, x = "-", -x
	}
	if x < 10 {
		return "e" + sign + "0" + strconv.Itoa(x)
	}
	return "e" + sign + strconv.Itoa(x)
}

// FormatFixed prints a float as C's %f does, as toString wants it.
func FormatFixed(f float64) string {
	if s, ok := special(f); ok {
		return s
	}
	return strconv.FormatFloat(f, 'f', 6, 64)
}

func special(f float64) (string, bool) {
	switch {
	case math.IsNaN(f) && math.Signbit(f):
		return "-nan", true
	case math.IsNaN(f):
		return "nan", true
	case math.IsInf(f, 1):
		return "inf", true
	case math.IsInf(f, -1):
		return "-inf", true
	}
	return "", false
}
