import CPackKernels

/// The second moments of a layer's inputs, factored: what storing a weight otherwise costs at the layer's output depends on the
/// inputs only through them.
///
/// The moments M = Xᵀ·X + damping are U·D·Uᵀ, U upper triangular with ones on its diagonal and D diagonal. The squared error of
/// the outputs for an error E of a row of weights is then Σ d[j] · (e[j] + Σ over i < j of e[i]·u[i][j])²: a later weight
/// can make up for what earlier ones lost (Frantar et al., GPTQ, 2022, in the form of Chee et al., QuIP, 2023).
package struct SecondMoments {
    /// Inputs of the layer.
    package let size: Int
    /// [size, size], row-major; U above the diagonal. What is on it and below is of no meaning.
    package let factor: [Float]

    /// A share of the mean moment is added to each input's own: with as few rows as calibration has, the moments by themselves
    /// would promise more than they hold for other texts.
    private static let damping: Float = 0.1

    /// Factors the moments of rows.
    ///
    /// - Parameters:
    ///   - rows: [count, size], row-major.
    ///   - size: Inputs of the layer, a multiple of `PACK_GROUP`.
    ///   - product: Multiplies.
    package init(rows: [Float], size: Int, _ product: FloatProduct) {
        let count = rows.count / size
        var moments = [Float](repeating: 0, count: size * size)
        let columns = turned(rows, rows: count, columns: size)
        product.add(
            columns, lda: count, rows, ldb: size, transposed: false, to: &moments, ldc: size, m: size, k: count, n: size
        )
        let mean = (0..<size).reduce(Float(0)) { $0 + moments[$1 * size + $1] } / Float(size)
        // Inputs that are always zero cost nothing, but must be factored.
        let added = mean > 0 ? mean * Self.damping : 1
        for index in 0..<size { moments[index * size + index] += added }
        moments.withUnsafeMutableBufferPointer { buffer in
            guard let m = buffer.baseAddress else { return }
            Factoring(m: m, size: size, product: product).run()
        }
        self.size = size
        factor = moments
    }
}

/// U·D·Uᵀ in place, a block of columns at a time from the last.
private struct Factoring {
    let m: UnsafeMutablePointer<Float>
    let size: Int
    let product: FloatProduct

    private static var block: Int { Int(PACK_GROUP) }

    func run() {
        var scaled = [Float](repeating: 0, count: size * Self.block)
        for first in stride(from: size - Self.block, through: 0, by: -Self.block) {
            let last = first + Self.block
            factorSquare(first..<last)
            // Rows above: X·U_bbᵀ = M, then U = X / D.
            for row in 0..<first {
                for column in (first..<last).reversed() {
                    var value = m[row * size + column]
                    for other in column + 1..<max(column + 1, last) {
                        value -= scaled[row * Self.block + other - first] * m[column * size + other]
                    }
                    scaled[row * Self.block + column - first] = value
                }
                for column in first..<last {
                    m[row * size + column] = scaled[row * Self.block + column - first] / m[column * size + column]
                    scaled[row * Self.block + column - first].negate()
                }
            }
            product.add(
                scaled, lda: Self.block, m + first, ldb: size, transposed: true, to: m, ldc: size, m: first,
                k: Self.block, n: first)
        }
    }

    /// The block on the diagonal: U above it, D on it.
    private func factorSquare(_ range: Range<Int>) {
        for column in range.reversed() {
            let above = range.lowerBound..<column
            let pivot = max(m[column * size + column], .leastNormalMagnitude)
            m[column * size + column] = pivot
            for row in above { m[row * size + column] /= pivot }
            for row in above {
                let share = m[row * size + column] * pivot
                for other in above { m[row * size + other] -= share * m[other * size + column] }
            }
        }
    }
}
