import Glibc
import PackCore

extension Operation {
    /// Operators that fold axes or run along one; `nil` for others.
    func reduction() throws(GraphError) -> [Tensor]? {
        switch node.op {
        case "ReduceMean": return [try reduce { $0.reduce(0) { $0 + Double($1) } / Double($0.count) }]
        case "ReduceSum": return [try reduce { $0.reduce(0) { $0 + Double($1) } }]
        case "ReduceProd": return [try reduce { $0.reduce(1) { $0 * Double($1) } }]
        case "ReduceMax": return [try reduce { Double($0.max() ?? -.infinity) }]
        case "ReduceMin": return [try reduce { Double($0.min() ?? .infinity) }]
        case "ReduceL1": return [try reduce { $0.reduce(0) { $0 + abs(Double($1)) } }]
        case "ReduceSumSquare": return [try reduce(squares)]
        case "ReduceL2": return [try reduce { squares($0).squareRoot() }]
        case "Softmax": return [try alongAxis(try axis(default: -1, rank: shape.count), softmax)]
        case "CumSum":
            let axis = try input(1).integers.first ?? 0
            let isExclusive = try node.int("exclusive", default: 0) != 0
            let isReversed = try node.int("reverse", default: 0) != 0
            return [
                try alongAxis(axis < 0 ? axis + shape.count : axis) { line in
                    let sums = runningSums(isReversed ? line.reversed() : line, isExclusive)
                    return isReversed ? sums.reversed() : sums
                }
            ]
        case "LayerNormalization": return [try normalize()]
        case "RMSNormalization": return [try normalizeSquares()]
        default: return nil
        }
    }

    private func squares(_ list: [Float]) -> Double { list.reduce(0) { $0 + Double($1) * Double($1) } }

    private func reduce(_ fold: ([Float]) -> Double) throws(GraphError) -> Tensor {
        let x = try input(0)
        let rank = x.shape.count
        let given = try list(1, "axes") ?? []
        if given.isEmpty, try node.int("noop_with_empty_axes", default: 0) != 0 { return x }
        let axes = given.isEmpty ? Array(0..<rank) : given.map { $0 < 0 ? $0 + rank : $0 }
        let strides = Indexing.strides(x.shape)
        let kept = x.shape.indices.filter { !axes.contains($0) }
        let starts = Indexing.positions(kept.map { x.shape[$0] }, strides: kept.map { strides[$0] })
        let steps = Indexing.positions(axes.map { x.shape[$0] }, strides: axes.map { strides[$0] })
        let values = x.floats
        let folded = starts.map { start in fold(steps.map { values[start + $0] }) }
        return x.dtype.isFloat
            ? Tensor(x.dtype, shape, .floats(folded.map { Float($0) }))
            : Tensor(x.dtype, shape, .integers(folded.map { Int(exactly: $0.rounded()) ?? 0 }))
    }

    /// Replaces each line along an axis.
    private func alongAxis(_ axis: Int, _ replace: ([Float]) -> [Float]) throws(GraphError) -> Tensor {
        let x = try input(0)
        var values = x.floats
        let (outer, extent, inner) = Indexing.split(x.shape, axis)
        for block in 0..<outer {
            for column in 0..<inner {
                let places = (0..<extent).map { (block * extent + $0) * inner + column }
                for (place, value) in zip(places, replace(places.map { values[$0] })) { values[place] = value }
            }
        }
        return x.dtype.isFloat
            ? Tensor(x.dtype, shape, .floats(values))
            : Tensor(x.dtype, shape, .integers(values.map { Int(exactly: $0.rounded()) ?? 0 }))
    }

    /// Sums of the elements up to each, without the element itself if `isExclusive`.
    private func runningSums(_ line: [Float], _ isExclusive: Bool) -> [Float] {
        var sum: Float = 0
        return line.map { value in
            let before = sum
            sum += value
            return isExclusive ? before : sum
        }
    }

    private func normalize() throws(GraphError) -> Tensor {
        let epsilon = try node.float("epsilon", default: 1e-5)
        let axis = try axis(default: -1, rank: shape.count)
        let inner = shape[axis...]
        let gamma = try input(1)
        let scale = gamma.picking(Indexing.stretched(gamma.shape, to: Array(inner)), Array(inner)).floats
        let beta = optional(2).map { $0.picking(Indexing.stretched($0.shape, to: Array(inner)), Array(inner)).floats }
        let rows = Reference.normalized(try input(0).floats, width: inner.reduce(1, *), epsilon, scale, beta)
        return Tensor(try input(0).dtype, shape, .floats(rows))
    }
}

extension Operation {
    /// Rows over the axes from `axis` on, divided by the root of their mean square, times a scale.
    fileprivate func normalizeSquares() throws(GraphError) -> Tensor {
        let (x, scale) = (try input(0), try input(1))
        let inner = Array(shape[(try axis(default: -1, rank: shape.count))...])
        let epsilon = Double(try node.float("epsilon", default: 1e-5))
        let factors = scale.picking(Indexing.stretched(scale.shape, to: inner), inner).floats
        var result = x.floats
        for start in stride(from: 0, to: result.count, by: max(1, factors.count)) {
            let squares = factors.indices.reduce(0.0) { $0 + Double(result[start + $1]) * Double(result[start + $1]) }
            let root = (squares / Double(factors.count) + epsilon).squareRoot()
            for index in factors.indices {
                result[start + index] = Float(Double(result[start + index]) / root) * factors[index]
            }
        }
        return Tensor(x.dtype, shape, .floats(result))
    }
}

/// Formulas that several operators use.
enum Reference {
    /// Rows of the given width, each minus its mean, divided by the root of its variance plus epsilon, scaled and shifted.
    static func normalized(
        _ values: [Float], width: Int, _ epsilon: Float, _ gamma: [Float], _ beta: [Float]?
    ) -> [Float] {
        var result = values
        for start in stride(from: 0, to: values.count, by: max(1, width)) {
            let row = values[start..<(start + width)].map { Double($0) }
            let mean = row.reduce(0, +) / Double(width)
            let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
            let factor = 1 / (variance + Double(epsilon)).squareRoot()
            for index in 0..<width {
                result[start + index] = Float((row[index] - mean) * factor) * gamma[index] + (beta?[index] ?? 0)
            }
        }
        return result
    }
}

/// The softmax of one line.
func softmax(_ line: [Float]) -> [Float] {
    let largest = line.max() ?? 0
    let powers = line.map { exp(Double($0 - largest)) }
    let sum = powers.reduce(0, +)
    return powers.map { Float($0 / sum) }
}
