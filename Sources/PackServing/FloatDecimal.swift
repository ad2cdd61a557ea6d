/// The shortest decimal number that reads back as a given `Float`: `digits` · 10^`exponent`.
///
/// Schubfach for single precision: R. Giulietti, "The Schubfach way to render doubles", 2021. Of the shortest candidates it is
/// the one closest to the exact value.
struct FloatDecimal: Equatable {
    var digits: UInt32
    var exponent: Int

    /// - Parameter magnitude: Finite and positive.
    init(_ magnitude: Float) {
        let fraction = magnitude.bitPattern & 0x7F_FFFF
        let biased = Int(magnitude.bitPattern >> 23 & 0xFF)
        let c = biased == 0 ? fraction : fraction | 0x80_0000
        let q = max(biased, 1) - 150
        if q <= 0, q > -24, c & ((1 << UInt32(-q)) - 1) == 0 {
            self.init(digits: c >> UInt32(-q), exponent: 0)
            return
        }
        self.init(c: c, q: q, lowerIsCloser: fraction == 0 && biased > 1)
    }

    private init(digits: UInt32, exponent: Int) {
        self.digits = digits
        self.exponent = exponent
    }

    /// The value c · 2^q, in quarters of the distance to its neighbours scaled by 10^-k.
    private init(c: UInt32, q: Int, lowerIsCloser: Bool) {
        let k = (q * 1_262_611 - (lowerIsCloser ? 524_031 : 0)) >> 22
        let shift = UInt32(q + (-k * 1_741_647) >> 19 + 1)
        let power = powersOfTen[-k + 31]
        let isOdd = c & 1
        let lower = roundedToOdd(power, (4 * c - 2 + (lowerIsCloser ? 1 : 0)) << shift) + isOdd
        let value = roundedToOdd(power, 4 * c << shift)
        let upper = roundedToOdd(power, (4 * c + 2) << shift) - isOdd
        let s = value / 4
        if s >= 10 {
            let tens = s / 10 * 40
            if (lower <= tens) != (tens + 40 <= upper) {
                self.init(digits: s / 10 + (tens + 40 <= upper ? 1 : 0), exponent: k + 1)
                return
            }
        }
        let isAbove: Bool
        if (lower <= 4 * s) != (4 * s + 4 <= upper) {
            isAbove = 4 * s + 4 <= upper
        } else {
            isAbove = value > 4 * s + 2 || (value == 4 * s + 2 && s & 1 == 1)
        }
        self.init(digits: s + (isAbove ? 1 : 0), exponent: k)
    }
}

/// The upper 32 bits of a 96-bit product, the last one set when a lower bit is: enough to compare with.
private func roundedToOdd(_ power: UInt64, _ factor: UInt32) -> UInt32 {
    let low = (power & 0xFFFF_FFFF) * UInt64(factor)
    let high = (power >> 32) * UInt64(factor) + low >> 32
    return UInt32(truncatingIfNeeded: high >> 32) | (UInt32(truncatingIfNeeded: high) > 1 ? 1 : 0)
}

/// 10^k for k from -31 to 45, scaled by a power of two to 64 bits and rounded up.
private let powersOfTen: [77 of UInt64] = [
    0x81ceb32c4b43fcf5, 0xa2425ff75e14fc32, 0xcad2f7f5359a3b3f, 0xfd87b5f28300ca0e,
    0x9e74d1b791e07e49, 0xc612062576589ddb, 0xf79687aed3eec552, 0x9abe14cd44753b53,
    0xc16d9a0095928a28, 0xf1c90080baf72cb2, 0x971da05074da7bef, 0xbce5086492111aeb,
    0xec1e4a7db69561a6, 0x9392ee8e921d5d08, 0xb877aa3236a4b44a, 0xe69594bec44de15c,
    0x901d7cf73ab0acda, 0xb424dc35095cd810, 0xe12e13424bb40e14, 0x8cbccc096f5088cc,
    0xafebff0bcb24aaff, 0xdbe6fecebdedd5bf, 0x89705f4136b4a598, 0xabcc77118461cefd,
    0xd6bf94d5e57a42bd, 0x8637bd05af6c69b6, 0xa7c5ac471b478424, 0xd1b71758e219652c,
    0x83126e978d4fdf3c, 0xa3d70a3d70a3d70b, 0xcccccccccccccccd, 0x8000000000000000,
    0xa000000000000000, 0xc800000000000000, 0xfa00000000000000, 0x9c40000000000000,
    0xc350000000000000, 0xf424000000000000, 0x9896800000000000, 0xbebc200000000000,
    0xee6b280000000000, 0x9502f90000000000, 0xba43b74000000000, 0xe8d4a51000000000,
    0x9184e72a00000000, 0xb5e620f480000000, 0xe35fa931a0000000, 0x8e1bc9bf04000000,
    0xb1a2bc2ec5000000, 0xde0b6b3a76400000, 0x8ac7230489e80000, 0xad78ebc5ac620000,
    0xd8d726b7177a8000, 0x878678326eac9000, 0xa968163f0a57b400, 0xd3c21bcecceda100,
    0x84595161401484a0, 0xa56fa5b99019a5c8, 0xcecb8f27f4200f3a, 0x813f3978f8940985,
    0xa18f07d736b90be6, 0xc9f2c9cd04674edf, 0xfc6f7c4045812297, 0x9dc5ada82b70b59e,
    0xc5371912364ce306, 0xf684df56c3e01bc7, 0x9a130b963a6c115d, 0xc097ce7bc90715b4,
    0xf0bdc21abb48db21, 0x96769950b50d88f5, 0xbc143fa4e250eb32, 0xeb194f8e1ae525fe,
    0x92efd1b8d0cf37bf, 0xb7abc627050305ae, 0xe596b7b0c643c71a, 0x8f7e32ce7bea5c70,
    0xb35dbf821ae4f38c,
]
