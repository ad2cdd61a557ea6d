import CPackKernels
import PackCore

/// Products of 8-bit codes with packed 8-bit weights, exact in 32 bits, and what becomes of the sums.
///
/// Inputs of a step: 0 codes (or f32 numbers, which get codes as `DynamicRange` says); 1 weights i8: for each group and each
/// stretch of 512 of k the panels of `pack_panels_s8`; 2 sums of each column of each stretch, i32; 3 pairs (column, k) of i32
/// where the weight is less by 1 than stored, or none; 4 zero point of the codes; 5 zero points of the weights; 6 scale of
/// the codes; 7 scales of the weights; 8 bias, f32, or i32 for codes as outputs; 9 scale and 10 zero point of the outputs.
/// Weights' zero points and scales are one or one a column. Outputs are i32 sums (without scales), f32 or codes.
///
/// Attributes: k, columns of a group, groups, and what was subtracted from the weights' codes when they were packed (0 or 128).
struct IntegerProduct {
    /// Products of a stretch fit a f32 exactly: 255 * 128 * 512 < 2^24.
    static let stretch = 512
    /// Rows and panels of one task.
    static let rowTile = 32
    static let panelTile = 8
    private static let tileColumns = panelTile * Int(PACK_PANEL)

    let k: Int
    let n: Int
    let groups: Int
    let shift: Int
    /// Bytes between rows of codes.
    let lda: Int
    let columns: Int
    let panels: Int
    let stretches: Int
    let panelBytes: Int

    init(_ step: Step) throws(OperatorError) {
        k = try step.attribute(0)
        n = try step.attribute(1)
        groups = try step.attribute(2)
        shift = try step.attribute(3)
        guard (1..<1 << 31).contains(k), (1..<1 << 31).contains(n), (1..<1 << 31).contains(groups) else {
            throw .attribute
        }
        guard shift == 0 || shift == 128 else { throw .attribute }
        lda = (k + 3) & ~3
        columns = try bytes(groups, n)
        panels = (n + Int(PACK_PANEL) - 1) / Int(PACK_PANEL)
        stretches = (k + IntegerProduct.stretch - 1) / IntegerProduct.stretch
        panelBytes = try bytes(panels, lda * Int(PACK_PANEL))
    }

    /// Checks the arguments of a step whose codes have so many rows.
    func check(_ step: Step, rows: Int) throws(OperatorError) {
        guard step.kernels.pointee.gemm_s8 != nil else { throw .kernel }
        let a = try step.input(0)
        let weights = try step.input(1)
        let sums = try step.input(2)
        let out = try step.output()
        try weights.require(.i8)
        try sums.require(.i32)
        guard weights.bytes == (try bytes(groups, panelBytes)), sums.count == (try bytes(columns, stretches)) else {
            throw .shape
        }
        if let pairs = step.optional(3) {
            try pairs.require(.i32)
            guard pairs.count % 2 == 0 else { throw .shape }
        }
        guard a.dtype == .u8 || a.dtype == .i8 || a.dtype == .f32 else { throw .type }
        if let zero = step.optional(4) { try check(zero, a.dtype, 1, rows) }
        if let zeros = step.optional(5) { try check(zeros, shift == 0 ? .i8 : .u8, 1, columns) }
        if a.dtype == .f32 {
            guard step.optional(4) == nil, step.optional(6) == nil else { throw .attribute }
        }
        guard out.dtype != .i32 else {
            for index in 6...10 where step.optional(index) != nil { throw .attribute }
            guard a.dtype != .f32 else { throw .type }
            return
        }
        if a.dtype != .f32 { try check(try step.input(6), .f32, 1, rows) }
        try check(try step.input(7), .f32, 1, columns)
        let isCode = out.dtype == .u8 || out.dtype == .i8
        guard isCode || out.dtype == .f32 else { throw .type }
        if let bias = step.optional(8) { try check(bias, isCode ? .i32 : .f32, columns, columns) }
        guard isCode else { return }
        try check(try step.input(9), .f32, 1, 1)
        if let zero = step.optional(10) { try check(zero, out.dtype, 1, 1) }
    }

    private func check(_ tensor: Tensor, _ dtype: DType, _ one: Int, _ all: Int) throws(OperatorError) {
        try tensor.require(dtype)
        guard tensor.count == one || tensor.count == all else { throw .shape }
    }

    /// Bytes of scratch memory for what `IntegerFinish` holds.
    func finishBytes() throws(OperatorError) -> Int { try bytes(columns, 12) + 192 + IntegerProduct.tileColumns * 8 }
    /// Bytes of scratch memory for a worker's sums.
    static let tileBytes = rowTile * tileColumns * 8

    /// The sums of up to `rowTile` rows for the columns of up to `panelTile` panels, in rows of `tileColumns`.
    func multiply(
        _ finish: IntegerFinish, _ codes: UnsafePointer<UInt8>, rows: Int, group: Int, panel: Int, count: Int,
        _ tile: UnsafeMutablePointer<Int32>
    ) {
        let width = Swift.min(count * Int(PACK_PANEL), n - panel * Int(PACK_PANEL))
        let row = IntegerProduct.tileColumns
        let floats = UnsafeMutableRawPointer(tile + IntegerProduct.rowTile * row).assumingMemoryBound(to: Float.self)
        let base = finish.weights + group * panelBytes
        let sums = finish.stretchSums + group * stretches * n + panel * Int(PACK_PANEL)
        for index in 0..<stretches {
            let first = index * IntegerProduct.stretch
            let depth = Swift.min(IntegerProduct.stretch, k - first)
            var gemm = pack_gemm()
            gemm.a = UnsafeRawPointer(codes + first)
            gemm.lda = lda
            let padded = (depth + 3) & ~3
            gemm.panels = UnsafeRawPointer(
                base + first * panels * Int(PACK_PANEL) + panel * padded * Int(PACK_PANEL))
            gemm.k = depth
            gemm.n = width
            gemm.c = floats
            gemm.ldc = row
            gemm.row_scale = UnsafePointer(finish.ones)
            gemm.row_zero = UnsafePointer(finish.nothing)
            gemm.column_scale = UnsafePointer(finish.ones)
            gemm.column_sum = sums + index * n
            finish.kernel(&gemm, 0, rows, 0, count)
            for i in 0..<rows {
                let (from, to) = (floats + i * row, tile + i * row)
                if index == 0 {
                    for j in 0..<width { to[j] = Int32(from[j]) }
                } else {
                    for j in 0..<width { to[j] &+= Int32(from[j]) }
                }
            }
        }
        finish.correct(self, codes, rows, group, panel * Int(PACK_PANEL), width, tile)
    }

    /// Where row `i` of a tile starts.
    static func row(_ tile: UnsafeMutablePointer<Int32>, _ i: Int) -> UnsafeMutablePointer<Int32> {
        tile + i * tileColumns
    }
}
