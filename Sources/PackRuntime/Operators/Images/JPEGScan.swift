/// One scan of a JPEG file: coefficients of one component, or of blocks of several in turn.
struct JPEGScan {
    struct Part {
        let component: Int
        let direct: JPEGCode?
        let alternating: JPEGCode?
        /// The direct coefficient of the block before.
        var previous = 0
    }

    private var bits: JPEGBits
    private let frame: JPEGFrame
    private var parts: [Part]
    private let first: Int
    private let last: Int
    private let before: Int
    private let now: Int
    private let restartInterval: Int
    private let start: Int
    /// Blocks whose alternating coefficients have ended.
    private var ended = 0

    init(
        _ bytes: ImageBytes, at start: Int, frame: JPEGFrame, parts: [Part], first: Int, last: Int, before: Int,
        now: Int,
        restartInterval: Int
    ) {
        bits = JPEGBits(bytes, at: start)
        self.start = start
        self.frame = frame
        self.parts = parts
        // A sequential image has all coefficients in one scan, whatever the header says.
        self.first = frame.isProgressive ? first : 0
        self.last = frame.isProgressive ? last : 63
        self.before = frame.isProgressive ? before : 0
        self.now = frame.isProgressive ? now : 0
        self.restartInterval = restartInterval
    }

    /// Where the scan ended.
    var position: Int { bits.position }

    mutating func read(into coefficients: inout [Int16]) throws(ImageError) {
        try check()
        let (only, isAlone) = (frame.components[parts[0].component], parts.count == 1)
        let across = isAlone ? (only.width + 7) / 8 : frame.unitsAcross
        let down = isAlone ? (only.height + 7) / 8 : frame.unitsDown
        var untilRestart = restartInterval
        var restarts = 0
        for y in 0..<down {
            for x in 0..<across {
                if restartInterval > 0, untilRestart == 0 {
                    try bits.restart(restarts)
                    restarts += 1
                    untilRestart = restartInterval
                    ended = 0
                    for index in parts.indices { parts[index].previous = 0 }
                }
                untilRestart -= 1
                if isAlone {
                    try readBlock(0, &coefficients, only.start + (y * only.blocksAcross + x) * 64)
                    continue
                }
                for index in parts.indices {
                    let component = frame.components[parts[index].component]
                    for row in 0..<component.down {
                        let line = (y * component.down + row) * component.blocksAcross + x * component.across
                        for column in 0..<component.across {
                            try readBlock(index, &coefficients, component.start + (line + column) * 64)
                        }
                    }
                }
            }
        }
        bits.finish()
    }

    private func check() throws(ImageError) {
        let isDirect = first == 0
        let isWhole = !frame.isProgressive
        let bandFits = isWhole || (isDirect ? last == 0 : parts.count == 1 && first <= last && last <= 63)
        guard bandFits, now <= 13, before == 0 || before == now + 1 else { throw ImageError(.badScan, at: start) }
        for part in parts {
            let needsDirect = isDirect && before == 0
            guard !needsDirect || part.direct != nil, isDirect && !isWhole || part.alternating != nil else {
                throw ImageError(.missingPart, at: start)
            }
        }
    }

    private mutating func readBlock(
        _ part: Int, _ coefficients: inout [Int16], _ block: Int
    ) throws(ImageError) {
        if first == 0 {
            if before > 0 {
                if try bits.take(1) == 1 { coefficients[block] |= 1 << Int16(now) }
            } else if let code = parts[part].direct {
                parts[part].previous &+= try bits.takeSigned(try code.symbol(&bits))
                coefficients[block] = Int16(truncatingIfNeeded: parts[part].previous << now)
            }
        }
        guard last > 0, let code = parts[part].alternating else { return }
        if !frame.isProgressive {
            try readSequential(code, &coefficients, block)
        } else if before == 0 {
            try readFirst(code, &coefficients, block)
        } else {
            try refine(code, &coefficients, block)
        }
    }

    private mutating func readSequential(
        _ code: JPEGCode, _ coefficients: inout [Int16], _ block: Int
    ) throws(ImageError) {
        var index = 1
        while index < 64 {
            let symbol = try code.symbol(&bits)
            index &+= symbol >> 4
            if symbol & 15 == 0 {
                guard symbol == 0xF0 else { return }
                index &+= 1
                continue
            }
            let value = try bits.takeSigned(symbol & 15)
            guard index < 64 else { throw ImageError(.badSymbol, at: bits.position) }
            coefficients[block &+ JPEGReader.zigzag[index]] = Int16(truncatingIfNeeded: value)
            index &+= 1
        }
    }

    /// The first bits of a band of coefficients.
    private mutating func readFirst(
        _ code: JPEGCode, _ coefficients: inout [Int16], _ block: Int
    ) throws(ImageError) {
        if ended > 0 {
            ended -= 1
            return
        }
        var index = first
        while index <= last {
            let symbol = try code.symbol(&bits)
            let (run, size) = (symbol >> 4, symbol & 15)
            if size == 0 {
                if run < 15 {
                    ended = 1 << run - 1 + (run > 0 ? try bits.take(run) : 0)
                    return
                }
                index += 16
                continue
            }
            index += run
            let value = try bits.takeSigned(size)
            guard index <= last else { throw ImageError(.badSymbol, at: bits.position) }
            coefficients[block + JPEGReader.zigzag[index]] = Int16(truncatingIfNeeded: value << now)
            index += 1
        }
    }

    /// One more bit of each coefficient that is not zero, and coefficients that become so.
    private mutating func refine(
        _ code: JPEGCode, _ coefficients: inout [Int16], _ block: Int
    ) throws(ImageError) {
        var index = first
        if ended == 0 {
            while index <= last {
                let symbol = try code.symbol(&bits)
                var run = symbol >> 4
                var value: Int16 = 0
                if symbol & 15 == 0 {
                    if run < 15 {
                        ended = 1 << run + (run > 0 ? try bits.take(run) : 0)
                        break
                    }
                } else {
                    guard symbol & 15 == 1 else { throw ImageError(.badSymbol, at: bits.position) }
                    value = try bits.take(1) == 1 ? 1 << Int16(now) : -1 << Int16(now)
                }
                while index <= last {
                    let place = block + JPEGReader.zigzag[index]
                    if coefficients[place] != 0 {
                        try correct(&coefficients, place)
                    } else {
                        if run == 0 { break }
                        run -= 1
                    }
                    index += 1
                }
                if value != 0 {
                    guard index <= last else { throw ImageError(.badSymbol, at: bits.position) }
                    coefficients[block + JPEGReader.zigzag[index]] = value
                }
                index += 1
            }
        }
        guard ended > 0 else { return }
        while index <= last {
            let place = block + JPEGReader.zigzag[index]
            if coefficients[place] != 0 { try correct(&coefficients, place) }
            index += 1
        }
        ended -= 1
    }

    private mutating func correct(_ coefficients: inout [Int16], _ place: Int) throws(ImageError) {
        guard try bits.take(1) == 1 else { return }
        let bit: Int16 = 1 << Int16(now)
        guard coefficients[place] & bit == 0 else { return }
        coefficients[place] &+= coefficients[place] > 0 ? bit : 0 &- bit
    }
}
