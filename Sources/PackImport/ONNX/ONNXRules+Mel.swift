import Glibc
import PackCore
import PackGraph

extension ONNXRules {
    /// Elements of a matrix of weights that is made.
    private static let melLimit = 1 << 22

    /// Weights `[bin of a spectrum, band]`: triangles between neighbouring edges, evenly spaced on the mel scale
    /// 2595·log₁₀(1 + f/700).
    @Sendable static func melWeights(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        var numbers: [Double] = []
        let names = try (0..<5).map { index throws(ONNXRefusal) in try operation.required(index) }
        let unknown = names.filter { importer.constant($0) == nil }
        guard unknown.isEmpty else {
            throw ONNXRefusal(
                .unsupportedUse, found: "\(unknown.joined(separator: ", ")) that only running tells",
                expected: "constants", unknown: unknown.map { .value($0) })
        }
        for name in names {
            let constant = importer.constant(name)
            guard let number = constant?.scalarInteger.map(Double.init) ?? constant?.scalarFloat.map(Double.init) else {
                throw ONNXRefusal(.invalid, found: "'\(name)'", expected: "one number")
            }
            numbers.append(number)
        }
        let code = try operation.int("output_datatype", default: DType.f32.onnxCode)
        guard let dtype = DType(onnxCode: code) else {
            throw ONNXRefusal(.invalid, found: "output_datatype \(code)", expected: "a type of numbers")
        }
        guard let bank = MelBank(numbers, limit: melLimit) else {
            throw .use("bands, length, rate and edges \(numbers)", "positive numbers, at most \(melLimit) weights")
        }
        let table = importer.doubles(bank.weights, shape: [bank.bins, bank.bands], operation)
        importer.give(importer.cast(table, to: dtype, operation), as: 0, of: operation)
    }
}

/// Triangular weights over the bins of a spectrum.
private struct MelBank {
    let bins: Int
    let bands: Int
    /// Row-major, a row a bin.
    private(set) var weights: [Double]

    /// - Parameter numbers: Bands, length of the transform, samples a second, lowest and highest edge in hertz.
    init?(_ numbers: [Double], limit: Int) {
        guard numbers.count == 5, let bands = Int(exactly: numbers[0]), let length = Int(exactly: numbers[1]),
            bands > 0, bands <= limit, length > 0, length <= limit, numbers[2] > 0,
            numbers[3...].allSatisfy({ $0.isFinite && $0 > -700 })
        else { return nil }
        bins = length / 2 + 1
        self.bands = bands
        guard bins <= limit / bands else { return nil }
        weights = [Double](repeating: 0, count: bins * bands)
        func mel(_ hertz: Double) -> Double { 2595 * log10(1 + hertz / 700) }
        let (low, high) = (mel(numbers[3]), mel(numbers[4]))
        let spacing = (high - low) / Double(bands + 2)
        var edges: [Int] = []
        for index in 0..<bands + 2 {
            let hertz = 700 * (pow(10, (Double(index) * spacing + low) / 2595) - 1)
            guard let edge = Int(exactly: (Double(length + 1) * hertz / numbers[2]).rounded(.down)) else { return nil }
            edges.append(edge)
        }
        for band in 0..<bands { fill(band, edges[band], edges[band + 1], edges[band + 2]) }
    }

    /// Rises from the left edge to 1 in the middle and falls to the right edge.
    private mutating func fill(_ band: Int, _ left: Int, _ middle: Int, _ right: Int) {
        for bin in max(left, 0)..<max(min(middle, bins - 1) + 1, max(left, 0)) {
            weights[bin * bands + band] = middle == left ? 1 : Double(bin - left) / Double(middle - left)
        }
        for bin in max(middle, 0)..<max(min(right, bins), max(middle, 0)) {
            weights[bin * bands + band] = Double(right - bin) / Double(right - middle)
        }
    }
}
