import PackCore

extension Operation {
    /// Matrix products; `nil` for other operators.
    func product() throws(GraphError) -> [Tensor]? {
        switch node.op {
        case "MatMul": return [try matMul()]
        case "Gemm": return [try gemm()]
        default: return nil
        }
    }

    private func matMul() throws(GraphError) -> Tensor {
        let (left, right) = (try input(0), try input(1))
        let a = left.shape.count == 1 ? left.reshaped([1] + left.shape) : left
        let b = right.shape.count == 1 ? right.reshaped(right.shape + [1]) : right
        let (m, k, n) = (a.shape[a.shape.count - 2], a.shape[a.shape.count - 1], b.shape[b.shape.count - 1])
        let batch = Array(shape.dropLast((left.shape.count > 1 ? 1 : 0) + (right.shape.count > 1 ? 1 : 0)))
        let leftStarts = Indexing.stretched(Array(a.shape.dropLast(2)), to: batch).map { $0 * m * k }
        let rightStarts = Indexing.stretched(Array(b.shape.dropLast(2)), to: batch).map { $0 * k * n }
        let (x, y) = (a.floats, b.floats)
        var result: [Float] = []
        for (p, q) in zip(leftStarts, rightStarts) {
            let right = Matrix(start: q, rowStride: n, columnStride: 1)
            result += Matrix(start: p, rowStride: k, columnStride: 1).times(right, x, y, m, k, n)
        }
        return Tensor(left.dtype, shape, .floats(result))
    }

    private func gemm() throws(GraphError) -> Tensor {
        let (a, b) = (try input(0), try input(1))
        let (m, n) = (shape[0], shape[1])
        let left = Matrix(columns: a.shape[1], transposed: try node.int("transA", default: 0) != 0)
        let right = Matrix(columns: b.shape[1], transposed: try node.int("transB", default: 0) != 0)
        let k = a.count / max(1, m)
        let alpha = try node.float("alpha", default: 1)
        let beta = try node.float("beta", default: 1)
        var result = left.times(right, a.floats, b.floats, m, k, n).map { $0 * alpha }
        if let c = optional(2) {
            let added = c.picking(Indexing.stretched(c.shape, to: shape), shape).floats
            for index in result.indices { result[index] += beta * added[index] }
        }
        return Tensor(a.dtype, shape, .floats(result))
    }
}

/// Where the entries of a matrix lie in a list.
struct Matrix {
    var start = 0
    var rowStride: Int
    var columnStride: Int

    init(start: Int, rowStride: Int, columnStride: Int) {
        self.start = start
        self.rowStride = rowStride
        self.columnStride = columnStride
    }

    /// A whole list as a matrix stored with so many columns, read as it is or transposed.
    init(columns: Int, transposed: Bool) {
        rowStride = transposed ? 1 : columns
        columnStride = transposed ? columns : 1
    }

    /// The m × n product of an m × k and a k × n matrix.
    func times(_ other: Matrix, _ x: [Float], _ y: [Float], _ m: Int, _ k: Int, _ n: Int) -> [Float] {
        var result = [Float](repeating: 0, count: m * n)
        for row in 0..<m {
            for column in 0..<n {
                var sum = 0.0
                for inner in 0..<k {
                    let left = x[start + row * rowStride + inner * columnStride]
                    let right = y[other.start + inner * other.rowStride + column * other.columnStride]
                    sum += Double(left) * Double(right)
                }
                result[row * n + column] = Float(sum)
            }
        }
        return result
    }
}
