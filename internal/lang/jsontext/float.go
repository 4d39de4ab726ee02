package jsontext

import (
	"math"
	"math/bits"
)

// The digits of a float are made by the algorithm Grisu2 of Florian Loitsch, "Printing Floating-Point Numbers Quickly
// and Accurately with Integers" (2010), with the parameters that nlohmann/json uses. They always read back as the same
// float, but in one case of a thousand there are one or more too many, or not the closest ones. These have to be the
// same ones as Nix prints, so strconv does not do.

// A fp is the number f × 2^e.
type fp struct {
	f uint64
	e int
}

func (x fp) normalized() fp {
	n := bits.LeadingZeros64(x.f)
	return fp{x.f << n, x.e - n}
}

// times is rounded to 64 bits, half a unit upwards.
func (x fp) times(y fp) fp {
	high, low := bits.Mul64(x.f, y.f)
	return fp{high + low>>63, x.e + y.e + 64}
}

// neighbourhood returns a positive float and the middles between it and its neighbours, of one exponent.
func neighbourhood(x float64) (value, low, high fp) {
	const (
		mantissaBits = 52
		bias         = 1023 + mantissaBits
		hidden       = 1 << mantissaBits
	)
	b := math.Float64bits(x)
	v := fp{b & (hidden - 1), 1 - bias}
	exponent := int(b >> mantissaBits)
	if exponent > 0 {
		v = fp{v.f + hidden, exponent - bias}
	}
	high = fp{2*v.f + 1, v.e - 1}.normalized()
	low = fp{2*v.f - 1, v.e - 1}
	if v.f == hidden && exponent > 1 {
		low = fp{4*v.f - 1, v.e - 2} // below a power of two, floats are twice as dense
	}
	low = fp{low.f << (low.e - high.e), high.e}
	return v.normalized(), low, high
}

// decimalPower returns a power of ten and its exponent that brings a product with a number of binary exponent e to an
// exponent from -60 to -32.
func decimalPower(e int) (fp, int) {
	const smallest = -60
	n := smallest - e - 1
	k := n * 78913 / (1 << 18) // log10(2); rounded up
	if n > 0 {
		k++
	}
	i := (k - firstPower + powerStep - 1) / powerStep
	return fp(powers[i]), firstPower + powerStep*i
}

// appendDigits appends the digits of a positive float, which is their number times 10^exponent.
func appendDigits(dst []byte, x float64) (digits []byte, exponent int) {
	value, low, high := neighbourhood(x)
	scale, k := decimalPower(high.e)
	value, low, high = value.times(scale), low.times(scale), high.times(scale)
	low.f++ // the scaled numbers are off by less than one unit
	high.f--
	g := generator{dst, high.f - low.f, high.f - value.f}
	exponent = g.generate(high) - k
	return g.digits, exponent
}

// A generator makes the digits of a number from below its upper limit, until what remains is less than width.
type generator struct {
	digits   []byte
	width    uint64 // between the limits
	distance uint64 // between the number and the upper limit
}

// generate returns the decimal exponent of the last digit.
func (g *generator) generate(high fp) int {
	one := uint64(1) << -high.e
	whole, fraction := high.f>>-high.e, high.f&(one-1)
	unit, n := uint64(1), 1
	for unit*10 <= whole {
		unit *= 10
		n++
	}
	for n > 0 {
		g.digits = append(g.digits, '0'+byte(whole/unit))
		whole %= unit
		n--
		if rest := whole<<-high.e + fraction; rest <= g.width {
			g.approach(rest, unit<<-high.e)
			return n
		}
		unit /= 10
	}
	for {
		fraction *= 10
		g.digits = append(g.digits, '0'+byte(fraction>>-high.e))
		fraction &= one - 1
		n--
		g.width *= 10
		g.distance *= 10
		if fraction <= g.width {
			g.approach(fraction, one)
			return n
		}
	}
}

// approach lowers the last digit, whose unit is given, while that brings the digits closer to the number.
func (g *generator) approach(rest, unit uint64) {
	for rest < g.distance && g.width-rest >= unit &&
		(rest+unit < g.distance || g.distance-rest > rest+unit-g.distance) {
		g.digits[len(g.digits)-1]--
		rest += unit
	}
}
