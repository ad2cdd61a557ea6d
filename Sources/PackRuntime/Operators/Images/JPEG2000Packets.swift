/// A tree of numbers that are sent together, the lowest of four above them: ITU-T T.800, section B.10.2.
struct JPEG2000TagTree {
    private var values: [Int32] = []
    private var lows: [Int32] = []
    /// Of each level, the first node and the nodes across.
    private var levels: [(first: Int, across: Int)] = []
    private static let unknown = Int32.max

    init(_ across: Int, _ down: Int) {
        var (across, down) = (across, down)
        var count = 0
        while true {
            levels.append((count, across))
            count += across * down
            if across * down <= 1 { break }
            (across, down) = ((across + 1) / 2, (down + 1) / 2)
        }
        values = [Int32](repeating: JPEG2000TagTree.unknown, count: count)
        lows = [Int32](repeating: 0, count: count)
    }

    /// Reads as much as is needed to say whether a leaf is below a limit.
    mutating func isBelow(
        _ limit: Int, _ x: Int, _ y: Int, _ bits: inout JPEG2000PacketBits
    ) throws(ImageError) -> Bool {
        var low: Int32 = 0
        var node = 0
        for level in stride(from: levels.count - 1, through: 0, by: -1) {
            node = levels[level].first + (y >> level) * levels[level].across + x >> level
            low = Swift.max(low, lows[node])
            while low < limit, low < values[node] {
                if try bits.bit() == 1 { values[node] = low } else { low += 1 }
            }
            lows[node] = low
        }
        return values[node] < limit
    }
}

/// Bits of a packet's header, from the highest of each byte down; the byte behind 0xFF has only seven.
struct JPEG2000PacketBits {
    private let bytes: ImageBytes
    private var at: Int
    private var current = 0
    private var count = 0

    init(_ bytes: ImageBytes, at position: Int) {
        self.bytes = bytes
        at = position
    }

    mutating func bit() throws(ImageError) -> Int {
        if count == 0 {
            count = current == 0xFF ? 7 : 8
            current = try bytes.byte(at)
            at += 1
        }
        count -= 1
        return current >> count & 1
    }

    mutating func number(_ bits: Int) throws(ImageError) -> Int {
        var value = 0
        for _ in 0..<bits { value = value << 1 | (try bit()) }
        return value
    }

    /// The byte behind the last one used.
    var end: Int { current == 0xFF ? at + 1 : at }
}

extension JPEG2000Tile {
    /// Reads all packets: what each layer adds to the code blocks of each precinct.
    mutating func read(_ bytes: ImageBytes) throws(ImageError) {
        var at = bytes.start
        var order = Array(precincts.indices)
        order.sort { precedes(precincts[$0], precincts[$1]) }
        switch coding.order {
        case 0: for layer in 0..<coding.layers { for index in order { try readPacket(bytes, &at, index, layer) } }
        case 1:
            var first = 0
            while first < order.count {
                var end = first
                let resolution = precincts[order[first]].resolution
                while end < order.count, precincts[order[end]].resolution == resolution { end += 1 }
                for layer in 0..<coding.layers {
                    for place in first..<end { try readPacket(bytes, &at, order[place], layer) }
                }
                first = end
            }
        default: for index in order { for layer in 0..<coding.layers { try readPacket(bytes, &at, index, layer) } }
        }
    }

    /// Whether the packets of a precinct come before another's, in the tile's order and within a layer.
    private func precedes(_ a: Precinct, _ b: Precinct) -> Bool {
        func less(_ pairs: [(Int, Int)]) -> Bool {
            for (a, b) in pairs where a != b { return a < b }
            return false
        }
        let (resolution, component) = ((a.resolution, b.resolution), (a.component, b.component))
        let (x, y, number) = ((a.x, b.x), (a.y, b.y), (a.number, b.number))
        switch coding.order {
        case 0, 1: return less([resolution, component, number])
        case 2: return less([resolution, y, x, component, number])
        case 3: return less([y, x, component, resolution, number])
        default: return less([component, y, x, resolution, number])
        }
    }

