import CPackKernels
import PackCore
import PackGraph

/// A weight's place in the data section and how its bytes are made.
struct WeightChunk: Sendable {
    /// What the bytes hold.
    enum Form: Sendable {
        /// The elements as they are.
        case plain
        /// Panels of a matrix [k, n] ([n, k] when transposed).
        case panels(WeightKind, k: Int, n: Int, transposed: Bool)
        /// Rows of a table [rows, columns].
        case table(WeightKind, rows: Int, columns: Int)
    }

    let name: String
    let constant: Constant
    let form: Form
    /// Offsets in the data section: of the elements, of the scales and of the sums of codes (the last two for int8 and int4).
    let offsets: (elements: Int, scales: Int, sums: Int)

    func write(into data: UnsafeMutableRawBufferPointer) throws(PlannerError) {
        switch form {
        case .plain:
            constant.withBytes {
                UnsafeMutableRawBufferPointer(rebasing: data[offsets.elements...]).copyMemory(from: $0)
            }
        case .panels(let kind, let k, let n, let transposed):
            try withFloats { source in
                writePanels(source, kind, k, n, transposed ? 1 : 0, data)
            }
        case .table(let kind, let rows, let columns):
            try withFloats { source in writeTable(source, kind, rows, columns, data) }
        }
    }

    /// Lends the elements as floats, without a copy where they are stored so and aligned.
    private func withFloats(_ body: (UnsafeBufferPointer<Float>) -> Void) throws(PlannerError) {
        if constant.dtype == .f32 {
            let done = constant.withBytes { bytes in
                guard UInt(bitPattern: bytes.baseAddress) % 4 == 0 else { return false }
                body(bytes.assumingMemoryBound(to: Float.self))
                return true
            }
            if done { return }
        }
        let floats: [Float]
        do { floats = try constant.floats() } catch {
            throw PlannerError(node: name, op: "", found: "elements of \(constant.dtype.name)", expected: "floats")
        }
        floats.withUnsafeBufferPointer(body)
    }

    private func writePanels(
        _ source: UnsafeBufferPointer<Float>, _ kind: WeightKind, _ k: Int, _ n: Int, _ transposed: Int32,
        _ data: UnsafeMutableRawBufferPointer
    ) {
        guard let weights = source.baseAddress, let base = data.baseAddress else { return }
        let target = base + offsets.elements
        let stride = transposed == 1 ? k : n
        switch kind {
        case .f32: pack_panels_f32(weights, stride, transposed, k, n, target.assumingMemoryBound(to: Float.self))
        case .f16: pack_panels_f16(weights, stride, transposed, k, n, target.assumingMemoryBound(to: UInt16.self))
        case .int8:
            withUnsafeTemporaryAllocation(of: Int8.self, capacity: k * n) { codes in
                guard let codes = codes.baseAddress else { return }
                pack_quantize_columns_s8(
                    weights, stride, transposed, k, n, codes,
                    (base + offsets.scales).assumingMemoryBound(to: Float.self),
                    (base + offsets.sums).assumingMemoryBound(to: Int32.self))
                pack_panels_s8(codes, k, 1, k, n, target.assumingMemoryBound(to: Int8.self))
            }
        case .int4:
            withGroups(rows: n, of: k) { codes, groupScales in
                pack_quantize_groups_s4(
                    weights, stride, transposed, k, n, codes, groupScales,
                    (base + offsets.scales).assumingMemoryBound(to: Float.self),
                    (base + offsets.sums).assumingMemoryBound(to: Int32.self))
                pack_panels_s4(codes, groupScales, k, n, target.assumingMemoryBound(to: UInt8.self))
            }
        }
    }

    private func writeTable(
        _ source: UnsafeBufferPointer<Float>, _ kind: WeightKind, _ rows: Int, _ columns: Int,
        _ data: UnsafeMutableRawBufferPointer
    ) {
        guard let weights = source.baseAddress, let base = data.baseAddress else { return }
        let target = base + offsets.elements
        switch kind {
        case .f32: target.copyMemory(from: weights, byteCount: rows * columns * 4)
        case .f16: pack_f32_to_f16(weights, target.assumingMemoryBound(to: UInt16.self), rows * columns)
        case .int8:
            withUnsafeTemporaryAllocation(of: Int32.self, capacity: rows) { sums in
                guard let sums = sums.baseAddress else { return }
                pack_quantize_columns_s8(
                    weights, columns, 1, columns, rows, target.assumingMemoryBound(to: Int8.self),
                    (base + offsets.scales).assumingMemoryBound(to: Float.self), sums)
            }
        case .int4:
            let scales = (base + offsets.scales).assumingMemoryBound(to: Float.self)
            writeRows(weights, rows, columns, target.assumingMemoryBound(to: UInt8.self), scales)
        }
    }
}

/// Lends room for the codes and the scales of groups of `rows` rows of `length` values.
func withGroups(
    rows: Int, of length: Int, _ body: (UnsafeMutablePointer<Int8>, UnsafeMutablePointer<Int8>) -> Void
) {
    let groups = (length + Int(PACK_GROUP) - 1) / Int(PACK_GROUP)
    withUnsafeTemporaryAllocation(of: Int8.self, capacity: rows * groups * (Int(PACK_GROUP) + 1)) { room in
        guard let codes = room.baseAddress else { return }
        body(codes, codes + rows * groups * Int(PACK_GROUP))
    }
}

/// Writes rows of floats as rows of an int4 table.
func writeRows(
    _ weights: UnsafePointer<Float>, _ rows: Int, _ columns: Int, _ target: UnsafeMutablePointer<UInt8>,
    _ scales: UnsafeMutablePointer<Float>
) {
    let bytes = pack_row_bytes_s4(columns)
    withGroups(rows: 1, of: columns) { codes, groupScales in
        for row in 0..<rows {
            pack_quantize_groups_s4(
                weights + row * columns, columns, 1, columns, 1, codes, groupScales, scales + row, nil)
            pack_row_s4(codes, groupScales, columns, target + row * bytes)
        }
    }
}
