import PackCore
import PackGraph

extension ONNXRules {
    /// MatMulBnb4: weights `[N, K]` of 4 bits that say which of 16 numbers, the high ones of a byte first, and for each
    /// block of the weights as they lie the number that they are multiplied with. They become numbers when they are used.
    ///
    /// Source of the numbers: bitsandbytes, as onnxruntime has them.
    @Sendable static func tableMatMul(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let weights = try TableWeights(importer, operation)
        let name = try importer.addWeights(operation) { () throws(GraphError) in try weights.constant() }
        let x = try operation.required(0)
        var matrix = importer.cast(name, to: importer.graph.types[x]?.dtype ?? .f32, operation)
        if try operation.int("transB", default: 1) != 0 {
            matrix = importer.helper("Transpose", operation, [matrix], ["perm": .ints([1, 0])])
        }
        importer.emit("MatMul", operation, [x, matrix])
    }
}

/// The weights of MatMulBnb4.
private struct TableWeights: Sendable {
    private let codes: Constant
    private let factors: [Float]
    private let table: [Float]
    private let rows: Int
    private let columns: Int
    private let block: Int

    /// Floats of 1 sign, 2 exponent and 1 mantissa bits in units of the largest.
    private static let floats: [Float] = [
        0, 0.005_208_333, 0.666_666_7, 1, 0.333_333_34, 0.5, 0.166_666_67, 0.25,
        -0.0, -0.005_208_333, -0.666_666_7, -1, -0.333_333_34, -0.5, -0.166_666_67, -0.25,
    ]
    /// Quantiles of the normal distribution.
    private static let quantiles: [Float] = [
        -1, -0.696_192_8, -0.525_073_05, -0.394_917_5, -0.284_441_38, -0.184_773_43, -0.091_050_036, 0,
        0.079_580_3, 0.160_930_2, 0.246_112_3, 0.337_915_24, 0.440_709_83, 0.562_617, 0.722_956_84, 1,
    ]

    init(_ importer: ONNXImporter, _ operation: ONNXOperation) throws(ONNXRefusal) {
        columns = try operation.int("K", default: 0)
        rows = try operation.int("N", default: 0)
        block = try operation.int("block_size", default: 0)
        let kind = try operation.int("quant_type", default: 0)
        guard columns > 0, rows > 0, columns < 1 << 31, rows < 1 << 31, block >= 16, block < 1 << 31,
            kind == 0 || kind == 1
        else {
            throw ONNXRefusal(
                .invalid, found: "K \(columns), N \(rows), block_size \(block), quant_type \(kind)",
                expected: "extents, blocks of 16 or more, and 0 (FP4) or 1 (NF4)")
        }
        table = kind == 0 ? Self.floats : Self.quantiles
        guard let codes = importer.graph.constants[try operation.required(1)],
            let factors = importer.graph.constants[try operation.required(2)]
        else { throw .use("weights computed at run time", "constants") }
        let count = rows * columns
        guard codes.dtype == .u8, codes.count == (count + 1) / 2, factors.dtype.isFloat,
            factors.count == (count - 1) / block + 1
        else {
            throw ONNXRefusal(
                .invalid, found: "weights \(codes.shape), absmax \(factors.shape)",
                expected: "\((count + 1) / 2) bytes, and \((count - 1) / block + 1) numbers")
        }
        self.codes = codes
        do throws(GraphError) { self.factors = try factors.floats() } catch {
            throw ONNXRefusal(.invalid, found: error.found, expected: error.expected)
        }
    }

    /// The weights `[N, K]` as f32, made when they are asked for.
    func constant() throws(GraphError) -> Constant {
        try Constant(
            .f32, [rows, columns],
            .made(bytes: rows * columns * 4) { range, body in
                let places = range.lowerBound / 4..<(range.upperBound + 3) / 4
                let start = range.lowerBound - places.lowerBound * 4
                numbers(places).withUnsafeBytes {
                    body(UnsafeRawBufferPointer(rebasing: $0[start..<start + range.count]))
                }
            })
    }

    private func numbers(_ places: Range<Int>) -> [Float] {
        codes.withBytes { codes in
            places.map { place in
                let byte = codes[place / 2]
                return table[Int(place % 2 == 0 ? byte >> 4 : byte & 15)] * factors[place / block]
            }
        }
    }
}
