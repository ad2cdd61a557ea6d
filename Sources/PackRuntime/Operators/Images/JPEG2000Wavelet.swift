/// Inverse wavelet transforms, 5/3 on whole numbers and 9/7: ITU-T T.800, annex F. Numbers are those of OpenJPEG.
enum JPEG2000Wavelet {
    /// Joins the four bands of a resolution, which lie side by side, into the samples of that resolution.
    ///
    /// - Parameters:
    ///   - stride: Of rows in memory.
    ///   - area: Of the resolution; whether it starts at an odd number decides which band a sample belongs to.
    ///   - lower: Of the next smaller resolution.
    ///   - lift: The transform of a row or column, whose samples are in their places; the second argument is the place of the first low
    ///     one, 0 or 1.
    static func invert<Number>(
        _ samples: inout [Number], _ stride: Int, _ area: JPEG2000Area, _ lower: JPEG2000Area,
        _ lift: (inout [Number], Int) -> Void
    ) {
        guard area.width > 0, area.height > 0, let zero = samples.first else { return }
        var line = [Number](repeating: zero, count: area.width)
        var odd = area.left & 1
        for y in 0..<area.height {
            for x in 0..<area.width {
                line[x] = samples[y &* stride &+ source(x, odd, lower.width)]
            }
            lift(&line, odd)
            for x in 0..<area.width { samples[y &* stride &+ x] = line[x] }
        }
        line = [Number](repeating: zero, count: area.height)
        odd = area.top & 1
        for x in 0..<area.width {
            for y in 0..<area.height {
                line[y] = samples[source(y, odd, lower.height) &* stride &+ x]
            }
            lift(&line, odd)
            for y in 0..<area.height { samples[y &* stride &+ x] = line[y] }
        }
    }

    /// Where a sample of the bands stands before the transform: low ones first.
    @inline(__always)
    private static func source(_ place: Int, _ odd: Int, _ low: Int) -> Int {
        (place ^ odd) & 1 == 0 ? place >> 1 : low &+ place >> 1
    }

    /// A place, mirrored at the ends.
    @inline(__always)
    private static func mirrored(_ place: Int, _ count: Int) -> Int {
        place < 0 ? 0 &- place : place >= count ? 2 &* count &- 2 &- place : place
    }

    /// 5/3.
    static func liftWhole(_ line: inout [Int32], _ odd: Int) {
        let count = line.count
        if count == 1 {
            if odd == 1 { line[0] /= 2 }
            return
        }
        for place in stride(from: odd, to: count, by: 2) {
            let sum = line[mirrored(place &- 1, count)] &+ line[mirrored(place &+ 1, count)] &+ 2
            line[place] &-= sum >> 2
        }
        for place in stride(from: 1 - odd, to: count, by: 2) {
            let sum = line[mirrored(place &- 1, count)] &+ line[mirrored(place &+ 1, count)]
            line[place] &+= sum >> 1
        }
    }

    /// 9/7. High samples are half of what they are in the standard, where their steps are twice as large.
    static func liftReal(_ line: inout [Float], _ odd: Int) {
        let count = line.count
        guard count > 1 else { return }
        for place in 0..<count { line[place] *= (place ^ odd) & 1 == 0 ? 1.230174105 : 1.625732422 }
        let factors: [(Int, Float)] = [
            (odd, -0.443506852), (1 - odd, -0.882911075), (odd, 0.052980118), (1 - odd, 1.586134342),
        ]
        for (first, factor) in factors {
            for place in stride(from: first, to: count, by: 2) {
                let sum = line[mirrored(place &- 1, count)] + line[mirrored(place &+ 1, count)]
                line[place] += sum * factor
            }
        }
    }
}
