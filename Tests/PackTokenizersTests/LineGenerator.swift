/// splitmix64, as in Tests/reference/tokenizer.py.
struct SplitMix {
    var state: UInt64

    mutating func next(_ below: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ mixed >> 31) % UInt64(below))
    }
}

/// FNV-1a of 64 bits over ids, each as four bytes, with a mark after each text.
struct Digest {
    var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ ids: [Int32]) {
        for id in ids { add(UInt32(bitPattern: id)) }
        add(.max)
    }

    private mutating func add(_ word: UInt32) {
        for shift in stride(from: 0, to: 32, by: 8) {
            value = (value ^ UInt64(word >> UInt32(shift) & 0xFF)) &* 0x100_0000_01B3
        }
    }

    /// As Python writes it.
    var text: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// Makes the lines of lines.txt; the generator of Tests/reference/tokenizer.py in Swift.
struct LineGenerator {
    var random = SplitMix(state: 20)
    let words: [[UInt8]]

    private static let blocks: [(first: Int, count: Int)] = [
        (0, 0x80), (0x80, 0x180), (0x300, 0x70), (0x370, 0x190), (0x590, 0x170), (0x900, 0x500), (0xE00, 0x200),
        (0x1100, 0x100), (0x1A00, 0x600), (0x1E00, 0x200), (0x2000, 0x200), (0x3000, 0x100), (0x4E00, 0x400),
        (0xA600, 0x400), (0xAC00, 0x400), (0xF900, 0x200), (0xFB00, 0x500), (0x10400, 0x80), (0x11000, 0x500),
        (0x1D100, 0x100), (0x1E800, 0x200), (0x1F300, 0x300), (0x20000, 0x100), (0x2F800, 0x21E), (0xE0000, 0x200),
        (0xF0000, 0x40), (0x10FF00, 0x100),
    ]
    private static let bad: [UInt8] = [0x80, 0xBF, 0xC0, 0xC3, 0xE0, 0xED, 0xA0, 0xF0, 0x90, 0xF4, 0xF8, 0xFF]
    private static let marks = [
        " ", "  ", "\t", "\n", " \u{A0}", "\u{3000}", ".", ",", "!?", "'s", "-", "[", "<", "<x",
    ]
    private static let repeats = [1, 2, 50, 99, 100, 101]

    private mutating func scalar(_ block: (first: Int, count: Int)) -> [UInt8] {
        Unicode.Scalar(UInt32(block.first + random.next(block.count))).map { Array(String($0).utf8) } ?? []
    }

    mutating func line() -> [UInt8] {
        var line: [UInt8] = []
        for _ in 0..<1 + random.next(20) {
            switch random.next(10) {
            case 0..<4: line += words[random.next(words.count)]
            case 4..<6:
                let block = Self.blocks[random.next(Self.blocks.count)]
                for _ in 0..<1 + random.next(6) { line += scalar(block) }
            case 6:
                let scalar = scalar(Self.blocks[random.next(Self.blocks.count)])
                for _ in 0..<Self.repeats[random.next(6)] { line += scalar }
            case 7..<9: line += Array(Self.marks[random.next(Self.marks.count)].utf8)
            default: if random.next(5) == 0 { line.append(Self.bad[random.next(Self.bad.count)]) }
            }
            if random.next(2) == 0 { line.append(0x20) }
        }
        return line
    }
}
