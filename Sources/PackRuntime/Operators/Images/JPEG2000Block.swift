/// A code block: coefficients bit plane by bit plane, in three passes each: ITU-T T.800, annex D.
struct JPEG2000Block {
    private static let significant: UInt8 = 1
    private static let negative: UInt8 = 2
    private static let visited: UInt8 = 4
    private static let refined: UInt8 = 8

    /// Bits of a code block's style.
    private enum Style {
        static let raw = 1
        static let resets = 2
        static let causal = 8
        static let marks = 32
    }

    private let block: JPEG2000Tile.Block
    private let kind: Int
    private let style: Int
    private let width: Int
    private let height: Int
    /// Of a row of flags, which has one more on both sides.
    private let stride: Int
    private var flags: [UInt8]
    /// Twice the coefficients, and the half of what is not known of them.
    private var values: [Int32]
    private var coder: JPEG2000Arithmetic
    private var raw: JPEG2000RawBits
    private var isRaw = false
    private var one: Int32 = 0

    init(_ block: JPEG2000Tile.Block, kind: Int, style: Int) {
        self.block = block
        self.kind = kind
        self.style = style
        (width, height) = (block.width, block.height)
        stride = width + 2
        flags = [UInt8](repeating: 0, count: stride * (height + 2))
        values = [Int32](repeating: 0, count: width * height)
        coder = JPEG2000Arithmetic(block.data)
        raw = JPEG2000RawBits([], 0..<0)
    }

    /// Twice each coefficient, with the half of the lowest plane that was not sent.
    consuming func levels(_ start: Int) throws(ImageError) -> [Int32] {
        let planes = block.planes ?? 0
        var (plane, pass, place) = (planes, 2, 0)
        for segment in block.segments {
            isRaw = style & Style.raw != 0 && plane <= planes - 4 && pass < 2
            guard segment.bytes <= block.data.count - place else { throw ImageError(.badOffset, at: start) }
            let range = place..<place + segment.bytes
            if isRaw { raw = JPEG2000RawBits(block.data, range) } else { coder.start(range) }
            place = range.upperBound
            for _ in 0..<segment.passes where plane > 0 {
                one = 1 << Int32(plane)
                switch pass {
                case 0: spread()
                case 1: refine()
                default: clean()
                }
                if style & Style.resets != 0 { coder.reset() }
                pass += 1
                if pass == 3 { (pass, plane) = (0, plane - 1) }
            }
        }
        return values
    }

    // MARK: Contexts

    /// Significant neighbours to the sides, above and below, and at the corners. In the causal style what is below a stripe does not
    /// count.
    @inline(__always)
    private func neighbours(_ at: Int, _ y: Int) -> (Int, Int, Int) {
        func has(_ place: Int) -> Int { Int(flags[place] & JPEG2000Block.significant) }
        let sides = has(at &- 1) &+ has(at &+ 1)
        var upright = has(at &- stride)
        var corners = has(at &- stride &- 1) &+ has(at &- stride &+ 1)
        if style & Style.causal == 0 || y & 3 != 3 {
            upright &+= has(at &+ stride)
            corners &+= has(at &+ stride &- 1) &+ has(at &+ stride &+ 1)
        }
        return (sides, upright, corners)
    }

    @inline(__always)
    private func context(_ counts: (Int, Int, Int)) -> Int {
        let (sides, upright, corners) = counts
        if kind == 3 {
            let straight = sides &+ upright
            switch corners {
            case 0: return Swift.min(straight, 2)
            case 1: return 3 &+ Swift.min(straight, 2)
            case 2: return straight > 0 ? 7 : 6
            default: return 8
            }
        }
        let (along, across) = kind == 1 ? (upright, sides) : (sides, upright)
        switch along {
        case 0: return across > 0 ? 2 &+ across : Swift.min(corners, 2)
        case 1: return across > 0 ? 7 : corners > 0 ? 6 : 5
        default: return 8
        }
    }

