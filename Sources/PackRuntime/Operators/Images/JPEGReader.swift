/// Reads the segments of a JPEG file, and scans into coefficients.
///
/// A segment starts with 0xFF and a marker; most go on with their length u16, which counts itself.
struct JPEGReader {
    /// The order of coefficients in the file, as places in a block.
    static let zigzag = [
        0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14,
        21, 28,
        35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
        47,
        55, 62, 63,
    ]
    /// How often scans may visit a coefficient, on average. A well-formed image does 14 times at most; many scans that hold nothing
    /// would take long.
    private static let visitLimit = 16

    enum ColorSpace { case gray, ycc, rgb, cmyk, ycck }

    private let bytes: ImageBytes
    private var at = 2
    private(set) var frame = JPEGFrame()
    private var steps = [[Int32]](repeating: [], count: 4)
    private var directCodes = [JPEGCode?](repeating: nil, count: 4)
    private var alternatingCodes = [JPEGCode?](repeating: nil, count: 4)
    private var restartInterval = 0
    private var hasJFIF = false
    private var adobeTransform: Int?
    private var coefficients: [Int16] = []
    private var visits = 0

    init(_ bytes: ImageBytes) { self.bytes = bytes }

    /// Reads up to and with the frame header.
    mutating func readHeader() throws(ImageError) {
        while frame.width == 0 {
            let marker = try nextMarker()
            guard marker != 0xD9, marker != 0xDA else { throw ImageError(.missingPart, at: at) }
            try readSegment(marker)
        }
        // Each block takes a bit at least.
        guard frame.blocks / 8 <= bytes.count else { throw ImageError(.sizeBeyondData, at: at) }
    }

    /// Reads all that follows the frame header.
    mutating func readScans() throws(ImageError) {
        coefficients = [Int16](repeating: 0, count: frame.blocks * 64)
        while true {
            let marker = try nextMarker()
            if marker == 0xD9 { break }
            guard marker == 0xDA else {
                try readSegment(marker)
                continue
            }
            try readScan(try segment())
            // What follows the last component of a sequential image is of no use.
            if !frame.isProgressive, !frame.components.contains(where: { $0.steps.isEmpty }) { break }
        }
        guard !frame.components.contains(where: { $0.steps.isEmpty }) else { throw ImageError(.missingPart, at: at) }
    }

    /// Goes behind the next marker, over what stands before it.
    private mutating func nextMarker() throws(ImageError) -> Int {
        while try bytes.byte(at) != 0xFF { at += 1 }
        while try bytes.byte(at) == 0xFF { at += 1 }
        at += 1
        return try bytes.byte(at - 1)
    }

    /// Goes behind a segment, and returns what it holds.
    private mutating func segment() throws(ImageError) -> ImageBytes {
        let count = try bytes.big16(at)
        guard count >= 2 else { throw ImageError(.badOffset, at: at) }
        let part = try bytes.part(at: at + 2, count: count - 2)
        at += count
        return part
    }

    private mutating func readSegment(_ marker: Int) throws(ImageError) {
        let place = at
        switch marker {
        case 0xC0, 0xC1, 0xC2:
            guard frame.width == 0 else { throw ImageError(.badMarker, at: place) }
            frame = try JPEGFrame(try segment(), isProgressive: marker == 0xC2)
        case 0xC4: try readCodes(try segment())
        case 0xDB: try readSteps(try segment())
        case 0xDD:
            let part = try segment()
            restartInterval = try part.big16(part.start)
        case 0xE0:
            let part = try segment()
            if part.holds("JFIF\0", at: part.start) { hasJFIF = true }
        case 0xEE:
            let part = try segment()
            if part.holds("Adobe", at: part.start), part.count >= 12 {
                adobeTransform = try part.byte(part.start + 11)
            }
        case 0xE1...0xEF, 0xFE: _ = try segment()
        // Arithmetic codes, lossless and hierarchical images.
        case 0xC3, 0xC5...0xCF: throw ImageError(.unsupportedCompression, at: place)
        default: throw ImageError(.badMarker, at: place)
        }
    }

