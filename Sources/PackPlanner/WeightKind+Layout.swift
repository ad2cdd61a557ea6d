import CPackKernels
import PackCore

extension WeightKind {
    /// Whether codes come with a scale for each column of a matrix or row of a table.
    var hasScales: Bool { self == .int8 || self == .int6 || self == .int4 }

    /// The largest of codes that are a byte each.
    var largestCode: Int32 { self == .int6 ? 31 : 127 }

    /// What a plan says of the elements; int4 codes are two to a byte.
    var dtype: DType {
        switch self {
        case .f32: .f32
        case .f16: .f16
        case .bf16: .bf16
        case .int6, .int8: .i8
        case .int4: .u8
        }
    }

    /// Bytes of a row of a table.
    func rowBytes(_ columns: Int) -> Int { self == .int4 ? pack_row_bytes_s4(columns) : columns * dtype.size }

    /// Bytes of a matrix [k, n] in panels.
    func panelsBytes(_ k: Int, _ n: Int) -> Int {
        switch self {
        case .f32: pack_panels_bytes_f32(k, n)
        case .f16, .bf16: pack_panels_bytes_f16(k, n)
        case .int6, .int8: pack_panels_bytes_s8(k, n)
        case .int4: pack_panels_bytes_s4(k, n)
        }
    }

    /// What is left of values when they are stored so, in rows that share a scale: rows of a table, or columns of a matrix.
    public func restored(_ values: [Float], rows: Int, columns: Int, isTable: Bool = false) -> [Float] {
        guard rows > 0, columns > 0, values.count == rows * columns else { return values }
        switch self {
        case .f32: return values
        case .f16: return values.map { Float(Float16($0)) }
        case .bf16:
            var rounded = [UInt16](repeating: 0, count: values.count)
            pack_f32_to_bf16(values, &rounded, values.count)
            return rounded.map { Float(bitPattern: UInt32($0) << 16) }
        case .int6, .int8:
            var codes = [Int8](repeating: 0, count: values.count)
            var scales = [Float](repeating: 0, count: rows)
            var sums = [Int32](repeating: 0, count: rows)
            let quantize = isTable ? pack_quantize_columns_s8 : pack_quantize_bounded_s8
            quantize(values, columns, 1, columns, rows, largestCode, &codes, &scales, &sums)
            return codes.indices.map { Float(codes[$0]) * scales[$0 / columns] }
        case .int4: return restoredGroups(values, rows, columns)
        }
    }

    private func restoredGroups(_ values: [Float], _ rows: Int, _ columns: Int) -> [Float] {
        let group = Int(PACK_GROUP)
        let groups = (columns + group - 1) / group
        var units = [Float](repeating: 0, count: rows)
        return [Float](unsafeUninitializedCapacity: values.count) { result, count in
            withGroups(rows: rows, of: columns) { codes, scales in
                pack_quantize_groups_s4(values, columns, 1, columns, rows, codes, scales, &units, nil)
                for row in 0..<rows {
                    for column in 0..<columns {
                        let code = Int32(codes[row * groups * group + column])
                        let scale = Int32(scales[row * groups + column / group])
                        result[row * columns + column] = Float(code * scale) * units[row]
                    }
                }
            }
            count = values.count
        }
    }
}
