/// How a unit is predicted. Modes: 0 mean, 1 true motion, 2 vertical, 3 horizontal; of blocks also 4 right and down, 5 vertical and
/// right, 6 left and down, 7 vertical and left, 8 horizontal and down, 9 horizontal and up.
struct WebPModes {
    var luma = 0
    var chroma = 0
    /// Of 16 blocks; empty where the unit has one mode.
    var blocks: [Int] = []
}

/// Luma and chroma of a lossy WebP image, whole units: RFC 6386, sections 12 and 14.
struct WebPPlanes {
    /// Samples, a row above them and a column to their left, which are there to predict from.
    struct Plane {
        let stride: Int
        var samples: [UInt8]

        init(width: Int, height: Int) {
            // Room at the right for what lies above and to the right of the last block.
            stride = width + 8
            samples = [UInt8](repeating: 127, count: stride * (height + 1))
            for y in 1...Swift.max(height, 1) where y <= height { samples[y * stride] = 129 }
        }

        /// Where a sample is.
        @inline(__always)
        func place(_ x: Int, _ y: Int) -> Int { (y &+ 1) &* stride &+ x &+ 1 }
    }

    let across: Int
    var luma: Plane
    var blue: Plane
    var red: Plane

    init(across: Int, down: Int) {
        self.across = across
        luma = Plane(width: across * 16, height: down * 16)
        blue = Plane(width: across * 8, height: down * 8)
        red = Plane(width: across * 8, height: down * 8)
    }

    /// Predicts a unit and adds what its coefficients stand for: 16 blocks of luma, four of each chroma.
    mutating func reconstruct(_ x: Int, _ y: Int, _ modes: WebPModes, _ levels: [Int32]) {
        if modes.blocks.isEmpty {
            WebPPlanes.predict(&luma, x * 16, y * 16, 16, modes.luma)
            for block in 0..<16 {
                WebPPlanes.add(&luma, luma.place(x * 16 + block & 3 * 4, y * 16 + block / 4 * 4), levels, block * 16)
            }
        } else {
            predictBlocks(x, y, modes.blocks, levels)
        }
        WebPPlanes.predict(&blue, x * 8, y * 8, 8, modes.chroma)
        WebPPlanes.predict(&red, x * 8, y * 8, 8, modes.chroma)
        for block in 0..<4 {
            let (left, top) = (x * 8 + block & 1 * 4, y * 8 + block / 2 * 4)
            WebPPlanes.add(&blue, blue.place(left, top), levels, (16 + block) * 16)
            WebPPlanes.add(&red, red.place(left, top), levels, (20 + block) * 16)
        }
    }

    // MARK: Prediction

    private static func predict(_ plane: inout Plane, _ x: Int, _ y: Int, _ size: Int, _ mode: Int) {
        let first = plane.place(x, y)
        let stride = plane.stride
        let corner = Int(plane.samples[first - stride - 1])
        var mean = 128
        if mode == 0, x > 0 || y > 0 {
            var sum = 0
            for index in 0..<size {
                if y > 0 { sum += Int(plane.samples[first - stride + index]) }
                if x > 0 { sum += Int(plane.samples[first + index * stride - 1]) }
            }
            let count = x > 0 && y > 0 ? 2 * size : size
            mean = (sum + count / 2) / count
        }
        for row in 0..<size {
            let start = first + row * stride
            let left = Int(plane.samples[start - 1])
            for column in 0..<size {
                let top = Int(plane.samples[first &- stride &+ column])
                plane.samples[start &+ column] =
                    switch mode {
                    case 0: UInt8(truncatingIfNeeded: mean)
                    case 1: clampedSample(left &+ top &- corner)
                    case 2: UInt8(truncatingIfNeeded: top)
                    default: UInt8(truncatingIfNeeded: left)
                    }
            }
        }
    }

