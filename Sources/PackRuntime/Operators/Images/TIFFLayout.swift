/// How the samples of a TIFF image lie in the file.
struct TIFFLayout {
    enum Color {
        case gray(isInverted: Bool)
        case rgb
        case palette
        /// RGB, multiplied by the fourth sample.
        case premultiplied
        case cmyk
    }

    /// A strip or a tile, unpacked.
    struct Chunk {
        /// One plane of all samples, or one of each.
        var planes: [[UInt8]] = []
        var height = 0
    }

    let width: Int
    let height: Int
    let color: Color
    /// Of a strip or a tile; the last strip may have fewer rows.
    let chunkWidth: Int
    let chunkHeight: Int
    private let isTiled: Bool
    private let directory: TIFFDirectory
    private let depth: Int
    private let samples: Int
    private let compression: Int
    private let isPlanar: Bool
    private let hasDifferences: Bool
    private let offsets: TIFFDirectory.Field
    private let counts: TIFFDirectory.Field?

    init(_ directory: TIFFDirectory) throws(ImageError) {
        self.directory = directory
        let end = directory.bytes.end
        width = try directory.number(256)
        height = try directory.number(257)
        try checkImageSize(width, height, at: 4)
        samples = try directory.number(277, default: 1)
        depth = try directory.number(258, default: 1)
        compression = try directory.number(259, default: 1)
        isPlanar = try directory.number(284, default: 1) == 2 && samples > 1
        let predictor = try directory.number(317, default: 1)
        hasDifferences = predictor == 2 && [5, 8, 32946].contains(compression)
        isTiled = try directory.field(324) != nil
        chunkWidth = isTiled ? try directory.number(322) : width
        chunkHeight = try isTiled ? directory.number(323) : Swift.min(directory.number(278, default: height), height)
        try checkImageSize(chunkWidth, chunkHeight, at: 4)
        guard let offsets = try directory.field(isTiled ? 324 : 273) else { throw ImageError(.missingPart, at: 4) }
        self.offsets = offsets
        counts = try directory.field(isTiled ? 325 : 279)
        color = try TIFFLayout.color(directory, samples: samples, depth: depth)
        guard 1...8 ~= samples else { throw ImageError(.unsupportedKind, at: 4) }
        guard try directory.number(266, default: 1) == 1, try directory.number(339, default: 1) == 1,
            !hasDifferences || depth >= 8, predictor == 1 || predictor == 2
        else { throw ImageError(.unsupportedKind, at: 4) }
        if let field = try directory.field(258) {
            for index in 1..<Swift.max(Swift.min(samples, field.count), 1)
            where try directory.value(field, index) != depth { throw ImageError(.unsupportedDepth, at: field.place) }
        }
        guard let ratio else { throw ImageError(.unsupportedCompression, at: 4) }
        guard (width * samples * depth + 7) / 8 * height / ratio <= end else {
            throw ImageError(.sizeBeyondData, at: 4)
        }
        guard rowBytes * chunkHeight * planeCount <= 4 * imagePixelLimit else { throw ImageError(.tooLarge, at: 4) }
        try checkCounts()
    }

    private static func color(
        _ directory: TIFFDirectory, samples: Int, depth: Int
    ) throws(ImageError) -> Color {
        let photometric = try directory.number(262)
        let extra = try directory.number(338, default: 0)
        switch photometric {
        case 0, 1:
            guard [1, 2, 4, 8, 16].contains(depth), samples == 1 || depth >= 8 else {
                throw ImageError(.unsupportedDepth, at: 4)
            }
            return .gray(isInverted: photometric == 0)
        case 2:
            guard depth == 8 || depth == 16 else { throw ImageError(.unsupportedDepth, at: 4) }
            guard samples >= 3 else { throw ImageError(.badHeader, at: 4) }
            return samples == 4 && extra == 1 ? .premultiplied : .rgb
        case 3:
            guard [1, 2, 4, 8].contains(depth) else { throw ImageError(.unsupportedDepth, at: 4) }
            guard samples == 1 || depth == 8 else { throw ImageError(.unsupportedKind, at: 4) }
            return .palette
        case 5:
            guard depth == 8 || depth == 16 else { throw ImageError(.unsupportedDepth, at: 4) }
            guard samples >= 4 else { throw ImageError(.badHeader, at: 4) }
            return .cmyk
        default: throw ImageError(.unsupportedKind, at: 4)
        }
    }

