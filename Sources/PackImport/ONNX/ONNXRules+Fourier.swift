import Glibc
import PackCore
import PackGraph

extension ONNXRules {
    /// Transforms of signals.
    static let fourier: [String: ONNXRule] = ["DFT": transform]

    /// Longest transform that is written as a product with a matrix.
    private static let lengthLimit = 2048

    /// A discrete Fourier transform of known length along an axis, as products with cosines and sines: `[…, n, …, 1 or 2]`,
    /// the last axis real and imaginary parts.
    @Sendable private static func transform(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let input = try operation.required(0)
        let rank = try importer.shape(input).count
        let parts = try importer.known(input, axis: rank - 1)
        let axis = try axis(importer, operation, rank: rank)
        let isInverse = try operation.int("inverse", default: 0) != 0
        let isOneSided = try operation.int("onesided", default: 0) != 0
        let count = try importer.known(input, axis: axis)
        var length = isInverse && isOneSided ? 2 * (count - 1) : count
        if let name = operation.input(1) {
            guard let given = importer.number(name) else {
                throw .use("a length that only running tells", "a constant")
            }
            length = given
        }
        guard (1...lengthLimit).contains(length), (1...lengthLimit).contains(count), (1...2).contains(parts) else {
            throw .use("\(count) entries to \(length) in \(parts) parts", "at most \(lengthLimit), real or complex")
        }
        let matrix = FourierMatrix(count: count, length: length, isInverse: isInverse, isOneSided: isOneSided)
        let order = Array(0..<rank - 1).filter { $0 != axis } + [axis]
        // Without the last axis, and the transformed one last.
        var real: [String] = []
        for part in 0..<parts {
            let plain = importer.helper(
                "Gather", operation, [input, importer.integers([part], shape: [])], ["axis": .int(rank - 1)])
            let placed = importer.helper("Transpose", operation, [plain], ["perm": .ints(order)])
            // Sums of many terms cancel: in f64 what is left is right.
            real.append(importer.cast(placed, to: .f64, operation))
        }
        func product(_ value: String, _ numbers: [Double]) -> String {
            let table = importer.doubles(numbers, shape: [count, matrix.width], operation)
            return importer.helper("MatMul", operation, [value, table])
        }
        var results = [product(real[0], matrix.cosines)]
        if !matrix.isRealOnly { results.append(product(real[0], matrix.sines)) }
        if parts == 2 {
            let crossed = product(real[1], matrix.sines)
            results[0] = importer.helper("Sub", operation, [results[0], crossed])
            if !matrix.isRealOnly {
                results[1] = importer.helper("Add", operation, [results[1], product(real[1], matrix.cosines)])
            }
        }
        var back = [Int](repeating: 0, count: rank - 1)
        for (position, source) in order.enumerated() { back[source] = position }
        let columns = results.map { value in
            let placed = importer.helper("Transpose", operation, [value], ["perm": .ints(back)])
            return importer.helper("Unsqueeze", operation, [placed, importer.integers([rank - 1])])
        }
        let dtype = importer.graph.types[input]?.dtype ?? .f32
        let joined = importer.helper("Concat", operation, columns, ["axis": .int(rank - 1)])
        importer.give(importer.cast(joined, to: dtype, operation), as: 0, of: operation)
    }

    /// Before version 20 the axis is an attribute.
    private static func axis(
        _ importer: ONNXImporter, _ operation: ONNXOperation, rank: Int
    ) throws(ONNXRefusal) -> Int {
        var given = try operation.int("axis", default: operation.version < 20 ? 1 : -2)
        if let name = operation.input(2) {
            guard let number = importer.number(name) else {
                throw .use("an axis that only running tells", "a constant")
            }
            given = number
        }
        let axis = given < 0 ? given + rank : given
        guard rank >= 2, (0..<rank - 1).contains(axis) else {
            throw ONNXRefusal(.invalid, found: "axis \(given)", expected: "an axis before the last of \(rank)")
        }
        return axis
    }
}

/// The numbers that a transform multiplies by, row-major: `count` rows, `width` columns.
private struct FourierMatrix {
    let width: Int
    let cosines: [Double]
    let sines: [Double]
    /// Whether the result has no imaginary part: the inverse of half a spectrum.
    let isRealOnly: Bool

    init(count: Int, length: Int, isInverse: Bool, isOneSided: Bool) {
        isRealOnly = isInverse && isOneSided
        width = isOneSided && !isInverse ? length / 2 + 1 : length
        // Half a spectrum stands for both halves, but for its ends.
        let used = isRealOnly ? min(count, length / 2 + 1) : min(count, length)
        var (cosines, sines): ([Double], [Double]) = ([], [])
        for row in 0..<count {
            var weight = row < used ? (isInverse ? 1 / Double(length) : 1) : 0
            if isRealOnly, row > 0, length % 2 == 1 || row < length / 2 { weight *= 2 }
            for column in 0..<width {
                // Whole turns make no difference, and small angles are exact.
                let angle = 2 * Double.pi * Double(row * column % length) / Double(length)
                cosines.append(weight * cos(angle))
                sines.append((isInverse ? weight : -weight) * sin(angle))
            }
        }
        (self.cosines, self.sines) = (cosines, sines)
    }
}