    private mutating func predictBlocks(_ x: Int, _ y: Int, _ modes: [Int], _ levels: [Int32]) {
        let stride = luma.stride
        // What lies above and to the right of the unit serves its lower blocks too.
        var beyond = [Int](repeating: 127, count: 4)
        let above = luma.place(x * 16 + 15, y * 16 - 1)
        if y > 0 {
            for index in 0..<4 { beyond[index] = Int(luma.samples[x + 1 < across ? above + 1 + index : above]) }
        }
        var edge = [Int](repeating: 0, count: 13)
        for block in 0..<16 {
            let first = luma.place(x * 16 + block & 3 * 4, y * 16 + block / 4 * 4)
            // From the lowest to the left over the corner to the last above.
            for index in 0..<4 { edge[3 - index] = Int(luma.samples[first + index * stride - 1]) }
            for index in 4..<9 { edge[index] = Int(luma.samples[first - stride + index - 5]) }
            for index in 0..<4 {
                edge[9 + index] = block & 3 == 3 ? beyond[index] : Int(luma.samples[first - stride + 4 + index])
            }
            predictBlock(first, modes[block], edge)
            WebPPlanes.add(&luma, first, levels, block * 16)
        }
    }

    private mutating func predictBlock(_ first: Int, _ mode: Int, _ edge: [Int]) {
        func two(_ index: Int) -> Int { (edge[index] + edge[index + 1] + 1) >> 1 }
        func three(_ index: Int) -> Int { (edge[index - 1] + 2 * edge[index] + edge[index + 1] + 2) >> 2 }
        for y in 0..<4 {
            for x in 0..<4 {
                let value: Int
                switch mode {
                case 0:
                    var sum = 4
                    for index in 0..<4 { sum += edge[index] + edge[5 + index] }
                    value = sum >> 3
                case 1: value = edge[3 - y] + edge[5 + x] - edge[4]
                case 2: value = three(5 + x)
                case 3: value = y == 3 ? (edge[1] + 3 * edge[0] + 2) >> 2 : three(3 - y)
                case 4: value = three(4 + x - y)
                case 5:
                    let place = 2 * x - y
                    value =
                        place < -1
                        ? three(4 + place + 1) : place & 1 == 0 ? two(4 + place / 2) : three(4 + (place + 1) / 2)
                case 6: value = x + y == 6 ? (edge[11] + 3 * edge[12] + 2) >> 2 : three(6 + x + y)
                case 7:
                    let place = x + y / 2
                    if x == 3, y >= 2 {
                        value = three(y == 2 ? 10 : 11)
                    } else {
                        value = y & 1 == 0 ? two(5 + place) : three(6 + place)
                    }
                case 8:
                    let place = 2 * y - x
                    value =
                        place < -1
                        ? three(4 - place - 1) : place & 1 == 0 ? two(3 - place / 2) : three(4 - (place + 1) / 2)
                default:
                    let place = x + 2 * y
                    if place > 5 {
                        value = edge[0]
                    } else if place == 5 {
                        value = (edge[1] + 3 * edge[0] + 2) >> 2
                    } else {
                        value = place & 1 == 0 ? two(2 - place / 2) : three(2 - place / 2)
                    }
                }
                luma.samples[first + y * luma.stride + x] = clampedSample(value)
            }
        }
    }

    // MARK: Transforms

    /// Gives the 16 blocks of luma their direct coefficients: an inverse Walsh-Hadamard transform of those behind all blocks.
    static func spreadDirect(_ levels: inout [Int32]) {
        var half = [Int32](repeating: 0, count: 16)
        for index in 0..<4 {
            let (a, b, c, d) = (levels[384 + index], levels[388 + index], levels[392 + index], levels[396 + index])
            half[index] = a + d + b + c
            half[8 + index] = a + d - b - c
            half[4 + index] = a - d + b - c
            half[12 + index] = a - d - b + c
        }
        for index in 0..<4 {
            let (a, b, c, d) = (half[index * 4] + 3, half[index * 4 + 1], half[index * 4 + 2], half[index * 4 + 3])
            levels[index * 64] = (a + d + b + c) >> 3
            levels[index * 64 + 16] = (a - d + b - c) >> 3
            levels[index * 64 + 32] = (a + d - b - c) >> 3
            levels[index * 64 + 48] = (a - d - b + c) >> 3
        }
    }

