/// A tile of a JPEG 2000 image: its components in resolutions, those in bands, and those in precincts of code blocks.
struct JPEG2000Tile {
    /// Coefficients that are coded together.
    struct Block {
        /// Of the component's memory.
        let left: Int
        let top: Int
        let width: Int
        let height: Int
        let band: Int
        /// Bit planes with anything in them; nil before the block is first included.
        var planes: Int?
        var lengthBits = 3
        var data: [UInt8] = []
        var segments: [Segment] = []
    }

    /// Coding passes whose bits end together.
    struct Segment {
        var passes = 0
        var bytes = 0
        let most: Int
    }

    struct Band {
        let component: Int
        /// 0 low, 1 high across, 2 high down, 3 high in both.
        let kind: Int
        let planes: Int
        let step: Float
    }

    /// The blocks of one band in a precinct.
    struct Part {
        let first: Int
        let across: Int
        let down: Int
        let planes: Int
        var inclusion: JPEG2000TagTree
        var empty: JPEG2000TagTree
    }

    struct Precinct {
        let component: Int
        let resolution: Int
        let number: Int
        /// Where it is in the image.
        let x: Int
        let y: Int
        var parts: [Part] = []
    }

    let coding: JPEG2000Coding
    private let area: JPEG2000Area
    private let depths: [(bits: Int, isSigned: Bool)]
    private let byteCount: Int
    private let start: Int
    private(set) var bands: [Band] = []
    var blocks: [Block] = []
    var precincts: [Precinct] = []

    /// - Parameters:
    ///   - byteCount: Bytes of the tile's data, which bound what is made room for.
    ///   - start: Where they start in the file.
    init(
        _ coding: JPEG2000Coding, area: JPEG2000Area, depths: [(bits: Int, isSigned: Bool)], byteCount: Int, start: Int
    ) throws(ImageError) {
        self.coding = coding
        self.area = area
        self.depths = depths
        self.byteCount = byteCount
        self.start = start
        for component in coding.components.indices {
            for resolution in 0...coding.components[component].levels { try add(component, resolution) }
        }
    }

    private mutating func add(_ component: Int, _ resolution: Int) throws(ImageError) {
        let style = coding.components[component]
        let level = style.levels - resolution
        let whole = area.reduced(level)
        let (wide, high) = style.precincts[resolution]
        guard whole.width > 0, whole.height > 0 else { return }
        let (firstX, firstY) = (whole.left >> wide, whole.top >> high)
        let across = (whole.right + 1 << wide - 1) >> wide - firstX
        let down = (whole.bottom + 1 << high - 1) >> high - firstY
        // A packet takes a byte at least.
        guard across <= byteCount, down <= byteCount, across * down <= byteCount - precincts.count else {
            throw ImageError(.sizeBeyondData, at: start)
        }
        let kinds = resolution == 0 ? 0...0 : 1...3
        let shift = resolution == 0 ? 0 : 1
        var places: [(band: Int, kind: Int, area: JPEG2000Area)] = []
        for kind in kinds {
            places.append((bands.count, kind, try addBand(component, resolution, kind)))
        }
        let lower = resolution == 0 ? JPEG2000Area() : area.reduced(level + 1)
        for row in 0..<down {
            for column in 0..<across {
                var precinct = Precinct(
                    component: component, resolution: resolution, number: row * across + column,
                    x: Swift.max(area.left, (firstX + column) << (wide + level)),
                    y: Swift.max(area.top, (firstY + row) << (high + level)))
                let left = (firstX + column) << (wide - shift)
                let top = (firstY + row) << (high - shift)
                for place in places {
                    let part = JPEG2000Area(
                        left: left, top: top, right: left + 1 << (wide - shift), bottom: top + 1 << (high - shift)
                    ).intersection(place.area)
                    guard part.width > 0, part.height > 0 else { continue }
                    let (x, y) = (place.kind & 1 == 0 ? 0 : lower.width, place.kind & 2 == 0 ? 0 : lower.height)
                    try addBlocks(
                        part, style, (wide - shift, high - shift), place.band, x - place.area.left, y - place.area.top,
                        &precinct)
                }
                precincts.append(precinct)
            }
        }
    }

    /// Adds a band and returns its area.
    private mutating func addBand(
        _ component: Int, _ resolution: Int, _ kind: Int
    ) throws(ImageError) -> JPEG2000Area {
        let style = coding.components[component]
        let level = resolution == 0 ? style.levels : style.levels - resolution + 1
        let half = level > 0 ? 1 << (level - 1) : 0
        let number = resolution == 0 ? 0 : 3 * (resolution - 1) + kind
        var step = style.steps[0]
        if style.isDerived {
            step.exponent = Swift.max(step.exponent - Swift.max(resolution - 1, 0), 0)
        } else {
            guard number < style.steps.count else { throw ImageError(.badTable, at: start) }
            step = style.steps[number]
        }
        var size: Float = 1 + Float(step.mantissa) / 2048
        for _ in 0..<abs(depths[component].bits - step.exponent) {
            size *= depths[component].bits > step.exponent ? 2 : 0.5
        }
        bands.append(
            Band(component: component, kind: kind, planes: step.exponent + style.guardBits - 1, step: size))
        return area.reduced(level, kind & 1 == 0 ? 0 : half, kind & 2 == 0 ? 0 : half)
    }