    private mutating func readPacket(
        _ bytes: ImageBytes, _ at: inout Int, _ index: Int, _ layer: Int
    ) throws(ImageError) {
        if coding.usesPacketMarkers, bytes.peek(at) == 0xFF, bytes.peek(at + 1) == 0x91 { at += 6 }
        var bits = JPEG2000PacketBits(bytes, at: at)
        // Segments whose bytes follow, in their order.
        var additions: [(block: Int, segment: Int, count: Int)] = []
        if try bits.bit() == 1 {
            var parts: [Part] = []
            swap(&parts, &precincts[index].parts)
            for part in parts.indices {
                for y in 0..<parts[part].down {
                    for x in 0..<parts[part].across {
                        try readBlock(&bits, &parts[part], x, y, layer, &additions)
                    }
                }
            }
            swap(&parts, &precincts[index].parts)
        }
        at = bits.end
        if coding.usesHeaderMarkers, bytes.peek(at) == 0xFF, bytes.peek(at + 1) == 0x92 { at += 2 }
        for addition in additions {
            let data = try bytes.part(at: at, count: addition.count)
            for place in data.start..<data.end {
                blocks[addition.block].data.append(UInt8(truncatingIfNeeded: try data.byte(place)))
            }
            blocks[addition.block].segments[addition.segment].bytes += addition.count
            at = data.end
        }
    }

    /// Reads what a packet's header says of a code block.
    private mutating func readBlock(
        _ bits: inout JPEG2000PacketBits, _ part: inout Part, _ x: Int, _ y: Int, _ layer: Int,
        _ additions: inout [(block: Int, segment: Int, count: Int)]
    ) throws(ImageError) {
        let index = part.first + y * part.across + x
        if blocks[index].planes == nil {
            guard try part.inclusion.isBelow(layer + 1, x, y, &bits) else { return }
            var empty = 0
            while try !part.empty.isBelow(empty + 1, x, y, &bits) {
                empty += 1
                guard empty <= 64 else { throw ImageError(.badSymbol, at: bits.end) }
            }
            let planes = part.planes - empty
            guard 0...30 ~= planes else { throw ImageError(.badSymbol, at: bits.end) }
            blocks[index].planes = planes
        } else {
            guard try bits.bit() == 1 else { return }
        }
        var passes = try passes(&bits)
        while try bits.bit() == 1 {
            blocks[index].lengthBits += 1
            guard blocks[index].lengthBits <= 32 else { throw ImageError(.badSymbol, at: bits.end) }
        }
        let style = coding.components[bands[blocks[index].band].component].style
        while passes > 0 {
            var segment = blocks[index].segments.count - 1
            if segment < 0 || blocks[index].segments[segment].passes == blocks[index].segments[segment].most {
                segment += 1
                blocks[index].segments.append(Segment(most: JPEG2000Tile.passes(inSegment: segment, style)))
            }
            let room = blocks[index].segments[segment].most - blocks[index].segments[segment].passes
            let more = Swift.min(passes, room)
            let width = blocks[index].lengthBits + more.bitWidth - 1 - more.leadingZeroBitCount
            additions.append((index, segment, try bits.number(width)))
            blocks[index].segments[segment].passes += more
            passes -= more
        }
    }

    /// How many passes a segment has at most: all, one, or as many as come before bits that are not coded.
    private static func passes(inSegment index: Int, _ style: Int) -> Int {
        if style & 4 != 0 { return 1 }
        if style & 1 != 0 { return index == 0 ? 10 : index & 1 == 1 ? 2 : 1 }
        return 1 << 20
    }

    private func passes(_ bits: inout JPEG2000PacketBits) throws(ImageError) -> Int {
        if try bits.bit() == 0 { return 1 }
        if try bits.bit() == 0 { return 2 }
        var more = try bits.number(2)
        if more < 3 { return 3 + more }
        more = try bits.number(5)
        if more < 31 { return 6 + more }
        return 37 + (try bits.number(7))
    }
}