    /// Adds the inverse transform of a block.
    private static func add(_ plane: inout Plane, _ first: Int, _ levels: [Int32], _ start: Int) {
        var isEmpty = true
        for index in start..<start + 16 where levels[index] != 0 { isEmpty = false }
        if isEmpty { return }
        func large(_ value: Int32) -> Int32 { (value &* 20091) >> 16 &+ value }
        func small(_ value: Int32) -> Int32 { (value &* 35468) >> 16 }
        var half = [Int32](repeating: 0, count: 16)
        for index in 0..<4 {
            let (i0, i1) = (levels[start + index], levels[start + 4 + index])
            let (i2, i3) = (levels[start + 8 + index], levels[start + 12 + index])
            let (a, b) = (i0 &+ i2, i0 &- i2)
            let (c, d) = (small(i1) &- large(i3), large(i1) &+ small(i3))
            half[index * 4] = a &+ d
            half[index * 4 + 1] = b &+ c
            half[index * 4 + 2] = b &- c
            half[index * 4 + 3] = a &- d
        }
        for index in 0..<4 {
            let (i0, i1, i2, i3) = (half[index] &+ 4, half[4 + index], half[8 + index], half[12 + index])
            let (a, b) = (i0 &+ i2, i0 &- i2)
            let (c, d) = (small(i1) &- large(i3), large(i1) &+ small(i3))
            let place = first + index * plane.stride
            for (column, value) in [a &+ d, b &+ c, b &- c, a &- d].enumerated() {
                plane.samples[place + column] = clampedSample(Int32(plane.samples[place + column]) &+ value >> 3)
            }
        }
    }

    // MARK: Colours

    /// Writes what belongs to the image. Chroma has half the density and is stretched by triangles.
    func write(to pixels: ImagePixels, _ left: Int, _ top: Int, width: Int, height: Int) {
        let (columns, rows) = ((width + 1) / 2, (height + 1) / 2)
        var blues = [Int](repeating: 0, count: columns * 2 + 1)
        var reds = blues
        for y in 0..<height {
            let near = y / 2
            let far = Swift.min(Swift.max(y & 1 == 0 ? near - 1 : near + 1, 0), rows - 1)
            WebPPlanes.stretch(blue, near, far, columns, &blues)
            WebPPlanes.stretch(red, near, far, columns, &reds)
            let start = luma.place(0, y)
            for x in 0..<width {
                let light = (Int(luma.samples[start &+ x]) &* 19077) >> 8
                let (b, r) = (blues[x], reds[x])
                pixels.set(
                    left &+ x, top &+ y, clampedSample((light &+ (r &* 26149) >> 8 &- 14234) >> 6),
                    clampedSample((light &- (b &* 6419) >> 8 &- (r &* 13320) >> 8 &+ 8708) >> 6),
                    clampedSample((light &+ (b &* 33050) >> 8 &- 17685) >> 6))
            }
        }
    }

    private static func stretch(_ plane: Plane, _ near: Int, _ far: Int, _ columns: Int, _ row: inout [Int]) {
        let (near, far) = (plane.place(0, near), plane.place(0, far))
        var (n, f) = (Int(plane.samples[near]), Int(plane.samples[far]))
        row[0] = (3 &* n &+ f &+ 2) >> 2
        for x in stride(from: 1, to: columns, by: 1) {
            let (nextN, nextF) = (Int(plane.samples[near &+ x]), Int(plane.samples[far &+ x]))
            let sum = n &+ nextN &+ f &+ nextF &+ 8
            row[x &* 2 &- 1] = ((sum &+ 2 &* (nextN &+ f)) >> 3 &+ n) >> 1
            row[x &* 2] = ((sum &+ 2 &* (n &+ nextF)) >> 3 &+ nextN) >> 1
            (n, f) = (nextN, nextF)
        }
        row[columns &* 2 &- 1] = (3 &* n &+ f &+ 2) >> 2
    }
}
