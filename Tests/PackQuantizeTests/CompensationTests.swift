import PackPlanner
import PackQuantize
import Testing

/// Rounding to 4-bit codes with regard to the inputs that a layer sees.
@Suite struct CompensationTests {
    private let columns = 96
    private let rows = 20

    /// Numbers from −1 to 1, the same for the same seed.
    private func numbers(_ count: Int, seed: UInt64) -> [Float] {
        var state = seed
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(Int32(truncatingIfNeeded: state >> 32)) / 2_147_483_648
        }
    }

    /// Inputs of which neighbours resemble each other, so that one weight can make up for another.
    private func inputs(_ count: Int) -> [Float] {
        let noise = numbers(count * (columns + 4), seed: 5)
        return (0..<count * columns).map { index in
            let (row, column) = (index / columns, index % columns)
            return (0..<4).reduce(0) { $0 + noise[row * (columns + 4) + column + $1] }
        }
    }

    /// The sum of squared differences of the outputs for weights that differ.
    private func loss(_ weights: [Float], _ stored: [Float], _ inputs: [Float]) -> Double {
        var sum = 0.0
        for sample in 0..<inputs.count / columns {
            for row in 0..<rows {
                var output = 0.0
                for column in 0..<columns {
                    let error = weights[row * columns + column] - stored[row * columns + column]
                    output += Double(error) * Double(inputs[sample * columns + column])
                }
                sum += output * output
            }
        }
        return sum
    }

    @Test func factorsGiveTheMomentsBack() throws {
        let product = try #require(FloatProduct())
        let inputs = inputs(40)
        let moments = SecondMoments(rows: inputs, size: columns, product)
        var expected = [Double](repeating: 0, count: columns * columns)
        for sample in 0..<40 {
            for i in 0..<columns {
                for j in 0..<columns {
                    expected[i * columns + j] +=
                        Double(inputs[sample * columns + i]) * Double(inputs[sample * columns + j])
                }
            }
        }
        let mean = (0..<columns).reduce(0.0) { $0 + expected[$1 * columns + $1] } / Double(columns)
        for i in 0..<columns { expected[i * columns + i] += mean * 0.1 }
        // The diagonal D is what is left on it: M = U·D·Uᵀ.
        func upper(_ i: Int, _ j: Int) -> Double { i == j ? 1 : i < j ? Double(moments.factor[i * columns + j]) : 0 }
        var worst = 0.0
        for i in 0..<columns {
            for j in 0..<columns {
                let found = (max(i, j)..<columns).reduce(0.0) {
                    $0 + upper(i, $1) * Double(moments.factor[$1 * columns + $1]) * upper(j, $1)
                }
                worst = max(worst, abs(found - expected[i * columns + j]) / mean)
            }
        }
        #expect(worst < 1e-4)
    }

    @Test func outputsLoseLessThanByRoundingAlone() throws {
        let product = try #require(FloatProduct())
        let weights = numbers(rows * columns, seed: 9)
        let moments = SecondMoments(rows: inputs(200), size: columns, product)
        let adjusted = ErrorCompensation.rounded(weights, moments, product)
        let plain = WeightKind.int4.restored(weights, rows: rows, columns: columns)
        let inputs = inputs(200)
        #expect(loss(weights, adjusted, inputs) < 0.5 * loss(weights, plain, inputs))
    }

    @Test func whatIsRoundedIsStoredAsItIs() throws {
        let product = try #require(FloatProduct())
        let weights = numbers(rows * columns, seed: 11)
        let moments = SecondMoments(rows: inputs(200), size: columns, product)
        let adjusted = ErrorCompensation.rounded(weights, moments, product)
        let stored = WeightKind.int4.restored(adjusted, rows: rows, columns: columns)
        for (value, expected) in zip(stored, adjusted) { #expect(abs(value - expected) < 1e-5) }
    }

    @Test func inputsThatAreAlwaysZeroAreNoProblem() throws {
        let product = try #require(FloatProduct())
        let weights = numbers(rows * columns, seed: 13)
        let moments = SecondMoments(rows: Array(repeating: 0, count: 10 * columns), size: columns, product)
        let adjusted = ErrorCompensation.rounded(weights, moments, product)
        #expect(adjusted.allSatisfy { $0.isFinite })
        let zeros = ErrorCompensation.rounded(Array(repeating: 0, count: rows * columns), moments, product)
        #expect(zeros.allSatisfy { $0 == 0 })
    }
}
