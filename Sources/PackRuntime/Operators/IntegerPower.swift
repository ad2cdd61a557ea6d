/// A power by squaring, wrapping around; negative exponents give what rounding the exact result towards zero gives.
func integerPower<T: FixedWidthInteger>(_ base: T, _ exponent: T) -> T {
    if exponent < 0 { return base == 1 ? 1 : base == 0 &- 1 ? (exponent & 1 == 0 ? 1 : 0 &- 1) : 0 }
    var result: T = 1
    var factor = base
    var left = exponent
    while left > 0 {
        if left & 1 == 1 { result = result &* factor }
        factor = factor &* factor
        left >>= 1
    }
    return result
}
