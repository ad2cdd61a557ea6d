/// How a tile is coded: the marker segments COD, COC, QCD and QCC.
struct JPEG2000Coding {
    /// What components may differ in.
    struct Component {
        var levels = 0
        /// Logarithms of a code block's width and height.
        var blockWidth = 6
        var blockHeight = 6
        var style = 0
        var isReversible = true
        /// Logarithms of a precinct's width and height, by resolution.
        var precincts: [(Int, Int)] = []
        var guardBits = 0
        /// Exponent and mantissa of a step, by band; of the first band alone where the others follow from it.
        var steps: [(exponent: Int, mantissa: Int)] = []
        var isDerived = false
        /// Whether a segment of this component alone has said so.
        var hasOwnCoding = false
        var hasOwnSteps = false
    }

    var order = 0
    var layers = 0
    var mixesColors = false
    var usesPacketMarkers = false
    var usesHeaderMarkers = false
    var components: [Component]

    /// The same for a tile, whose header overrules all of the main header.
    func forTile() -> JPEG2000Coding {
        var coding = self
        for index in components.indices {
            coding.components[index].hasOwnCoding = false
            coding.components[index].hasOwnSteps = false
        }
        return coding
    }

    /// Reads the part of COD or COC that is about a component: levels, code block, style, transform, precincts.
    private static func readCoding(
        _ segment: ImageBytes, _ start: Int, hasPrecincts: Bool, _ component: inout Component
    ) throws(ImageError) {
        component.levels = try segment.byte(start)
        component.blockWidth = try segment.byte(start + 1) + 2
        component.blockHeight = try segment.byte(start + 2) + 2
        component.style = try segment.byte(start + 3)
        let transform = try segment.byte(start + 4)
        guard component.levels <= 32, component.blockWidth <= 10, component.blockHeight <= 10,
            component.blockWidth + component.blockHeight <= 12, component.style < 64, transform <= 1
        else { throw ImageError(.badHeader, at: start) }
        component.isReversible = transform == 1
        component.precincts = []
        for level in 0...component.levels {
            let size = hasPrecincts ? try segment.byte(start + 5 + level) : 0xFF
            guard level == 0 || size & 15 > 0 && size >> 4 > 0 else { throw ImageError(.badHeader, at: start + 5) }
            component.precincts.append((size & 15, size >> 4))
        }
    }

    /// Reads COD: style, order, layers, mixing of colours; then what is about all components.
    mutating func readDefault(_ segment: ImageBytes) throws(ImageError) {
        let start = segment.start
        let style = try segment.byte(start)
        order = try segment.byte(start + 1)
        layers = try segment.big16(start + 2)
        mixesColors = try segment.byte(start + 4) == 1
        guard order <= 4, layers > 0 else { throw ImageError(.badHeader, at: start) }
        usesPacketMarkers = style & 2 != 0
        usesHeaderMarkers = style & 4 != 0
        for index in components.indices where !components[index].hasOwnCoding {
            try JPEG2000Coding.readCoding(segment, start + 5, hasPrecincts: style & 1 != 0, &components[index])
        }
    }

    /// Reads COC: component, style, and the rest.
    mutating func readComponent(_ segment: ImageBytes) throws(ImageError) {
        let start = segment.start
        let index = try segment.byte(start)
        guard index < components.count else { throw ImageError(.badHeader, at: start) }
        let style = try segment.byte(start + 1)
        try JPEG2000Coding.readCoding(segment, start + 2, hasPrecincts: style & 1 != 0, &components[index])
        components[index].hasOwnCoding = true
    }

    /// Reads QCD, or QCC for a component.
    mutating func readSteps(_ segment: ImageBytes, ofComponent: Bool) throws(ImageError) {
        var at = segment.start
        var only: Int?
        if ofComponent {
            only = try segment.byte(at)
            guard try segment.byte(at) < components.count else { throw ImageError(.badHeader, at: at) }
            at += 1
        }
        let style = try segment.byte(at)
        guard style & 31 <= 2 else { throw ImageError(.badHeader, at: at) }
        at += 1
        var steps: [(exponent: Int, mantissa: Int)] = []
        while at < segment.end {
            if style & 31 == 0 {
                steps.append((try segment.byte(at) >> 3, 0))
                at += 1
            } else {
                let value = try segment.big16(at)
                steps.append((value >> 11, value & 0x7FF))
                at += 2
            }
        }
        guard !steps.isEmpty else { throw ImageError(.badTable, at: at) }
        for index in components.indices where only == nil ? !components[index].hasOwnSteps : only == index {
            components[index].guardBits = style >> 5
            components[index].isDerived = style & 31 == 1
            components[index].steps = steps
            if ofComponent { components[index].hasOwnSteps = true }
        }
    }
}

/// The main header of a JPEG 2000 codestream, and the tiles behind it.
///
/// A segment starts with 0xFF and a marker; most go on with their length u16, which counts itself.
struct JPEG2000Header {
    /// A tile's data, which may come in several parts.
    struct TilePart {
        var coding: JPEG2000Coding
        var data: [UInt8] = []
        /// Where the first part starts.
        var start = 0
    }

    let image: JPEG2000Area
    /// Bits of each component, and whether it has a sign.
    let depths: [(bits: Int, isSigned: Bool)]
    let start: Int
    private let bytes: ImageBytes
    private let tileSize: (width: Int, height: Int)
    private let tileOrigin: (x: Int, y: Int)
    private var coding: JPEG2000Coding
    /// Where the first tile starts.
    private var tiles = 0

