/// Pixels of WebP's lossy format, a key frame of VP8: RFC 6386. Numbers are those of libwebp.
///
/// The frame is predicted and added up unit by unit of 16 × 16 pixels, then smoothed at the borders of units and blocks.
struct WebPLossy {
    /// What a unit is made of.
    private struct Unit {
        var segment = 0
        var isSkipped = false
        /// Whether each block of 4 × 4 has a mode of its own.
        var isSplit = false
        var hasCoefficients = false
    }

    /// Steps of the quantization of a segment.
    private struct Steps {
        var luma: (Int32, Int32) = (0, 0)
        var direct: (Int32, Int32) = (0, 0)
        var chroma: (Int32, Int32) = (0, 0)
    }

    /// What the segments differ in.
    private struct Segments {
        var isEnabled = false
        var updatesMap = false
        var isAbsolute = false
        var quantizers = [0, 0, 0, 0]
        var strengths = [0, 0, 0, 0]
        var probabilities: [UInt8] = [255, 255, 255]
    }

    private static let zigzag = [0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15]
    /// The band of each coefficient; the last is never used.
    private static let bands = [0, 1, 2, 3, 6, 4, 5, 6, 6, 6, 6, 6, 6, 6, 6, 7, 0]
    private static let longTokens: [[UInt8]] = [
        [173, 148, 140], [176, 155, 140, 135], [180, 157, 141, 134, 130],
        [254, 254, 243, 230, 196, 177, 153, 140, 133, 130, 129],
    ]
    /// Pairs of branches; what is not positive is a mode.
    private static let modeTree = [0, 1, -1, 2, -2, 3, 4, 6, -3, 5, -4, -5, -6, 7, -7, 8, -8, -9]

    let width: Int
    let height: Int
    private let across: Int
    private let down: Int
    private let bytes: ImageBytes
    private let firstPart: ImageBytes
    private var units: [Unit] = []
    private var planes: WebPPlanes
    private var segments = Segments()
    private var filter = WebPFilter()
    private var steps = [Steps](repeating: Steps(), count: 4)
    private var probabilities = WebPTables.tokenProbabilities
    private var skipProbability: UInt8?
    private var levels = [Int32](repeating: 0, count: 400)

    /// Reads the frame's header: a tag of 24 bits (no key frame, version, shown, size of the first part), three bytes that start a
    /// frame, width and height in 14 bits each, under 2 for scaling.
    init(_ bytes: ImageBytes) throws(ImageError) {
        self.bytes = bytes
        let start = bytes.start
        let tag = try bytes.little16(start) | bytes.byte(start + 2) << 16
        guard tag & 1 == 0, tag >> 1 & 7 <= 3, tag >> 4 & 1 == 1 else { throw ImageError(.unsupportedKind, at: start) }
        guard try bytes.byte(start + 3) == 0x9D, try bytes.byte(start + 4) == 1, try bytes.byte(start + 5) == 0x2A
        else {
            throw ImageError(.badHeader, at: start + 3)
        }
        width = try bytes.little16(start + 6) & 0x3FFF
        height = try bytes.little16(start + 8) & 0x3FFF
        try checkImageSize(width, height, at: start + 6)
        across = (width + 15) / 16
        down = (height + 15) / 16
        firstPart = try bytes.part(at: start + 10, count: tag >> 5)
        planes = WebPPlanes(across: 0, down: 0)
    }

    mutating func decode() throws(ImageError) {
        var header = WebPBools(firstPart)
        // Colour space and clamping: libwebp ignores both.
        _ = header.number(2)
        readSegments(&header)
        readFilter(&header)
        var parts = try parts(1 << header.number(2))
        readSteps(&header)
        _ = header.flag()
        for index in probabilities.indices where header.bit(WebPTables.updateProbabilities[index]) {
            probabilities[index] = UInt8(truncatingIfNeeded: header.number(8))
        }
        skipProbability = header.flag() ? UInt8(truncatingIfNeeded: header.number(8)) : nil
        try header.check()
        planes = WebPPlanes(across: across, down: down)
        units = [Unit](repeating: Unit(), count: across * down)
        var topModes = [Int](repeating: 0, count: across * 4)
        // For four columns of luma, two of each chroma, and the direct coefficients: whether the block above had any.
        var above = [[Bool]](repeating: [Bool](repeating: false, count: 9), count: across)
        for y in 0..<down {
            var leftModes = [0, 0, 0, 0]
            var left = [Bool](repeating: false, count: 9)
            let part = y & (parts.count - 1)
            for x in 0..<across {
                let index = y * across + x
                let modes = readModes(&header, index, &topModes, x * 4, &leftModes)
                for place in levels.indices { levels[place] = 0 }
                if units[index].isSkipped {
                    let hasDirect = (above[x][8], left[8])
                    for place in 0..<9 { (above[x][place], left[place]) = (false, false) }
                    if units[index].isSplit { (above[x][8], left[8]) = hasDirect }
                } else {
                    readUnit(&parts[part], index, &above[x], &left)
                }
                planes.reconstruct(x, y, modes, levels)
            }
            try header.check()
            try parts[part].check()
        }
        for y in 0..<down {
            for x in 0..<across {
                let unit = units[y * across + x]
                let base =
                    segments.isEnabled
                    ? segments.strengths[unit.segment] + (segments.isAbsolute ? 0 : filter.level) : filter.level
                filter.smooth(&planes, x, y, base, isSplit: unit.isSplit, inside: unit.isSplit || unit.hasCoefficients)
            }
        }
    }