    /// Reads the sign of a coefficient that has become significant.
    private mutating func sign(_ at: Int, _ x: Int, _ y: Int) {
        func share(_ place: Int) -> Int {
            let flag = flags[place]
            return flag & JPEG2000Block.significant == 0 ? 0 : flag & JPEG2000Block.negative == 0 ? 1 : -1
        }
        let isNegative: Bool
        if isRaw {
            isNegative = raw.bit() == 1
        } else {
            let sides = Swift.min(Swift.max(share(at - 1) + share(at + 1), -1), 1)
            let below = style & Style.causal == 0 || y & 3 != 3 ? share(at + stride) : 0
            let upright = Swift.min(Swift.max(share(at - stride) + below, -1), 1)
            let sum = sides * 3 + upright
            let turned = coder.bit(9 + abs(sum))
            isNegative = (turned == 1) != (sum < 0)
        }
        flags[at] |= JPEG2000Block.significant | (isNegative ? JPEG2000Block.negative : 0)
        let value = one | one >> 1
        values[y * width + x] = isNegative ? 0 - value : value
    }

    // MARK: Passes

    /// Where a coefficient's flags are. Passes go through columns of four rows, one beside the other.
    @inline(__always)
    private func at(_ x: Int, _ y: Int) -> Int { (y &+ 1) &* stride &+ x &+ 1 }

    /// Coefficients next to significant ones.
    private mutating func spread() {
        for top in Swift.stride(from: 0, to: height, by: 4) {
            for x in 0..<width {
                for y in top..<Swift.min(top + 4, height) {
                    let at = at(x, y)
                    guard flags[at] & JPEG2000Block.significant == 0 else { continue }
                    let counts = neighbours(at, y)
                    guard counts.0 &+ counts.1 &+ counts.2 > 0 else { continue }
                    if (isRaw ? raw.bit() : coder.bit(context(counts))) == 1 { sign(at, x, y) }
                    flags[at] |= JPEG2000Block.visited
                }
            }
        }
    }

    /// One more bit of those that were significant before.
    private mutating func refine() {
        for top in Swift.stride(from: 0, to: height, by: 4) {
            for x in 0..<width {
                for y in top..<Swift.min(top + 4, height) {
                    let at = at(x, y)
                    guard flags[at] & (JPEG2000Block.significant | JPEG2000Block.visited) == JPEG2000Block.significant
                    else { continue }
                    var bit = 0
                    if isRaw {
                        bit = raw.bit()
                    } else if flags[at] & JPEG2000Block.refined != 0 {
                        bit = coder.bit(16)
                    } else {
                        let counts = neighbours(at, y)
                        bit = coder.bit(counts.0 &+ counts.1 &+ counts.2 > 0 ? 15 : 14)
                    }
                    flags[at] |= JPEG2000Block.refined
                    let half = one >> 1
                    let place = y &* width &+ x
                    let grows = (bit == 1) == (values[place] >= 0)
                    values[place] &+= grows ? half : 0 &- half
                }
            }
        }
    }

    /// All others. Four of them without significant neighbours are told by one bit if they stay so.
    private mutating func clean() {
        for top in Swift.stride(from: 0, to: height, by: 4) {
            for x in 0..<width {
                var first = top
                var isKnown = false
                if top + 4 <= height, isQuiet(x, top) {
                    guard coder.bit(JPEG2000Arithmetic.run) == 1 else { continue }
                    first += coder.bit(JPEG2000Arithmetic.even) << 1
                    first += coder.bit(JPEG2000Arithmetic.even)
                    isKnown = true
                }
                for y in first..<Swift.min(top + 4, height) {
                    let at = at(x, y)
                    if flags[at] & (JPEG2000Block.significant | JPEG2000Block.visited) == 0 {
                        if isKnown || coder.bit(context(neighbours(at, y))) == 1 { sign(at, x, y) }
                    }
                    isKnown = false
                }
            }
        }
        for index in flags.indices { flags[index] &= ~JPEG2000Block.visited }
        if style & Style.marks != 0 { for _ in 0..<4 { _ = coder.bit(JPEG2000Arithmetic.even) } }
    }

    private func isQuiet(_ x: Int, _ top: Int) -> Bool {
        for y in top..<top + 4 {
            let at = at(x, y)
            guard flags[at] & (JPEG2000Block.significant | JPEG2000Block.visited) == 0 else { return false }
            let counts = neighbours(at, y)
            guard counts.0 &+ counts.1 &+ counts.2 == 0 else { return false }
        }
        return true
    }
}
