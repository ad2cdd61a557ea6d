/// Pixels of WebP's lossless format (VP8L): https://developers.google.com/speed/webp/docs/webp_lossless_bitstream_specification.
///
/// A pixel is a number of 32 bits: alpha, red, green and blue, from the highest byte down.
struct WebPLossless {
    /// The codes of a part of the image: green with lengths and places in the cache, red, blue, alpha, distances.
    private typealias Group = [PrefixCode]

    /// Entries of copied pixels near by, as 16 · rows up + 8 − columns to the left.
    private static let places: [UInt8] = [
        24, 7, 23, 25, 40, 6, 39, 41, 22, 26, 38, 42, 56, 5, 55, 57, 21, 27, 54, 58, 37, 43, 72, 4, 71, 73, 20, 28,
        53, 59, 70, 74, 36, 44, 88, 69, 75, 52, 60, 3, 87, 89, 19, 29, 86, 90, 35, 45, 68, 76, 85, 91, 51, 61, 104, 2,
        103, 105, 18, 30, 102, 106, 34, 46, 84, 92, 67, 77, 101, 107, 50, 62, 120, 1, 119, 121, 83, 93, 17, 31, 100,
        108, 66, 78, 118, 122, 33, 47, 117, 123, 49, 63, 99, 109, 82, 94, 0, 116, 124, 65, 79, 16, 32, 98, 110, 48,
        115, 125, 81, 95, 64, 114, 126, 97, 111, 80, 113, 127, 96, 112,
    ]