    func write(to pixels: ImagePixels, _ left: Int, _ top: Int) {
        planes.write(to: pixels, left, top, width: width, height: height)
    }

    // MARK: Header

    private mutating func readSegments(_ header: inout WebPBools) {
        segments.isEnabled = header.flag()
        guard segments.isEnabled else { return }
        segments.updatesMap = header.flag()
        if header.flag() {
            segments.isAbsolute = header.flag()
            for index in 0..<4 { segments.quantizers[index] = header.optional(7) }
            for index in 0..<4 { segments.strengths[index] = header.optional(6) }
        }
        guard segments.updatesMap else { return }
        for index in 0..<3 {
            segments.probabilities[index] = header.flag() ? UInt8(truncatingIfNeeded: header.number(8)) : 255
        }
    }

    private mutating func readFilter(_ header: inout WebPBools) {
        filter.isSimple = header.flag()
        filter.level = header.number(6)
        filter.sharpness = header.number(3)
        filter.usesChanges = header.flag()
        guard filter.usesChanges, header.flag() else { return }
        for index in 0..<4 where header.flag() {
            let change = header.signed(6)
            if index == 0 { filter.frameChange = change }
        }
        for index in 0..<4 where header.flag() {
            let change = header.signed(6)
            if index == 0 { filter.splitChange = change }
        }
    }

    /// The parts with coefficients, behind the sizes of all but the last of them, 24 bits each.
    private func parts(_ count: Int) throws(ImageError) -> [WebPBools] {
        var parts: [WebPBools] = []
        var at = firstPart.end + 3 * (count - 1)
        for index in 0..<count {
            let place = firstPart.end + 3 * index
            let size =
                index == count - 1
                ? bytes.end - at : try bytes.little16(place) | bytes.byte(place + 2) << 16
            let part = try bytes.part(at: at, count: size)
            parts.append(WebPBools(part))
            at = part.end
        }
        return parts
    }

    private mutating func readSteps(_ header: inout WebPBools) {
        let base = header.number(7)
        let changes = (0..<5).map { _ in header.optional(4) }
        func step(_ table: [Int32], _ index: Int, _ limit: Int = 127) -> Int32 {
            table[Swift.min(Swift.max(index, 0), limit)]
        }
        for index in 0..<4 {
            var quantizer = base
            if segments.isEnabled {
                quantizer = segments.quantizers[index] + (segments.isAbsolute ? 0 : base)
            }
            let (direct, alternating) = (WebPTables.directSteps, WebPTables.alternatingSteps)
            steps[index].luma = (step(direct, quantizer + changes[0]), step(alternating, quantizer))
            steps[index].direct = (
                step(direct, quantizer + changes[1]) * 2,
                Swift.max(step(alternating, quantizer + changes[2]) * 155 / 100, 8)
            )
            steps[index].chroma = (
                step(direct, quantizer + changes[3], 117), step(alternating, quantizer + changes[4])
            )
        }
    }

    // MARK: Modes

