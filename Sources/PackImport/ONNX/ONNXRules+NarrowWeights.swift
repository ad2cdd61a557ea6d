import PackCore
import PackFormats
import PackGraph

extension ONNXRules {
    /// MatMulNBits: weights `[N, blocks, bytes]` of 2, 4 or 8 bits in blocks along K, a scale `[N, blocks]` each, zero points,
    /// packed like the weights or as numbers, and for each place of K the block that has its scale, if that is not its own.
    /// They become numbers when they are used.
    @Sendable static func narrowMatMul(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let weights = try NarrowWeights(importer, operation)
        let name = try importer.addWeights(operation) { () throws(GraphError) in try weights.constant() }
        let dtype = importer.graph.types[try operation.required(0)]?.dtype ?? .f32
        let matrix = importer.cast(name, to: dtype, operation)
        let turned = importer.helper("Transpose", operation, [matrix], ["perm": .ints([1, 0])])
        guard let bias = operation.input(5) else {
            return importer.emit("MatMul", operation, [try operation.required(0), turned])
        }
        let product = importer.helper("MatMul", operation, [try operation.required(0), turned])
        importer.emit("Add", operation, [product, bias])
    }
}

/// Weights of 2, 4 or 8 bits in rows, blocks of which have a scale and a zero point each: those of MatMulNBits, or all that
/// experts of QMoE have for one projection, one expert's rows after the other's.
struct NarrowWeights: Sendable {
    private let codes: Constant
    private let scales: Constant
    private let zeros: Constant?
    /// The block that has the scale of each place of K.
    private var groups: [Int] = []
    private let k: Int
    private let n: Int
    private let bits: Int
    private let block: Int
    private var blocks: Int { (k - 1) / block + 1 }

    init(_ importer: ONNXImporter, _ operation: ONNXOperation) throws(ONNXRefusal) {
        k = try operation.int("K", default: 0)
        n = try operation.int("N", default: 0)
        bits = try operation.int("bits", default: 4)
        block = try operation.int("block_size", default: 0)
        guard k > 0, n > 0, k < 1 << 31, n < 1 << 31, [2, 4, 8].contains(bits), block >= 16, block < 1 << 31,
            block & (block - 1) == 0
        else {
            throw .use(
                "\(bits) bits, K \(k), N \(n), block_size \(block)",
                "2, 4 or 8 bits in blocks of a power of two, from 16")
        }
        guard try operation.int("weight_prepacked", default: 0) == 0 else { throw .use("weight_prepacked", "0") }
        guard let codes = importer.graph.constants[try operation.required(1)],
            let scales = importer.graph.constants[try operation.required(2)]
        else { throw .use("weights computed at run time", "constants") }
        self.codes = codes
        self.scales = scales
        zeros = operation.input(3).flatMap { importer.graph.constants[$0] }
        if operation.input(3) != nil, zeros == nil { throw .use("zero points computed at run time", "a constant") }
        let count = (k - 1) / block + 1
        guard codes.dtype == .u8, codes.count == n * count * (block * bits / 8), scales.count == n * count,
            scales.dtype.isFloat,
            zeros.map({ $0.count == ($0.dtype.isFloat ? n * count : n * ((count * bits + 7) / 8)) }) ?? true,
            zeros.map({ $0.dtype.isFloat || $0.dtype == .u8 }) ?? true
        else {
            throw ONNXRefusal(
                .invalid, found: "weights \(codes.shape), scales \(scales.shape), zero points \(zeros?.shape ?? [])",
                expected: "\(n) rows of \(count) blocks")
        }
        groups = try Self.groups(importer, operation, k: k, block: block, count: count)
    }

    /// The weights of experts. Inputs codes `[experts, rows, bytes]`, scales `[experts, rows]`, or with a block
    /// `[experts, rows, blocks]`, and zero points packed along the last axis of scales.
    init(
        _ importer: ONNXImporter, codes: String, scales: String, zeros: String?, experts: Int, rows: Int, columns: Int,
        bits: Int, block: Int
    ) throws(ONNXRefusal) {
        guard block == 0 || block >= 16 && block & (block - 1) == 0 && columns % block == 0, columns > 0, rows > 0
        else {
            throw ONNXRefusal(
                .invalid, found: "block_size \(block) for rows of \(columns)",
                expected: "a power of two from 16 that divides them")
        }
        guard let codes = importer.graph.constants[codes], let scales = importer.graph.constants[scales],
            zeros.map({ importer.graph.constants[$0] != nil }) ?? true
        else { throw .use("weights computed at run time", "constants") }
        let count = block == 0 ? 1 : columns / block
        let each = experts.multipliedReportingOverflow(by: rows)
        let shape = block == 0 ? [experts, rows] : [experts, rows, count]
        guard !each.overflow, codes.dtype == .u8, scales.dtype.isFloat, scales.shape == shape else {
            throw ONNXRefusal(
                .invalid, found: "weights of \(codes.dtype.name), scales \(scales.shape)",
                expected: "weights of u8, scales \(shape)")
        }
        (self.codes, self.scales, self.bits, self.block) = (codes, scales, bits, block == 0 ? columns : block)
        (k, n) = (columns, each.partialValue)
        self.zeros = try zeros.flatMap { importer.graph.constants[$0] }.map { packed throws(ONNXRefusal) in
            try Self.unpacked(packed, shape, bits: bits)
        }
        groups = (0..<columns).map { $0 / self.block }
    }

