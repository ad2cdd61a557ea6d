import PackCore
import PackGraph

extension ONNXRules {
    /// GatherBlockQuantized: rows of a table of codes, which become numbers once they are looked up. Inputs: codes, of 4 bits
    /// each or 2, 4 or 8 packed in u8 along the last axis, indices, a scale a block along an axis, and zero points like the
    /// codes.
    @Sendable static func narrowGather(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let table = try operation.required(0)
        let (rank, indexRank) = (
            try importer.shape(table).count, try importer.shape(try operation.required(1)).count
        )
        func axis(_ name: String, _ standard: Int) throws(ONNXRefusal) -> Int {
            let given = try operation.int(name, default: standard)
            guard (-rank..<rank).contains(given) else {
                throw ONNXRefusal(.invalid, found: "\(name) \(given)", expected: "an axis of \(rank)")
            }
            return given < 0 ? given + rank : given
        }
        let (gathered, divided) = (try axis("gather_axis", 0), try axis("quantize_axis", 1))
        let (bits, block) = (try operation.int("bits", default: 4), try operation.int("block_size", default: 128))
        let dtype = importer.graph.types[table]?.dtype
        guard gathered != divided, let dtype, [.u8, .u4, .i4].contains(dtype), [2, 4, 8].contains(bits), block >= 16,
            dtype != .u8 || bits == 8 || gathered < rank - 1
        else {
            throw .use(
                "\(bits) bits of \(dtype?.name ?? "an unknown type"), block_size \(block), axes \(gathered) and \(divided)",
                "2, 4 or 8 bits in integers, blocks of 16 or more, and different axes")
        }
        func rows(_ index: Int, _ importer: inout ONNXImporter) throws(ONNXRefusal) -> String {
            importer.helper(
                "Gather", operation, [try operation.required(index), try operation.required(1)],
                ["axis": .int(gathered)])
        }
        let isPacked = dtype == .u8 && bits < 8
        var codes = try rows(0, &importer)
        if isPacked { codes = try importer.unpacked(codes, bits: bits, operation) }
        let scales = try rows(2, &importer)
        var zeros = ""
        if operation.input(3) != nil {
            zeros = try rows(3, &importer)
            if isPacked {
                zeros = try importer.unpacked(zeros, bits: bits, operation)
                let count = try importer.extent(of: scales, axis: rank + indexRank - 2, operation)
                let end = importer.helper("Reshape", operation, [count, importer.integers([1])])
                zeros = importer.helper(
                    "Slice", operation, [zeros, importer.integers([0]), end, importer.integers([-1])])
            }
        } else if dtype == .u8 {
            let half = importer.cast(importer.integers([1 << (bits - 1)], shape: []), to: .u8, operation)
            let shape = importer.helper("Shape", operation, [scales])
            zeros = importer.helper("Expand", operation, [half, shape])
        }
        importer.emit(
            "DequantizeLinear", operation, [codes, scales, zeros],
            ["axis": .int(divided > gathered ? divided + indexRank - 1 : divided), "block_size": .int(block)])
    }
}

extension ONNXImporter {
    /// Numbers of fewer bits that bytes of the last axis hold, the lowest bits first, one a byte.
    fileprivate mutating func unpacked(
        _ value: String, bits: Int, _ operation: ONNXOperation
    ) throws(ONNXRefusal) -> String {
        let rank = try shape(value).count
        guard rank > 0 else { throw ONNXRefusal(.invalid, found: "a scalar", expected: "bytes along an axis") }
        let mask = cast(integers([1 << bits - 1], shape: []), to: .u8, operation)
        var lanes: [String] = []
        for shift in stride(from: 0, to: 8, by: bits) {
            var lane = value
            if shift > 0 {
                let distance = cast(integers([shift], shape: []), to: .u8, operation)
                lane = helper("BitShift", operation, [value, distance], ["direction": .string("RIGHT")])
            }
            lane = helper("BitwiseAnd", operation, [lane, mask])
            lanes.append(helper("Unsqueeze", operation, [lane, integers([rank])]))
        }
        let apart = helper("Concat", operation, lanes, ["axis": .int(rank)])
        return helper("Reshape", operation, [apart, integers(Array(repeating: 0, count: rank - 1) + [-1])])
    }
}
