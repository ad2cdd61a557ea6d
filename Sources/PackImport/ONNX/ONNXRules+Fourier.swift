import Glibc
import PackCore
import PackGraph

extension ONNXRules {
    /// Transforms of signals.
    static let fourier: [String: ONNXRule] = ["DFT": transform, "STFT": shortTransform, "MelWeightMatrix": melWeights]

    /// Longest transform that is written as a product with a matrix.
    private static let lengthLimit = 2048

    /// A discrete Fourier transform of known length along an axis: `[…, n, …, 1 or 2]`, the last axis real and imaginary
    /// parts.
    @Sendable private static func transform(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let input = try operation.required(0)
        let rank = try importer.shape(input).count
        var spectrum = Spectrum(axis: try axis(importer, operation, rank: rank))
        spectrum.isInverse = try operation.int("inverse", default: 0) != 0
        spectrum.isOneSided = try operation.int("onesided", default: 0) != 0
        if let name = operation.input(1) {
            guard let given = importer.number(name) else { throw .unknown("a length", name) }
            spectrum.length = given
        }
        importer.give(try spectrum.of(input, &importer, operation), as: 0, of: operation)
    }

    /// Transforms of overlapping frames of signals `[batch, length, 1 or 2]`, each frame times a window.
    @Sendable private static func shortTransform(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        var signal = try operation.required(0)
        let rank = try importer.shape(signal).count
        if rank == 2 { signal = importer.helper("Unsqueeze", operation, [signal, importer.integers([2])]) }
        guard rank == 2 || rank == 3 else {
            throw ONNXRefusal(.invalid, found: "rank \(rank)", expected: "[batch, length, 1 or 2]")
        }
        let stepName = try operation.required(1)
        guard let step = importer.number(stepName) else { throw .unknown("a step of frames", stepName) }
        let size: Int
        if let name = operation.input(3) {
            guard let given = importer.number(name) else { throw .unknown("a length of frames", name) }
            size = given
        } else {
            size = try importer.known(operation.input(2) ?? signal, axis: operation.input(2) == nil ? 1 : 0)
        }
        guard step > 0, (1...lengthLimit).contains(size) else {
            throw .use("frames of \(size) each \(step)", "frames of 1 to \(lengthLimit), a step of 1 or more")
        }
        let length = try importer.extent(of: signal, axis: 1, operation)
        // Starts of the frames that lie in the signal.
        let end = importer.helper("Sub", operation, [length, importer.integers([size - 1], shape: [])])
        let starts = importer.helper(
            "Range", operation, [importer.integers([0], shape: []), end, importer.integers([step], shape: [])])
        let column = importer.helper("Unsqueeze", operation, [starts, importer.integers([1])])
        let places = importer.helper("Add", operation, [column, importer.integers(Array(0..<size))])
        var frames = importer.helper("Gather", operation, [signal, places], ["axis": .int(1)])
        if let window = operation.input(2) {
            let apart = importer.helper("Unsqueeze", operation, [window, importer.integers([1])])
            frames = importer.helper("Mul", operation, [frames, apart])
        }
        var spectrum = Spectrum(axis: 2)
        spectrum.isOneSided = try operation.int("onesided", default: 1) != 0
        importer.give(try spectrum.of(frames, &importer, operation), as: 0, of: operation)
    }

    /// Before version 20 the axis is an attribute.
    private static func axis(
        _ importer: ONNXImporter, _ operation: ONNXOperation, rank: Int
    ) throws(ONNXRefusal) -> Int {
        var given = try operation.int("axis", default: operation.version < 20 ? 1 : -2)
        if let name = operation.input(2) {
            guard let number = importer.number(name) else {
                throw .unknown("an axis", name)
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

/// A discrete Fourier transform along an axis of a value, as products with cosines and sines.
private struct Spectrum {
    let axis: Int
    var isInverse = false
    var isOneSided = false
    /// Entries that are transformed, if not as many as there are.
    var length: Int?

    /// Longest transform that is written as a product with a matrix.
    private static let lengthLimit = 2048

    init(axis: Int) { self.axis = axis }

    /// The transform of a value whose last axis holds real and imaginary parts.
    func of(
        _ input: String, _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) -> String {
        let rank = try importer.shape(input).count
        let parts = try importer.known(input, axis: rank - 1)
        let count = try importer.known(input, axis: axis)
        let limits = 1...Self.lengthLimit
        let length = length ?? (isInverse && isOneSided && limits.contains(count) ? 2 * (count - 1) : count)
        guard limits.contains(length), limits.contains(count), (1...2).contains(parts) else {
            throw .use(
                "\(count) entries to \(length) in \(parts) parts", "at most \(Self.lengthLimit), real or complex")
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
        return importer.cast(joined, to: dtype, operation)
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
