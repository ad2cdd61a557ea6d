import Foundation
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
        let (batch, sequence, width) = (shape[0], shape[1], shape[2])
        let heads = try node.int("heads", default: 1)
        let scale = try node.float("scale", default: 1)
        let size = width / heads
        let packed = optional(1) == nil
        let q = try input(0).floats
        let k = packed ? q : try input(1).floats
        let v = packed ? q : try input(2).floats
        let row = packed ? 3 * width : width
        let mask = optional(3)?.integers
        var result = [Float](repeating: 0, count: batch * sequence * width)
        for b in 0..<batch {
            for head in 0..<heads {
                for i in 0..<sequence {
                    let query = (b * sequence + i) * row + head * size
                    let scores = (0..<sequence).map { j -> Float in
                        let key = (b * sequence + j) * row + head * size + (packed ? width : 0)
                        let sum = (0..<size).reduce(0.0) { $0 + Double(q[query + $1]) * Double(k[key + $1]) }
                        return Float(sum) * scale + (mask?[b * sequence + j] == 0 ? -.greatestFiniteMagnitude : 0)
                    }
                    for (j, weight) in softmax(scores).enumerated() {
                        let value = (b * sequence + j) * row + head * size + (packed ? 2 * width : 0)
                        for d in 0..<size {
                            result[(b * sequence + i) * width + head * size + d] += weight * v[value + d]
                        }
                    }
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