    private static let lengthOrder = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]

    let width: Int
    let height: Int
    private let bytes: ImageBytes
    private var bits: LowBits

    /// Reads the header: 0x2F, width − 1 and height − 1 in 14 bits each, whether alpha is used, version 0 in 3 bits.
    init(_ bytes: ImageBytes) throws(ImageError) {
        self.bytes = bytes
        guard try bytes.byte(bytes.start) == 0x2F else { throw ImageError(.badHeader, at: bytes.start) }
        bits = LowBits(bytes)
        bits.go(to: bytes.start + 1)
        width = try bits.take(14) + 1
        height = try bits.take(14) + 1
        _ = try bits.take(1)
        guard try bits.take(3) == 0 else { throw ImageError(.unsupportedKind, at: bytes.start + 4) }
        try checkImageSize(width, height, at: bytes.start + 1)
    }

    /// All pixels, row by row.
    mutating func pixels() throws(ImageError) -> [UInt32] {
        var transforms: [WebPTransform] = []
        var columns = width
        while try bits.take(1) == 1 {
            guard let kind = WebPTransform.Kind(rawValue: try bits.take(2)),
                !transforms.contains(where: { $0.kind == kind })
            else { throw ImageError(.badTable, at: bits.position) }
            var transform = WebPTransform(kind: kind, columns: columns)
            switch kind {
            case .predictor, .colors:
                transform.bits = try bits.take(3) + 2
                let (across, down) = (blocks(columns, transform.bits), blocks(height, transform.bits))
                transform.data = try image(across, down, isMain: false)
            case .green: break
            case .palette:
                let count = try bits.take(8) + 1
                transform.data = try image(count, 1, isMain: false)
                transform.bits = count <= 2 ? 3 : count <= 4 ? 2 : count <= 16 ? 1 : 0
                for index in stride(from: 1, to: count, by: 1) {
                    transform.data[index] = WebPTransform.sum(transform.data[index], transform.data[index - 1])
                }
                columns = blocks(columns, transform.bits)
            }
            transforms.append(transform)
        }
        var pixels = try image(columns, height, isMain: true)
        for transform in transforms.reversed() { transform.undo(&pixels, height) }
        return pixels
    }

    /// How many blocks of a power of two cover an extent.
    private func blocks(_ extent: Int, _ bits: Int) -> Int { (extent + 1 << bits - 1) >> bits }

    /// An image within: the pixels themselves, or numbers for blocks of them.
    private mutating func image(_ columns: Int, _ rows: Int, isMain: Bool) throws(ImageError) -> [UInt32] {
        var cacheBits = 0
        if try bits.take(1) == 1 {
            cacheBits = try bits.take(4)
            guard 1...11 ~= cacheBits else { throw ImageError(.badTable, at: bits.position) }
        }
        var (groupBits, groupColumns, groupCount) = (0, 1, 1)
        var groupOf: [UInt32] = []
        if isMain, try bits.take(1) == 1 {
            groupBits = try bits.take(3) + 2
            groupColumns = blocks(columns, groupBits)
            groupOf = try image(groupColumns, blocks(rows, groupBits), isMain: false)
            for index in groupOf.indices {
                groupOf[index] = groupOf[index] >> 8 & 0xFFFF
                groupCount = Swift.max(groupCount, Int(groupOf[index]) + 1)
            }
            // A group takes more than two bytes.
            guard groupCount <= bytes.count else { throw ImageError(.endsEarly, at: bytes.end) }
        }
        var groups: [Group] = []
        for _ in 0..<groupCount { groups.append(try group(cacheBits)) }
        var pixels = [UInt32](repeating: 0, count: columns * rows)
        var cache = [UInt32](repeating: 0, count: cacheBits > 0 ? 1 << cacheBits : 0)
        func remember(_ pixel: UInt32) {
            if cacheBits > 0 { cache[Int((0x1E35_A7BD &* pixel) >> UInt32(32 - cacheBits))] = pixel }
        }
        var (at, x, y) = (0, 0, 0)
        var number = 0
        var isNew = true
        while at < pixels.count {
            if isNew || x & (1 << groupBits - 1) == 0 {
                isNew = false
                if !groupOf.isEmpty { number = Int(groupOf[y >> groupBits * groupColumns + x >> groupBits]) }
            }
            let green = try groups[number][0].symbol(&bits)
            var count = 1
            if green < 256 {
                let red = try groups[number][1].symbol(&bits)
                let blue = try groups[number][2].symbol(&bits)
                let alpha = try groups[number][3].symbol(&bits)
                let pixel = UInt32(truncatingIfNeeded: alpha << 24 | red << 16 | green << 8 | blue)
                pixels[at] = pixel
                remember(pixel)
            } else if green < 280 {
                count = try extended(green - 256)
                let code = try extended(try groups[number][4].symbol(&bits))
                let distance = WebPLossless.distance(code, columns)
                guard distance <= at else { throw ImageError(.badDistance, at: bits.position) }
                guard count <= pixels.count - at else { throw ImageError(.tooMuchData, at: bits.position) }
                for index in at..<at + count {
                    pixels[index] = pixels[index &- distance]
                    remember(pixels[index])
                }
            } else {
                guard green - 280 < cache.count else { throw ImageError(.badSymbol, at: bits.position) }
                pixels[at] = cache[green - 280]
            }
            at += count
            x += count
            while x >= columns {
                x -= columns
                y += 1
                isNew = true
            }
            if count > 1 { isNew = true }
        }
        return pixels
    }

    /// A length or a distance: its class, and more bits.
    private mutating func extended(_ symbol: Int) throws(ImageError) -> Int {
        if symbol < 4 { return symbol + 1 }
        let more = (symbol - 2) >> 1
        return (2 + symbol & 1) << more + (try bits.take(more)) + 1
    }

    /// How far back pixels are copied from. The first 120 codes are for pixels near by.
    private static func distance(_ code: Int, _ columns: Int) -> Int {
        if code > places.count { return code - places.count }
        let place = Int(places[code - 1])
        return Swift.max(place >> 4 * columns + 8 - place & 15, 1)
    }

    private mutating func group(_ cacheBits: Int) throws(ImageError) -> Group {
        var group: Group = []
        for count in [280 + (cacheBits > 0 ? 1 << cacheBits : 0), 256, 256, 256, 40] { group.append(try code(count)) }
        return group
    }

    /// Reads a code of an alphabet: one or two symbols, or the lengths of all words, coded themselves.
    private mutating func code(_ count: Int) throws(ImageError) -> PrefixCode {
        var lengths = [UInt8](repeating: 0, count: count)
        if try bits.take(1) == 1 {
            let isPair = try bits.take(1) == 1
            let first = try bits.take(try bits.take(1) == 1 ? 8 : 1)
            let second = isPair ? try bits.take(8) : first
            guard first < count, second < count else { throw ImageError(.badPrefixCode, at: bits.position) }
            lengths[first] = 1
            lengths[second] = 1
            return try PrefixCode(lengths, isEmptyAlone: true, at: bits.position)
        }
        var words = [UInt8](repeating: 0, count: 19)
        for index in 0..<(try bits.take(4) + 4) { words[WebPLossless.lengthOrder[index]] = UInt8(try bits.take(3)) }
        let code = try PrefixCode(words, isEmptyAlone: true, at: bits.position)
        var left = count
        if try bits.take(1) == 1 {
            left = try bits.take(2 + 2 * (try bits.take(3))) + 2
            guard left <= count else { throw ImageError(.badPrefixCode, at: bits.position) }
        }
        var (index, previous) = (0, UInt8(8))
        while index < count, left > 0 {
            left -= 1
            let symbol = try code.symbol(&bits)
            if symbol < 16 {
                lengths[index] = UInt8(symbol)
                if symbol > 0 { previous = UInt8(symbol) }
                index += 1
                continue
            }
            let run = try symbol == 16 ? 3 + bits.take(2) : symbol == 17 ? 3 + bits.take(3) : 11 + bits.take(7)
            guard run <= count - index else { throw ImageError(.badPrefixCode, at: bits.position) }
            for place in index..<index + run { lengths[place] = symbol == 16 ? previous : 0 }
            index += run
        }
        return try PrefixCode(lengths, isEmptyAlone: true, at: bits.position)
    }
}