    /// Zero points as numbers, one for each scale.
    private static func unpacked(_ zeros: Constant, _ shape: [Int], bits: Int) throws(ONNXRefusal) -> Constant {
        let (last, perByte) = (shape[shape.count - 1], 8 / bits)
        let bytes = (last + perByte - 1) / perByte
        let expected = Array(shape.dropLast()) + [bytes]
        guard zeros.dtype == .u8, zeros.shape == expected else {
            throw ONNXRefusal(
                .invalid, found: "zero points \(zeros.shape) of \(zeros.dtype.name)",
                expected: "\(expected) of u8")
        }
        let numbers = zeros.withBytes { packed in
            (0..<zeros.count / bytes * last).map { place in
                Float(Self.code(packed, place / last * bytes, place % last, bits: bits))
            }
        }
        do throws(GraphError) { return try Constant(floats: numbers, shape: shape) } catch {
            throw ONNXRefusal(.invalid, found: error.found, expected: error.expected)
        }
    }

    private static func groups(
        _ importer: ONNXImporter, _ operation: ONNXOperation, k: Int, block: Int, count: Int
    ) throws(ONNXRefusal) -> [Int] {
        guard let name = operation.input(4) else { return (0..<k).map { $0 / block } }
        guard let constant = importer.graph.constants[name] else {
            throw .use("groups computed at run time", "a constant")
        }
        // Whole blocks may be given, the last of them longer than K.
        guard constant.count >= k, let groups = try? constant.integers().prefix(k),
            groups.allSatisfy({ (0..<count).contains($0) })
        else {
            throw ONNXRefusal(.invalid, found: "g_idx \(constant.shape)", expected: "\(k) numbers below \(count)")
        }
        return Array(groups)
    }

    /// The weights `[N, K]`, or some rows of them, as f32, made when they are asked for.
    func constant(_ part: Range<Int>? = nil) throws(GraphError) -> Constant {
        let part = part ?? 0..<n
        return try Constant(
            .f32, [part.count, k],
            .made(bytes: part.count * k * 4) { range, body in
                guard !range.isEmpty else { return body(UnsafeRawBufferPointer(start: nil, count: 0)) }
                let rows = range.lowerBound / (k * 4)..<(range.upperBound - 1) / (k * 4) + 1
                let start = range.lowerBound - rows.lowerBound * k * 4
                numbers(part.lowerBound + rows.lowerBound..<part.lowerBound + rows.upperBound).withUnsafeBytes {
                    body(UnsafeRawBufferPointer(rebasing: $0[start..<start + range.count]))
                }
            })
    }

    private func numbers(_ rows: Range<Int>) -> [Float] {
        let scales = (try? scales.floats(in: rows.lowerBound * blocks..<rows.upperBound * blocks)) ?? []
        let points = points(rows)
        guard scales.count == rows.count * blocks, points.count == scales.count else { return [] }
        let bytes = block * bits / 8
        return codes.withBytes(in: rows.lowerBound * blocks * bytes..<rows.upperBound * blocks * bytes) { codes in
            var result: [Float] = []
            result.reserveCapacity(rows.count * k)
            for row in 0..<rows.count {
                for index in 0..<k {
                    let code = Self.code(codes, (row * blocks + index / block) * bytes, index % block, bits: bits)
                    let group = row * blocks + groups[index]
                    result.append((Float(code) - points[group]) * scales[group])
                }
            }
            return result
        }
    }

    /// Zero points of the blocks of rows: half of the range where there are none.
    private func points(_ rows: Range<Int>) -> [Float] {
        guard let zeros else { return [Float](repeating: Float(1 << (bits - 1)), count: rows.count * blocks) }
        if zeros.dtype.isFloat {
            return (try? zeros.floats(in: rows.lowerBound * blocks..<rows.upperBound * blocks)) ?? []
        }
        let stride = (blocks * bits + 7) / 8
        return zeros.withBytes(in: rows.lowerBound * stride..<rows.upperBound * stride) { bytes in
            (0..<rows.count * blocks).map { index in
                let (row, block) = (index / blocks, index % blocks)
                return Float(Self.code(bytes, row * stride, block, bits: bits))
            }
        }
    }

    /// The number at a place of packed ones, the lowest bits first.
    private static func code(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ place: Int, bits: Int) -> UInt8 {
        let perByte = 8 / bits
        return bytes[start + place / perByte] >> UInt8(place % perByte * bits) & UInt8(1 << bits - 1)
    }
}
