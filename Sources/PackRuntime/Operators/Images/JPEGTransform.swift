/// The inverse cosine transform of 8 × 8 coefficients, exact to the rounding of libjpeg's "islow": the factors of Loeffler, Ligtenberg
/// and Moschytz in 1/8192, two more bits between columns and rows.
enum JPEGTransform {
    private static let bits: Int32 = 13
    private static let extra: Int32 = 2

    /// The samples of a component, whole blocks.
    static func plane(_ component: JPEGFrame.Component, _ coefficients: [Int16]) -> [UInt8] {
        let width = component.blocksAcross * 8
        var samples = [UInt8](repeating: 0, count: width * component.blocksDown * 8)
        var block = [Int32](repeating: 0, count: 64)
        for y in 0..<component.blocksDown {
            for x in 0..<component.blocksAcross {
                let start = component.start &+ (y &* component.blocksAcross &+ x) &* 64
                for index in 0..<64 {
                    block[index] = Int32(coefficients[start &+ index]) &* component.steps[index]
                }
                for column in 0..<8 { transform(&block, column, 8, bits - extra) }
                for row in 0..<8 { transform(&block, row &* 8, 1, bits + extra + 3) }
                let first = y &* 8 &* width &+ x &* 8
                for row in 0..<8 {
                    for column in 0..<8 {
                        samples[first &+ row &* width &+ column] = clampedSample(block[row &* 8 &+ column] &+ 128)
                    }
                }
            }
        }
        return samples
    }

    /// Eight numbers, rounded by so many bits.
    @inline(__always)
    private static func transform(_ block: inout [Int32], _ start: Int, _ step: Int, _ shift: Int32) {
        let (a0, a1, a2, a3) = (
            block[start], block[start &+ step], block[start &+ step &* 2], block[start &+ step &* 3]
        )
        let (a4, a5, a6, a7) = (
            block[start &+ step &* 4], block[start &+ step &* 5], block[start &+ step &* 6], block[start &+ step &* 7]
        )
        let half: Int32 = 1 &<< (shift &- 1)
        if a1 | a2 | a3 | a4 | a5 | a6 | a7 == 0 {
            let value = (a0 &<< bits &+ half) &>> shift
            for index in 0..<8 { block[start &+ step &* index] = value }
            return
        }
        let turned = (a2 &+ a6) &* 4433
        let (even2, even3) = (turned &- a6 &* 15137, turned &+ a2 &* 6270)
        let (even0, even1) = ((a0 &+ a4) &<< bits, (a0 &- a4) &<< bits)
        let (e0, e3) = (even0 &+ even3 &+ half, even0 &- even3 &+ half)
        let (e1, e2) = (even1 &+ even2 &+ half, even1 &- even2 &+ half)
        let all = (a7 &+ a3 &+ a5 &+ a1) &* 9633
        let (z1, z2) = ((a7 &+ a1) &* -7373, (a5 &+ a3) &* -20995)
        let (z3, z4) = ((a7 &+ a3) &* -16069 &+ all, (a5 &+ a1) &* -3196 &+ all)
        let (o0, o1) = (a7 &* 2446 &+ z1 &+ z3, a5 &* 16819 &+ z2 &+ z4)
        let (o2, o3) = (a3 &* 25172 &+ z2 &+ z3, a1 &* 12299 &+ z1 &+ z4)
        block[start] = (e0 &+ o3) &>> shift
        block[start &+ step] = (e1 &+ o2) &>> shift
        block[start &+ step &* 2] = (e2 &+ o1) &>> shift
        block[start &+ step &* 3] = (e3 &+ o0) &>> shift
        block[start &+ step &* 4] = (e3 &- o0) &>> shift
        block[start &+ step &* 5] = (e2 &- o1) &>> shift
        block[start &+ step &* 6] = (e1 &- o2) &>> shift
        block[start &+ step &* 7] = (e0 &- o3) &>> shift
    }
}
