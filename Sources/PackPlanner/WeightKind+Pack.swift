import CPackKernels

/// Where a stored weight's parts go: room for its elements and, where the kind has them, for a scale and a sum of codes for
/// each column or row.
struct WeightRoom {
    let elements: UnsafeMutableRawPointer
    let scales: UnsafeMutablePointer<Float>?
    /// Tables have none.
    var sums: UnsafeMutablePointer<Int32>?
}

extension WeightKind {
    /// Stores a matrix [k, n] ([n, k] when transposed) in panels.
    func writePanels(
        _ weights: UnsafePointer<Float>, k: Int, n: Int, transposed: Bool, to room: WeightRoom
    ) {
        let (stride, flag): (Int, Int32) = transposed ? (k, 1) : (n, 0)
        let elements = room.elements
        switch self {
        case .f32: pack_panels_f32(weights, stride, flag, k, n, elements.assumingMemoryBound(to: Float.self))
        case .f16: pack_panels_f16(weights, stride, flag, k, n, elements.assumingMemoryBound(to: UInt16.self))
        case .bf16: pack_panels_bf16(weights, stride, flag, k, n, elements.assumingMemoryBound(to: UInt16.self))
        case .int6, .int8:
            withUnsafeTemporaryAllocation(of: Int8.self, capacity: k * n) { codes in
                guard let codes = codes.baseAddress else { return }
                pack_quantize_bounded_s8(weights, stride, flag, k, n, largestCode, codes, room.scales, room.sums)
                pack_panels_s8(codes, k, 1, k, n, elements.assumingMemoryBound(to: Int8.self))
            }
        case .int4:
            withGroups(rows: n, of: k) { codes, groupScales in
                pack_quantize_groups_s4(weights, stride, flag, k, n, codes, groupScales, room.scales, room.sums)
                pack_panels_s4(codes, groupScales, k, n, elements.assumingMemoryBound(to: UInt8.self))
            }
        }
    }

    /// Stores the rows of a table.
    func writeRows(_ weights: UnsafePointer<Float>, rows: Int, columns: Int, to room: WeightRoom) {
        let elements = room.elements
        switch self {
        case .f32: elements.copyMemory(from: weights, byteCount: rows * columns * 4)
        case .f16: pack_f32_to_f16(weights, elements.assumingMemoryBound(to: UInt16.self), rows * columns)
        case .bf16: pack_f32_to_bf16(weights, elements.assumingMemoryBound(to: UInt16.self), rows * columns)
        case .int6, .int8:
            withUnsafeTemporaryAllocation(of: Int32.self, capacity: rows) { sums in
                pack_quantize_columns_s8(
                    weights, columns, 1, columns, rows, largestCode, elements.assumingMemoryBound(to: Int8.self),
                    room.scales, sums.baseAddress)
            }
        case .int4:
            let bytes = rowBytes(columns)
            withGroups(rows: 1, of: columns) { codes, groupScales in
                for row in 0..<rows {
                    pack_quantize_groups_s4(
                        weights + row * columns, columns, 1, columns, 1, codes, groupScales,
                        room.scales.map { $0 + row },
                        nil)
                    pack_row_s4(
                        codes, groupScales, columns, (elements + row * bytes).assumingMemoryBound(to: UInt8.self))
                }
            }
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