    private mutating func readSteps(_ segment: ImageBytes) throws(ImageError) {
        var at = segment.start
        while at < segment.end {
            let kind = try segment.byte(at)
            guard kind >> 4 <= 1, kind & 15 < 4 else { throw ImageError(.badTable, at: at) }
            at += 1
            var table = [Int32](repeating: 0, count: 64)
            for place in JPEGReader.zigzag {
                let step = kind >> 4 == 1 ? try segment.big16(at) : try segment.byte(at)
                table[place] = Int32(step)
                at += 1 + kind >> 4
            }
            steps[kind & 15] = table
        }
    }

    private mutating func readCodes(_ segment: ImageBytes) throws(ImageError) {
        var at = segment.start
        while at < segment.end {
            let kind = try segment.byte(at)
            guard kind >> 4 <= 1, kind & 15 < 4 else { throw ImageError(.badTable, at: at) }
            let code = try JPEGCode(segment, at: at + 1, isDirect: kind >> 4 == 0)
            if kind >> 4 == 0 { directCodes[kind & 15] = code } else { alternatingCodes[kind & 15] = code }
            at += 17 + code.symbolCount
        }
    }

    /// Reads a scan: number of components, of each its id and codes; first and last coefficient; bits left out before and now.
    private mutating func readScan(_ header: ImageBytes) throws(ImageError) {
        let start = header.start
        let count = try header.byte(start)
        guard 1...frame.components.count ~= count else { throw ImageError(.badScan, at: start) }
        var parts: [JPEGScan.Part] = []
        for index in 0..<count {
            let id = try header.byte(start + 1 + index * 2)
            let tables = try header.byte(start + 2 + index * 2)
            guard let component = frame.components.firstIndex(where: { $0.id == id }),
                !parts.contains(where: { $0.component == component }), tables >> 4 < 4, tables & 15 < 4
            else { throw ImageError(.badScan, at: start + 1 + index * 2) }
            if frame.components[component].steps.isEmpty {
                let table = steps[frame.components[component].table]
                guard !table.isEmpty else { throw ImageError(.missingPart, at: start) }
                frame.components[component].steps = table
            }
            parts.append(
                JPEGScan.Part(
                    component: component, direct: directCodes[tables >> 4], alternating: alternatingCodes[tables & 15]))
        }
        let at = start + 1 + count * 2
        let (first, last) = (try header.byte(at), try header.byte(at + 1))
        for part in parts {
            let component = frame.components[part.component]
            let depth = frame.isProgressive ? Swift.max(last - first + 1, 1) : 64
            visits += component.blocksAcross * component.blocksDown * depth
        }
        guard visits <= frame.blocks * 64 * JPEGReader.visitLimit else { throw ImageError(.badScan, at: start) }
        let bits = try header.byte(at + 2)
        var scan = JPEGScan(
            bytes, at: header.end, frame: frame, parts: parts, first: first, last: last, before: bits >> 4,
            now: bits & 15, restartInterval: restartInterval)
        try scan.read(into: &coefficients)
        self.at = scan.position
    }

    /// The samples of each component, transformed back; the coefficients are given up.
    mutating func planes() -> [[UInt8]] {
        var planes: [[UInt8]] = []
        for component in frame.components {
            planes.append(JPEGTransform.plane(component, coefficients))
        }
        coefficients = []
        return planes
    }

    /// How libjpeg decides what the components are.
    func colorSpace() throws(ImageError) -> ColorSpace {
        let ids = frame.components.map { $0.id }
        switch ids.count {
        case 1: return .gray
        case 3:
            if hasJFIF { return .ycc }
            if let adobeTransform { return adobeTransform == 0 ? .rgb : .ycc }
            return ids == [0x52, 0x47, 0x42] ? .rgb : .ycc
        default: return adobeTransform ?? 0 == 2 ? .ycck : .cmyk
        }
    }
}