    /// Reads SIZ (capabilities u16; right and bottom border, left and top, width and height of a tile, origin of the tiles, all u32;
    /// number of components u16, and of each its depth and distances between samples), and the segments up to the first tile.
    init(_ bytes: ImageBytes) throws(ImageError) {
        self.bytes = bytes
        start = bytes.start
        let first = start + 4
        guard try bytes.big16(start + 2) == 0xFF51 else { throw ImageError(.missingPart, at: start + 2) }
        image = JPEG2000Area(
            left: try bytes.big32(first + 12), top: try bytes.big32(first + 16), right: try bytes.big32(first + 4),
            bottom: try bytes.big32(first + 8))
        try checkImageSize(image.width, image.height, at: first + 4)
        tileSize = (try bytes.big32(first + 20), try bytes.big32(first + 24))
        tileOrigin = (try bytes.big32(first + 28), try bytes.big32(first + 32))
        guard tileSize.width > 0, tileSize.height > 0, tileOrigin.x <= image.left, tileOrigin.y <= image.top,
            tileOrigin.x + tileSize.width > image.left, tileOrigin.y + tileSize.height > image.top
        else { throw ImageError(.badHeader, at: first + 20) }
        let count = try bytes.big16(first + 36)
        guard 1...4 ~= count else { throw ImageError(.unsupportedKind, at: first + 36) }
        var depths: [(bits: Int, isSigned: Bool)] = []
        for index in 0..<count {
            let at = first + 38 + index * 3
            let depth = try bytes.byte(at)
            guard depth & 127 < 16 else { throw ImageError(.unsupportedDepth, at: at) }
            guard try bytes.byte(at + 1) == 1, try bytes.byte(at + 2) == 1 else {
                throw ImageError(.unsupportedKind, at: at + 1)
            }
            depths.append((depth & 127 + 1, depth >> 7 == 1))
        }
        self.depths = depths
        coding = JPEG2000Coding(components: depths.map { _ in JPEG2000Coding.Component() })
        var at = first + (try bytes.big16(first))
        while try bytes.big16(at) != 0xFF90 {
            let segment = try JPEG2000Header.segment(bytes, at)
            try JPEG2000Header.read(segment, try bytes.big16(at), &coding, at)
            at = segment.end
        }
        tiles = at
        guard coding.layers > 0, !coding.components.contains(where: { $0.steps.isEmpty }) else {
            throw ImageError(.missingPart, at: at)
        }
        // A tile takes 14 bytes at least.
        guard across * down <= bytes.count / 14 else { throw ImageError(.sizeBeyondData, at: first + 20) }
    }

    private var across: Int { (image.right - tileOrigin.x + tileSize.width - 1) / tileSize.width }
    private var down: Int { (image.bottom - tileOrigin.y + tileSize.height - 1) / tileSize.height }

    /// The area of a tile.
    func tile(_ index: Int) -> JPEG2000Area {
        let left = tileOrigin.x + index % across * tileSize.width
        let top = tileOrigin.y + index / across * tileSize.height
        return JPEG2000Area(left: left, top: top, right: left + tileSize.width, bottom: top + tileSize.height)
            .intersection(image)
    }

    private static func segment(_ bytes: ImageBytes, _ at: Int) throws(ImageError) -> ImageBytes {
        let count = try bytes.big16(at + 2)
        guard count >= 2 else { throw ImageError(.badOffset, at: at + 2) }
        return try bytes.part(at: at + 4, count: count - 2)
    }

    private static func read(
        _ segment: ImageBytes, _ marker: Int, _ coding: inout JPEG2000Coding, _ at: Int
    ) throws(ImageError) {
        switch marker {
        case 0xFF52: try coding.readDefault(segment)
        case 0xFF53: try coding.readComponent(segment)
        case 0xFF5C: try coding.readSteps(segment, ofComponent: false)
        case 0xFF5D: try coding.readSteps(segment, ofComponent: true)
        // Comments, and lengths for access in other orders.
        case 0xFF55, 0xFF57, 0xFF58, 0xFF63, 0xFF64: break
        // Regions, changes of order, and packet headers elsewhere.
        case 0xFF5E, 0xFF5F, 0xFF60, 0xFF61, 0xFF50: throw ImageError(.unsupportedKind, at: at)
        default: throw ImageError(.badMarker, at: at)
        }
    }

    /// The tiles in their order, their parts joined. A part: SOT (tile u16, length u32, number, count of parts), segments, SOD, data.
    func tileParts() throws(ImageError) -> [TilePart] {
        var parts = [TilePart?](repeating: nil, count: across * down)
        var at = tiles
        while bytes.peek(at) == 0xFF, bytes.peek(at + 1) == 0x90 {
            let index = try bytes.big16(at + 4)
            var length = try bytes.big32(at + 6)
            guard index < parts.count else { throw ImageError(.badHeader, at: at + 4) }
            if length == 0 {
                length = bytes.end - at
                if bytes.peek(bytes.end - 2) == 0xFF, bytes.peek(bytes.end - 1) == 0xD9 { length -= 2 }
            }
            guard length >= 14, length <= bytes.end - at else { throw ImageError(.badOffset, at: at + 6) }
            let end = at + length
            var part = parts[index] ?? TilePart(coding: coding.forTile())
            at += 12
            while try bytes.big16(at) != 0xFF93 {
                let segment = try JPEG2000Header.segment(bytes, at)
                try JPEG2000Header.read(segment, try bytes.big16(at), &part.coding, at)
                at = segment.end
            }
            at += 2
            guard at <= end else { throw ImageError(.badOffset, at: at) }
            if part.data.isEmpty { part.start = at }
            while at < end {
                part.data.append(UInt8(truncatingIfNeeded: try bytes.byte(at)))
                at += 1
            }
            parts[index] = part
        }
        var result: [TilePart] = []
        for part in parts {
            guard let part else { throw ImageError(.missingPart, at: at) }
            result.append(part)
        }
        return result
    }
}