    private mutating func readModes(
        _ header: inout WebPBools, _ index: Int, _ top: inout [Int], _ first: Int, _ left: inout [Int]
    ) -> WebPModes {
        if segments.updatesMap {
            let chances = segments.probabilities
            units[index].segment =
                header.bit(chances[0]) ? (header.bit(chances[2]) ? 3 : 2) : (header.bit(chances[1]) ? 1 : 0)
        }
        if let skipProbability { units[index].isSkipped = header.bit(skipProbability) }
        units[index].isSplit = !header.bit(145)
        var modes = WebPModes()
        if units[index].isSplit {
            modes.blocks = [Int](repeating: 0, count: 16)
            for y in 0..<4 {
                for x in 0..<4 {
                    let start = (top[first + x] * 10 + left[y]) * 9
                    var branch = 0
                    repeat {
                        let isSet = header.bit(WebPTables.modeProbabilities[start + branch])
                        branch = WebPLossy.modeTree[2 * branch + (isSet ? 1 : 0)]
                    } while branch > 0
                    modes.blocks[y * 4 + x] = -branch
                    top[first + x] = -branch
                    left[y] = -branch
                }
            }
        } else {
            modes.luma = header.bit(156) ? (header.bit(128) ? 1 : 3) : (header.bit(163) ? 2 : 0)
            for place in 0..<4 { (top[first + place], left[place]) = (modes.luma, modes.luma) }
        }
        modes.chroma = !header.bit(142) ? 0 : !header.bit(114) ? 2 : header.bit(183) ? 1 : 3
        return modes
    }

    // MARK: Coefficients

    /// Reads the coefficients of a unit: 16 blocks of luma, then four of each chroma.
    private mutating func readUnit(
        _ bits: inout WebPBools, _ index: Int, _ above: inout [Bool], _ left: inout [Bool]
    ) {
        let steps = steps[units[index].segment]
        var (kind, first) = (3, 0)
        if !units[index].isSplit {
            let context = (above[8] ? 1 : 0) + (left[8] ? 1 : 0)
            let end = readBlock(&bits, kind: 1, context, first: 0, steps.direct, at: 384)
            (above[8], left[8]) = (end > 0, end > 0)
            WebPPlanes.spreadDirect(&levels)
            (kind, first) = (0, 1)
        }
        for y in 0..<4 {
            for x in 0..<4 {
                let context = (above[x] ? 1 : 0) + (left[y] ? 1 : 0)
                let end = readBlock(&bits, kind: kind, context, first: first, steps.luma, at: (y * 4 + x) * 16)
                (above[x], left[y]) = (end > first, end > first)
            }
        }
        for plane in 0..<2 {
            for y in 0..<2 {
                for x in 0..<2 {
                    let (column, row) = (4 + plane * 2 + x, 4 + plane * 2 + y)
                    let context = (above[column] ? 1 : 0) + (left[row] ? 1 : 0)
                    let place = (16 + plane * 4 + y * 2 + x) * 16
                    let end = readBlock(&bits, kind: 2, context, first: 0, steps.chroma, at: place)
                    (above[column], left[row]) = (end > 0, end > 0)
                }
            }
        }
        units[index].hasCoefficients = levels[..<384].contains { $0 != 0 }
    }

    /// Reads the coefficients of a block; returns where they end.
    private mutating func readBlock(
        _ bits: inout WebPBools, kind: Int, _ context: Int, first: Int, _ steps: (Int32, Int32), at place: Int
    ) -> Int {
        func start(_ index: Int, _ context: Int) -> Int {
            ((kind &* 8 &+ WebPLossy.bands[index]) &* 3 &+ context) &* 11
        }
        var at = start(first, context)
        var index = first
        while index < 16 {
            if !bits.bit(probabilities[at]) { return index }
            while !bits.bit(probabilities[at &+ 1]) {
                index += 1
                if index == 16 { return 16 }
                at = start(index, 0)
            }
            var level: Int32 = 1
            if bits.bit(probabilities[at &+ 2]) {
                level = largeLevel(&bits, at)
                at = start(index + 1, 2)
            } else {
                at = start(index + 1, 1)
            }
            let step = index > 0 ? steps.1 : steps.0
            levels[place + WebPLossy.zigzag[index]] = (bits.flag() ? -level : level) * step
            index += 1
        }
        return 16
    }

    private func largeLevel(_ bits: inout WebPBools, _ at: Int) -> Int32 {
        func chance(_ index: Int) -> UInt8 { probabilities[at + index] }
        func one(_ probability: UInt8) -> Int32 { bits.bit(probability) ? 1 : 0 }
        if !bits.bit(chance(3)) { return !bits.bit(chance(4)) ? 2 : 3 + one(chance(5)) }
        if !bits.bit(chance(6)) {
            if !bits.bit(chance(7)) { return 5 + one(159) }
            let high = one(165)
            return 7 + 2 * high + one(145)
        }
        let high = bits.bit(chance(8))
        let kind = (high ? 2 : 0) + (bits.bit(chance(high ? 10 : 9)) ? 1 : 0)
        var level: Int32 = 0
        for probability in WebPLossy.longTokens[kind] { level = level * 2 + one(probability) }
        return level + 3 + 8 << Int32(kind)
    }
}