    /// Adds the code blocks of a band in a precinct.
    private mutating func addBlocks(
        _ part: JPEG2000Area, _ style: JPEG2000Coding.Component, _ limits: (Int, Int), _ band: Int, _ x: Int, _ y: Int,
        _ precinct: inout Precinct
    ) throws(ImageError) {
        let (wide, high) = (Swift.min(style.blockWidth, limits.0), Swift.min(style.blockHeight, limits.1))
        let (firstX, firstY) = (part.left >> wide, part.top >> high)
        let across = (part.right + 1 << wide - 1) >> wide - firstX
        let down = (part.bottom + 1 << high - 1) >> high - firstY
        // Many blocks in few bytes are no image.
        guard across * down <= 1 << 16 + byteCount * 64 - blocks.count else {
            throw ImageError(.sizeBeyondData, at: start)
        }
        precinct.parts.append(
            Part(
                first: blocks.count, across: across, down: down, planes: bands[band].planes,
                inclusion: JPEG2000TagTree(across, down), empty: JPEG2000TagTree(across, down)))
        for row in firstY..<firstY + down {
            for column in firstX..<firstX + across {
                let block = JPEG2000Area(
                    left: column << wide, top: row << high, right: (column + 1) << wide, bottom: (row + 1) << high
                ).intersection(part)
                blocks.append(
                    Block(
                        left: block.left + x, top: block.top + y, width: block.width, height: block.height, band: band))
            }
        }
    }

    // MARK: Samples

    /// The samples of all components, 8 bits each.
    func planes() throws(ImageError) -> [[UInt8]] {
        let count = area.width * area.height
        var whole: [[Int32]] = []
        var real: [[Float]] = []
        for (index, style) in coding.components.enumerated() {
            whole.append(style.isReversible ? [Int32](repeating: 0, count: count) : [])
            real.append(style.isReversible ? [] : [Float](repeating: 0, count: count))
            for block in blocks where bands[block.band].component == index && !block.segments.isEmpty {
                let levels = try JPEG2000Block(block, kind: bands[block.band].kind, style: style.style).levels(start)
                let step = bands[block.band].step * 0.5
                for y in 0..<block.height {
                    let row = (block.top &+ y) &* area.width &+ block.left
                    for x in 0..<block.width {
                        let level = levels[y &* block.width &+ x]
                        if style.isReversible {
                            whole[index][row &+ x] = level / 2
                        } else {
                            real[index][row &+ x] = Float(level) * step
                        }
                    }
                }
            }
            for level in stride(from: style.levels - 1, through: 0, by: -1) {
                let (area, lower) = (area.reduced(level), area.reduced(level + 1))
                if style.isReversible {
                    JPEG2000Wavelet.invert(&whole[index], self.area.width, area, lower, JPEG2000Wavelet.liftWhole)
                } else {
                    JPEG2000Wavelet.invert(&real[index], self.area.width, area, lower, JPEG2000Wavelet.liftReal)
                }
            }
        }
        if coding.mixesColors, coding.components.count >= 3 { try unmix(&whole, &real, count) }
        var planes: [[UInt8]] = []
        for index in coding.components.indices {
            var samples = [UInt8](repeating: 0, count: count)
            for place in 0..<count {
                let value =
                    coding.components[index].isReversible
                    ? Int(whole[index][place]) : JPEG2000Tile.rounded(real[index][place])
                samples[place] = sample(value, depths[index])
            }
            planes.append(samples)
        }
        return planes
    }

    /// Undoes the mixing of the first three components.
    private func unmix(
        _ whole: inout [[Int32]], _ real: inout [[Float]], _ count: Int
    ) throws(ImageError) {
        let kinds = coding.components.prefix(3).filter { $0.isReversible }.count
        guard kinds == 0 || kinds == 3 else { throw ImageError(.badHeader, at: start) }
        for place in 0..<count {
            if kinds == 3 {
                let (y, u, v) = (whole[0][place], whole[1][place], whole[2][place])
                let green = y &- (u &+ v) >> 2
                whole[0][place] = v &+ green
                whole[1][place] = green
                whole[2][place] = u &+ green
            } else {
                let (y, u, v) = (real[0][place], real[1][place], real[2][place])
                real[0][place] = y + v * 1.402
                real[1][place] = y - u * 0.34413 - v * 0.71414
                real[2][place] = y + u * 1.772
            }
        }
    }

    /// The nearest number, the even one of two; beyond what samples may be, any number that is so too.
    private static func rounded(_ value: Float) -> Int {
        let limit: Float = 1_048_576
        let near = value >= -limit ? (value <= limit ? value : limit) : -limit
        // Above this number there are no halves.
        let shift: Float = 12_582_912
        return Int(near + shift - shift)
    }

    private func sample(_ value: Int, _ depth: (bits: Int, isSigned: Bool)) -> UInt8 {
        let value = Swift.min(Swift.max(value + 1 << (depth.bits - 1), 0), 1 << depth.bits - 1)
        return UInt8(truncatingIfNeeded: depth.bits > 8 ? value >> (depth.bits - 8) : value << (8 - depth.bits))
    }
}
