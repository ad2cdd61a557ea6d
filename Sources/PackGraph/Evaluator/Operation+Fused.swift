import Glibc
import PackCore

extension Operation {
    /// Operators of `FusedOperator`; `nil` for others.
    func fusedOperator() throws(GraphError) -> [Tensor]? {
        switch FusedOperator(rawValue: node.op) {
        case .linear: return [try linear()]
        case .attention: return [try attention()]
        case .embed: return [try embed()]
        case .maskedMean: return [try masked(mean)]
        case .maskedMax: return [try masked { $0.isEmpty ? -1e9 : $0.max() ?? -1e9 }]
        case .l2Normalize: return [try normalizeLength()]
        case .inverse:
            throw GraphError(.unsupported, node, found: "Inverse", expected: "an operator that is evaluated")
        case nil: return nil
        }
    }

    private func linear() throws(GraphError) -> Tensor {
        let (x, w) = (try input(0), try input(1))
        let (n, k) = (shape.last ?? 1, x.shape.last ?? 1)
        let rows = x.count / max(1, k)
        let weights = Matrix(columns: w.shape[1], transposed: try node.int("transposed", default: 0) != 0)
        var result = Matrix(columns: k, transposed: false).times(weights, x.floats, w.floats, rows, k, n)
        let bias = optional(2)?.floats
        let residual = optional(3)?.floats
        let activate = try activation()
        for index in result.indices {
            result[index] = activate(result[index] + (bias?[index % n] ?? 0)) + (residual?[index] ?? 0)
        }
        return Tensor(x.dtype, shape, .floats(result))
    }

    private func activation() throws(GraphError) -> (Float) -> Float {
        switch try node.string("activation", default: "none") {
        case "relu": { max($0, 0) }
        case "gelu": Scalar.gelu
        case "gelu_tanh": Scalar.geluTanh
        case "tanh": { tanh($0) }
        default: { $0 }
        }
    }

    private func attention() throws(GraphError) -> Tensor {
        let heads = try node.int("heads", default: 1)
        let shared = try node.int("kv_heads", default: heads)
        let packed = optional(1) == nil
        let size = shape[2] / heads
        let q = AttentionRows(try input(0), heads: heads, size: size, part: 0)
        let k = AttentionRows(try input(packed ? 0 : 1), heads: shared, size: size, part: packed ? 1 : 0)
        let v = AttentionRows(try input(packed ? 0 : 2), heads: shared, size: size, part: packed ? 2 : 0)
        let (scale, hidden) = (try node.float("scale", default: 1), try node.floats("hidden"))
        let isCausal = try node.int("causal", default: 0) != 0
        let mask = optional(3)?.integers
        var result = [Float](repeating: 0, count: shape.reduce(1, *))
        for row in 0..<shape[0] * shape[1] * heads {
            let (head, i, b) = (row % heads, row / heads % shape[1], row / heads / shape[1])
            let query = q.row(b, head, i)
            let how = (0..<k.length).map { j in
                (mask?[b * k.length + j] == 0 ? 1 : 0) + (isCausal && j > i + k.length - shape[1] ? 2 : 0)
            }
            let seesAny = how.contains(0)
            var scores = how.indices.map { j -> Float in
                let key = k.row(b, head / (heads / shared), j)
                let sum = zip(query, key).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
                let addend = how[j] == 0 ? 0 : seesAny ? -.infinity : hidden?[how[j] - 1] ?? -.infinity
                return Float(sum) * scale + addend
            }
            scores = scores.contains { $0 > -.infinity } ? softmax(scores) : scores.map { _ in 0 }
            for (j, weight) in scores.enumerated() where weight != 0 {
                for (d, value) in v.row(b, head / (heads / shared), j).enumerated() {
                    result[row * size + d] += weight * value
                }
            }
        }
        return Tensor(try input(0).dtype, shape, .floats(result))
    }

    private func embed() throws(GraphError) -> Tensor {
        let (ids, words, places) = (try input(0).integers, try input(2), try input(3))
        let (sequence, width) = (shape[1], shape[2])
        let padding = try node.int("padding", default: -1)
        var sum: [Float] = []
        var seen = 0
        for (index, id) in ids.enumerated() {
            if index % max(1, sequence) == 0 { seen = 0 }
            if id != padding { seen += 1 }
            let place = padding < 0 ? index % sequence : id == padding ? padding : padding + seen
            var row = zip(try self.row(words, id), try self.row(places, place)).map { $0 + $1 }
            if let types = optional(4) {
                row = zip(row, try self.row(types, optional(1)?.integers[index] ?? 0)).map { $0 + $1 }
            }
            sum += row
        }
        let epsilon = try node.float("epsilon", default: 1e-12)
        let rows = Reference.normalized(sum, width: width, epsilon, try input(5).floats, try input(6).floats)
        return Tensor(shape, floats: rows)
    }

    private func row(_ table: Tensor, _ index: Int) throws(GraphError) -> [Float] {
        guard (0..<table.shape[0]).contains(index) else {
            throw GraphError(
                .wrongShape, node, found: "index \(index)", expected: "an index into \(table.shape[0]) rows")
        }
        let width = table.shape[1]
        return Array(table.floats[(index * width)..<((index + 1) * width)])
    }

    private func mean(_ list: [Float]) -> Float {
        list.isEmpty ? 0 : Float(list.reduce(0.0) { $0 + Double($1) } / Double(list.count))
    }

    /// Folds, for each sequence and column, the elements that the mask keeps.
    private func masked(_ fold: ([Float]) -> Float) throws(GraphError) -> Tensor {
        let (x, mask) = (try input(0), try input(1).integers)
        let (values, sequence, width) = (x.floats, x.shape[1], x.shape[2])
        var result: [Float] = []
        for b in 0..<x.shape[0] {
            let kept = (0..<sequence).filter { mask[b * sequence + $0] != 0 }
            result += (0..<width).map { column in fold(kept.map { values[(b * sequence + $0) * width + column] }) }
        }
        return Tensor(x.dtype, shape, .floats(result))
    }

    private func normalizeLength() throws(GraphError) -> Tensor {
        let x = try input(0)
        var values = x.floats
        let width = x.shape.last ?? 1
        let epsilon = Double(try node.float("epsilon", default: 1e-12))
        for start in stride(from: 0, to: values.count, by: max(1, width)) {
            let squares = values[start..<(start + width)].reduce(0.0) { $0 + Double($1) * Double($1) }
            let length = max(squares.squareRoot(), epsilon)
            for index in start..<(start + width) { values[index] = Float(Double(values[index]) / length) }
        }
        return Tensor(x.dtype, shape, .floats(values))
    }
}

/// An operand of attention, whose heads lie side by side or apart.
private struct AttentionRows {
    let values: [Float]
    let length: Int
    private let isApart: Bool
    private let heads: Int
    private let size: Int
    private let width: Int
    private let start: Int

    init(_ tensor: Tensor, heads: Int, size: Int, part: Int) {
        values = tensor.floats
        isApart = tensor.shape.count == 4
        length = tensor.shape[isApart ? 2 : 1]
        (self.heads, self.size) = (heads, size)
        width = tensor.shape[tensor.shape.count - 1]
        start = part * heads * size
    }

    func row(_ batch: Int, _ head: Int, _ index: Int) -> ArraySlice<Float> {
        let place =
            isApart
            ? ((batch * heads + head) * length + index) * size
            : (batch * length + index) * width + start + head * size
        return values[place..<place + size]
    }
}