    /// How many bytes a byte of the file stands for at most; nil for a compression that is not known.
    private var ratio: Int? {
        switch compression {
        case 1: 1
        case 5: LZW.largestRatio
        case 8, 32946: Inflate.largestRatio
        case 32773: PackBits.largestRatio
        default: nil
        }
    }

    var chunksAcross: Int { (width + chunkWidth - 1) / chunkWidth }
    var chunksDown: Int { (height + chunkHeight - 1) / chunkHeight }
    private var planeCount: Int { isPlanar ? samples : 1 }
    private var rowBytes: Int { (chunkWidth * depth * (isPlanar ? 1 : samples) + 7) / 8 }

    /// Packed parts that share bytes would let a small file take long.
    private func checkCounts() throws(ImageError) {
        guard compression != 1 else { return }
        guard let counts else { throw ImageError(.missingPart, at: 4) }
        var sum = 0
        for index in 0..<Swift.min(counts.count, chunksAcross * chunksDown * planeCount) {
            sum += try directory.value(counts, index)
            guard sum <= directory.bytes.count else { throw ImageError(.badOffset, at: counts.place) }
        }
    }

    /// Unpacks a strip or a tile.
    func chunk(_ column: Int, _ row: Int) throws(ImageError) -> Chunk {
        var chunk = Chunk()
        chunk.height = isTiled ? chunkHeight : Swift.min(chunkHeight, height - row * chunkHeight)
        let size = rowBytes * chunk.height
        for plane in 0..<planeCount {
            let index = (plane * chunksDown + row) * chunksAcross + column
            let offset = try directory.value(offsets, index)
            var data: [UInt8]
            if compression == 1 {
                let part = try directory.bytes.part(at: offset, count: size)
                data = []
                data.reserveCapacity(size)
                for at in part.start..<part.end { data.append(UInt8(truncatingIfNeeded: try part.byte(at))) }
            } else {
                guard let counts else { throw ImageError(.missingPart, at: 4) }
                let part = try directory.bytes.part(at: offset, count: try directory.value(counts, index))
                switch compression {
                case 5: data = try LZW.unpack(part, count: size)
                case 32773: data = try PackBits.unpack(part, count: size)
                default: data = try Inflate.unpack(part, count: size, isWhole: false)
                }
            }
            if hasDifferences { addUp(&data, chunk.height) }
            chunk.planes.append(data)
        }
        return chunk
    }

    /// Makes samples of their differences to the pixel before.
    private func addUp(_ data: inout [UInt8], _ rows: Int) {
        let step = (isPlanar ? 1 : samples) * depth / 8
        for row in 0..<rows {
            let first = row * rowBytes
            if depth == 8 {
                for at in first + Swift.min(step, rowBytes)..<first + rowBytes { data[at] &+= data[at &- step] }
                continue
            }
            let (high, low) = isBig ? (0, 1) : (1, 0)
            for at in stride(from: first + step, to: first + rowBytes - 1, by: 2) {
                let before = Int(data[at - step + high]) << 8 | Int(data[at - step + low])
                let sum = before + (Int(data[at + high]) << 8 | Int(data[at + low]))
                data[at + high] = UInt8(truncatingIfNeeded: sum >> 8)
                data[at + low] = UInt8(truncatingIfNeeded: sum)
            }
        }
    }

    private var isBig: Bool { directory.bytes.peek(0) == 0x4D }

    /// A sample of a chunk in 8 bits; an index as it is.
    @inline(__always)
    func sample(_ chunk: Chunk, _ x: Int, _ y: Int, _ channel: Int) -> Int {
        let place = isPlanar ? x : x &* samples &+ channel
        let plane = isPlanar ? channel : 0
        let start = y &* rowBytes
        switch depth {
        case 8: return Int(chunk.planes[plane][start &+ place])
        case 16: return Int(chunk.planes[plane][start &+ place &* 2 &+ (isBig ? 0 : 1)])
        default:
            let bit = place &* depth
            let value = Int(chunk.planes[plane][start &+ bit / 8]) >> (8 - depth - bit & 7) & (1 << depth - 1)
            if case .palette = color { return value }
            return value &* 255 / (1 << depth - 1)
        }
    }

    /// Red, green and blue of each index, the upper 8 of 16 bits.
    func palette() throws(ImageError) -> [UInt8] {
        guard case .palette = color else { return [] }
        guard let field = try directory.field(320) else { throw ImageError(.missingPart, at: 4) }
        let count = 1 << depth
        var result: [UInt8] = []
        for index in 0..<count {
            for channel in 0..<3 {
                result.append(UInt8(truncatingIfNeeded: try directory.value(field, channel * count + index) >> 8))
            }
        }
        return result
    }
}
