/// The arithmetic decoder of VP8: RFC 6386, section 7. Behind the end are zeros.
struct WebPBools {
    private let bytes: ImageBytes
    private var at: Int
    private var value: UInt32 = 0
    private var range: UInt32 = 255
    /// Bits of the value below its upper byte.
    private var spare = -8

    init(_ bytes: ImageBytes) {
        self.bytes = bytes
        at = bytes.start
        fill()
    }

    /// Checks that no more was read than there is, but for the zeros that an encoder may leave out.
    func check() throws(ImageError) {
        guard at <= bytes.end + 2 else { throw ImageError(.endsEarly, at: bytes.end) }
    }

    @inline(__always)
    private mutating func fill() {
        while spare < 0 {
            value = value << 8 | UInt32(bytes.peek(at) ?? 0)
            at &+= 1
            spare &+= 8
        }
    }

    /// One bit, with the probability of 0 in 1/256.
    @inline(__always)
    mutating func bit(_ probability: UInt8) -> Bool {
        let split = 1 &+ ((range &- 1) &* UInt32(probability)) >> 8
        let bound = split << UInt32(spare)
        let isSet = value >= bound
        if isSet {
            value &-= bound
            range &-= split
        } else {
            range = split
        }
        let shift = range.leadingZeroBitCount &- 24
        range <<= UInt32(shift)
        spare &-= shift
        fill()
        return isSet
    }

    /// A number of so many bits, from the highest on.
    mutating func number(_ bits: Int) -> Int {
        var value = 0
        for _ in 0..<bits { value = value << 1 | (bit(128) ? 1 : 0) }
        return value
    }

    mutating func flag() -> Bool { bit(128) }

    /// A number and its sign.
    mutating func signed(_ bits: Int) -> Int {
        let value = number(bits)
        return flag() ? -value : value
    }

    /// A number and its sign behind a flag; 0 without it.
    mutating func optional(_ bits: Int) -> Int { flag() ? signed(bits) : 0 }
}
