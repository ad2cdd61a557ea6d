/// The MQ decoder: ITU-T T.800, annex C. Behind the end are ones.
struct JPEG2000Arithmetic {
    /// Of each state, the share of the less probable symbol, the states after the more and the less probable one, and whether they
    /// change roles.
    private static let states: [(share: UInt32, more: UInt8, less: UInt8, turns: UInt8)] = [
        (0x5601, 1, 1, 1), (0x3401, 2, 6, 0), (0x1801, 3, 9, 0), (0x0AC1, 4, 12, 0), (0x0521, 5, 29, 0),
        (0x0221, 38, 33, 0), (0x5601, 7, 6, 1), (0x5401, 8, 14, 0), (0x4801, 9, 14, 0), (0x3801, 10, 14, 0),
        (0x3001, 11, 17, 0), (0x2401, 12, 18, 0), (0x1C01, 13, 20, 0), (0x1601, 29, 21, 0), (0x5601, 15, 14, 1),
        (0x5401, 16, 14, 0), (0x5101, 17, 15, 0), (0x4801, 18, 16, 0), (0x3801, 19, 17, 0), (0x3401, 20, 18, 0),
        (0x3001, 21, 19, 0), (0x2801, 22, 19, 0), (0x2401, 23, 20, 0), (0x2201, 24, 21, 0), (0x1C01, 25, 22, 0),
        (0x1801, 26, 23, 0), (0x1601, 27, 24, 0), (0x1401, 28, 25, 0), (0x1201, 29, 26, 0), (0x1101, 30, 27, 0),
        (0x0AC1, 31, 28, 0), (0x09C1, 32, 29, 0), (0x08A1, 33, 30, 0), (0x0521, 34, 31, 0), (0x0441, 35, 32, 0),
        (0x02A1, 36, 33, 0), (0x0221, 37, 34, 0), (0x0141, 38, 35, 0), (0x0111, 39, 36, 0), (0x0085, 40, 37, 0),
        (0x0049, 41, 38, 0), (0x0025, 42, 39, 0), (0x0015, 43, 40, 0), (0x0009, 44, 41, 0), (0x0005, 45, 42, 0),
        (0x0001, 45, 43, 0), (0x5601, 46, 46, 0),
    ]

    /// The context of runs, and of bits that are as often set as not.
    static let run = 17
    static let even = 18

    private let data: [UInt8]
    private var at = 0
    private var end = 0
    private var code: UInt32 = 0
    private var interval: UInt32 = 0x8000
    private var count = 0
    private var states = [UInt8](repeating: 0, count: 19)
    private var symbols = [UInt8](repeating: 0, count: 19)

    init(_ data: [UInt8]) {
        self.data = data
        reset()
    }

    /// Forgets what was learned of each context.
    mutating func reset() {
        for index in states.indices { (states[index], symbols[index]) = (0, 0) }
        states[0] = 4
        states[JPEG2000Arithmetic.run] = 3
        states[JPEG2000Arithmetic.even] = 46
    }

    /// Starts on a part of the data.
    mutating func start(_ range: Range<Int>) {
        (at, end) = (range.lowerBound, range.upperBound)
        code = UInt32(byte(at)) << 16
        fill()
        code <<= 7
        count -= 7
        interval = 0x8000
    }

    @inline(__always)
    private func byte(_ place: Int) -> UInt8 { place < end ? data[place] : 0xFF }

    private mutating func fill() {
        let next = byte(at &+ 1)
        if byte(at) == 0xFF {
            if next > 0x8F {
                code &+= 0xFF00
                count = 8
            } else {
                at &+= 1
                code &+= UInt32(next) << 9
                count = 7
            }
        } else {
            at &+= 1
            code &+= UInt32(next) << 8
            count = 8
        }
    }

    /// The next bit in a context.
    @inline(__always)
    mutating func bit(_ context: Int) -> Int {
        let state = JPEG2000Arithmetic.states[Int(states[context])]
        var symbol = symbols[context]
        interval &-= state.share
        if code >> 16 < state.share {
            if interval < state.share {
                states[context] = state.more
            } else {
                symbols[context] = symbol ^ state.turns
                symbol ^= 1
                states[context] = state.less
            }
            interval = state.share
        } else {
            code &-= state.share << 16
            if interval & 0x8000 != 0 { return Int(symbol) }
            if interval < state.share {
                symbols[context] = symbol ^ state.turns
                symbol ^= 1
                states[context] = state.less
            } else {
                states[context] = state.more
            }
        }
        repeat {
            if count == 0 { fill() }
            interval <<= 1
            code <<= 1
            count &-= 1
        } while interval & 0x8000 == 0
        return Int(symbol)
    }
}

/// Bits that are not coded, from the highest of each byte down; the byte behind 0xFF has only seven.
struct JPEG2000RawBits {
    private let data: [UInt8]
    private var at: Int
    private let end: Int
    private var current: UInt8 = 0
    private var count = 0

    init(_ data: [UInt8], _ range: Range<Int>) {
        self.data = data
        (at, end) = (range.lowerBound, range.upperBound)
    }

    mutating func bit() -> Int {
        if count == 0 {
            count = current == 0xFF ? 7 : 8
            current = at < end ? data[at] : 0xFF
            at += 1
        }
        count -= 1
        return Int(current >> UInt8(count) & 1)
    }
}
