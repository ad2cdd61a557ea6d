/// The filter of VP8 that smooths borders of units and blocks: RFC 6386, section 15.
struct WebPFilter {
    var isSimple = false
    /// Of the frame; 0 turns the filter off.
    var level = 0
    var sharpness = 0
    /// Whether the level changes with the kind of frame, and with blocks that have modes of their own.
    var usesChanges = false
    var frameChange = 0
    var splitChange = 0

    /// What makes a border one to smooth.
    private struct Limits {
        /// Of the difference across a unit's border, and a block's within.
        let outer: Int
        let inner: Int
        /// Of differences between neighbours on one side.
        let neighbour: Int
        /// Of those above which a border is an edge of the picture.
        let edge: Int
    }

    /// Smooths the left and upper borders of a unit, and those within.
    func smooth(
        _ planes: inout WebPPlanes, _ x: Int, _ y: Int, _ base: Int, isSplit: Bool, inside: Bool
    ) {
        guard level > 0 else { return }
        var strength = base
        if usesChanges { strength += frameChange + (isSplit ? splitChange : 0) }
        strength = Swift.min(Swift.max(strength, 0), 63)
        guard strength > 0 else { return }
        var neighbour = strength
        if sharpness > 0 { neighbour = Swift.min(neighbour >> (sharpness > 4 ? 2 : 1), 9 - sharpness) }
        neighbour = Swift.max(neighbour, 1)
        let limit = 2 * strength + neighbour
        let limits = Limits(
            outer: 2 * (limit + 4) + 1, inner: 2 * limit + 1, neighbour: neighbour,
            edge: strength >= 40 ? 2 : strength >= 15 ? 1 : 0)
        filter(&planes.luma, x, y, 16, limits, inside)
        guard !isSimple else { return }
        filter(&planes.blue, x, y, 8, limits, inside)
        filter(&planes.red, x, y, 8, limits, inside)
    }

    private func filter(
        _ plane: inout WebPPlanes.Plane, _ x: Int, _ y: Int, _ size: Int, _ limits: Limits, _ inside: Bool
    ) {
        let first = plane.place(x * size, y * size)
        let stride = plane.stride
        if x > 0 { border(&plane.samples, first, 1, stride, size, limits, isOuter: true) }
        if inside {
            for at in Swift.stride(from: 4, to: size, by: 4) {
                border(&plane.samples, first + at, 1, stride, size, limits, isOuter: false)
            }
        }
        if y > 0 { border(&plane.samples, first, stride, 1, size, limits, isOuter: true) }
        if inside {
            for at in Swift.stride(from: 4, to: size, by: 4) {
                border(&plane.samples, first + at * stride, stride, 1, size, limits, isOuter: false)
            }
        }
    }

    /// Smooths across a border; samples across it are `step` apart, those along it `next`.
    private func border(
        _ samples: inout [UInt8], _ first: Int, _ step: Int, _ next: Int, _ count: Int, _ limits: Limits, isOuter: Bool
    ) {
        let limit = isOuter ? limits.outer : limits.inner
        for index in 0..<count {
            let at = first &+ index &* next
            func sample(_ place: Int) -> Int { Int(samples[at &+ place &* step]) }
            let (p1, p0, q0, q1) = (sample(-2), sample(-1), sample(0), sample(1))
            guard 4 &* abs(p0 &- q0) &+ abs(p1 &- q1) <= limit else { continue }
            if isSimple {
                change(&samples, at, step, 3 &* (q0 &- p0) &+ near(p1 &- q1))
                continue
            }
            let (p3, p2, q2, q3) = (sample(-4), sample(-3), sample(2), sample(3))
            let most = limits.neighbour
            guard abs(p3 &- p2) <= most, abs(p2 &- p1) <= most, abs(p1 &- p0) <= most, abs(q3 &- q2) <= most,
                abs(q2 &- q1) <= most, abs(q1 &- q0) <= most
            else { continue }
            if abs(p1 &- p0) > limits.edge || abs(q1 &- q0) > limits.edge {
                change(&samples, at, step, 3 &* (q0 &- p0) &+ near(p1 &- q1))
            } else if isOuter {
                let value = near(3 &* (q0 &- p0) &+ near(p1 &- q1))
                let (a, b, c) = ((27 &* value &+ 63) >> 7, (18 &* value &+ 63) >> 7, (9 &* value &+ 63) >> 7)
                samples[at &- 3 &* step] = clampedSample(p2 &+ c)
                samples[at &- 2 &* step] = clampedSample(p1 &+ b)
                samples[at &- step] = clampedSample(p0 &+ a)
                samples[at] = clampedSample(q0 &- a)
                samples[at &+ step] = clampedSample(q1 &- b)
                samples[at &+ 2 &* step] = clampedSample(q2 &- c)
            } else {
                let value = change(&samples, at, step, 3 &* (q0 &- p0))
                samples[at &- 2 &* step] = clampedSample(p1 &+ (value &+ 1) >> 1)
                samples[at &+ step] = clampedSample(q1 &- (value &+ 1) >> 1)
            }
        }
    }

    /// Moves the samples on both sides of a border towards each other; returns by how much the second one.
    @inline(__always) @discardableResult
    private func change(_ samples: inout [UInt8], _ at: Int, _ step: Int, _ value: Int) -> Int {
        let (a, b) = (Swift.min((value &+ 4) >> 3, 15), Swift.min((value &+ 3) >> 3, 15))
        let (second, first) = (Swift.max(a, -16), Swift.max(b, -16))
        samples[at &- step] = clampedSample(Int(samples[at &- step]) &+ first)
        samples[at] = clampedSample(Int(samples[at]) &- second)
        return second
    }

    /// A number within −128 ... 127.
    @inline(__always)
    private func near(_ value: Int) -> Int { Swift.min(Swift.max(value, -128), 127) }
}
