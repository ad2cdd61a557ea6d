import CPackKernels
import PackCore

/// A matrix [rows, columns] that is stored as f32 or in fewer bits: rows of f16 or bf16, of int8 codes with a scale each, or of int4 codes
/// in groups with a scale for the row. Rows are restored to f32 one at a time.
struct StoredRows {
    let dtype: DType
    let rows: Int
    let columns: Int
    private let source: UnsafeRawPointer?
    private let scales: UnsafePointer<Float>?
    private let rowBytes: Int

    /// - Parameters:
    ///   - tensor: f32, f16, bf16 or i8 [rows, columns], or u8 [rows, `pack_row_bytes_s4(columns)`].
    ///   - scales: f32 [rows]; not looked at for floats.
    init(_ tensor: Tensor, _ scales: Tensor?, columns: Int) throws(OperatorError) {
        let width = tensor.dtype == .u8 ? pack_row_bytes_s4(columns) : columns
        guard tensor.rank == 2, tensor.extent(1) == width else { throw .shape }
        (dtype, rows, self.columns) = (tensor.dtype, tensor.extent(0), columns)
        rowBytes = width * dtype.size
        source = tensor.raw.map { UnsafeRawPointer($0) }
        switch dtype {
        case .f32, .f16, .bf16: self.scales = nil
        case .i8, .u8:
            guard let scales, scales.count == rows else { throw .shape }
            try scales.require(.f32)
            self.scales = UnsafePointer(scales.floats.baseAddress)
        default: throw .type
        }
    }

    /// Checks that the kernel that restores rows is there.
    func require(_ kernels: UnsafePointer<pack_kernels>) throws(OperatorError) {
        let isThere =
            switch dtype {
            case .f16: kernels.pointee.f16_to_f32 != nil
            case .bf16: kernels.pointee.bf16_to_f32 != nil
            case .i8: kernels.pointee.dequantize_s8 != nil
            case .u8: kernels.pointee.dequantize_s4 != nil
            default: true
            }
        guard isThere else { throw .kernel }
    }

    /// Writes a row as f32, `columns` values; false if there is no such row.
    func restore(
        _ index: Int, _ kernels: UnsafePointer<pack_kernels>, to target: UnsafeMutablePointer<Float>
    ) -> Bool {
        guard index >= 0, index < rows, let source else { return false }
        let row = source + index * rowBytes
        switch dtype {
        case .f16: kernels.pointee.f16_to_f32?(row.assumingMemoryBound(to: UInt16.self), target, columns)
        case .bf16: kernels.pointee.bf16_to_f32?(row.assumingMemoryBound(to: UInt16.self), target, columns)
        case .i8:
            kernels.pointee.dequantize_s8?(
                row.assumingMemoryBound(to: Int8.self), scales?[index] ?? 0, target, columns)
        case .u8:
            kernels.pointee.dequantize_s4?(
                row.assumingMemoryBound(to: UInt8.self), scales?[index] ?? 0, target, columns)
        default: target.update(from: row.assumingMemoryBound(to: Float.self), count: columns)
        }
        return true
    }
}
