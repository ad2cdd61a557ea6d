import CPackKernels
import PackCore

/// What sums of products of codes need to become outputs, laid out for all columns.
struct IntegerFinish {
    let kernel: pack_gemm_kernel
    let weights: UnsafePointer<Int8>
    let stretchSums: UnsafePointer<Int32>
    private let pairs: UnsafeMutableBufferPointer<Int32>?
    /// For each column: the sum of its weights, their zero point, and the factor of its sums.
    private let totals: UnsafeMutablePointer<Int32>
    private let zeros: UnsafeMutablePointer<Int32>
    private let factors: UnsafeMutablePointer<Float>
    /// As many ones, and zeros, as a tile has rows or columns.
    let ones: UnsafeMutablePointer<Float>
    let nothing: UnsafeMutablePointer<Int32>
    /// Whether any weight has a zero point, so that sums of rows are needed.
    private(set) var hasZeros = false
    private let k: Int
    private let rowZero: Tensor?
    /// The one zero point of the codes, moved to those of u8.
    private(set) var zero: Int32 = 0
    private let isMoved: Bool
    private let rowScale: Tensor?
    private let bias: Tensor?
    private let out: Tensor
    private var outZero: Float = 0

    /// Lays out a step's arguments in scratch memory of `finishBytes`.
    ///
    /// - Parameter range: The codes' range where the step gets numbers.
    init(
        _ step: Step, _ product: IntegerProduct, _ scratch: UnsafeMutableRawPointer, range: DynamicRange?
    ) throws(OperatorError) {
        guard let kernel = step.kernels.pointee.gemm_s8, let weights = try step.input(1).raw,
            let sums = try step.input(2).elements(Int32.self).baseAddress
        else { throw .kernel }
        self.kernel = kernel
        self.weights = UnsafePointer(weights.assumingMemoryBound(to: Int8.self))
        stretchSums = UnsafePointer(sums)
        let columns = product.columns
        let tile = IntegerProduct.panelTile * Int(PACK_PANEL)
        ones = scratch.assumingMemoryBound(to: Float.self)
        nothing = (scratch + tile * 4).assumingMemoryBound(to: Int32.self)
        totals = nothing + tile
        zeros = totals + columns
        factors = UnsafeMutableRawPointer(zeros + columns).assumingMemoryBound(to: Float.self)
        ones.update(repeating: 1, count: tile)
        nothing.update(repeating: 0, count: tile)
        k = product.k
        let a = try step.input(0)
        out = try step.output()
        isMoved = a.dtype == .i8
        let zeroTensor = step.optional(4)
        rowZero = zeroTensor.map { $0.count > 1 ? $0 : nil } ?? nil
        bias = step.optional(8)
        pairs = step.optional(3)?.elements(Int32.self)
        let scaleTensor = step.optional(6)
        rowScale = scaleTensor.map { $0.count > 1 ? $0 : nil } ?? nil
        zero = Int32(zeroTensor.map { $0.count > 1 ? 0 : $0.integer(0) } ?? 0) + (isMoved ? 128 : 0)
        if let range { zero = Int32(range.zero) }
        try layOutColumns(step, product)
        guard out.dtype != .i32 else { return }
        let single = range?.scale ?? (rowScale == nil ? scaleTensor?.floats[0] ?? 1 : 1)
        let outScale = out.dtype == .f32 ? 1 : try step.input(9).floats[0]
        let scales = try step.input(7)
        for column in 0..<columns {
            factors[column] = single * scales.floats[scales.count == 1 ? 0 : column] / outScale
        }
        if out.dtype != .f32, let zero = step.optional(10) { outZero = Float(zero.integer(0)) }
    }

    private mutating func layOutColumns(_ step: Step, _ product: IntegerProduct) throws(OperatorError) {
        let n = product.n
        for group in 0..<product.groups {
            let sums = stretchSums + group * product.stretches * n
            for column in 0..<n {
                var total: Int32 = 0
                for index in 0..<product.stretches { total &+= sums[index * n + column] }
                totals[group * n + column] = total
            }
        }
        if let pairs {
            for index in stride(from: 0, to: pairs.count, by: 2) {
                let (column, place) = (Int(pairs[index]), Int(pairs[index + 1]))
                guard (0..<product.columns).contains(column), (0..<k).contains(place) else { throw .index }
                totals[column] &-= 1
            }
        }
        let points = step.optional(5)
        for column in 0..<product.columns {
            let point = Int32(points.map { $0.integer($0.count == 1 ? 0 : column) } ?? 0)
            zeros[column] = point - Int32(product.shift)
            hasZeros = hasZeros || zeros[column] != 0
        }
    }

    /// Takes off what weights are less than stored.
    func correct(
        _ product: IntegerProduct, _ codes: UnsafePointer<UInt8>, _ rows: Int, _ group: Int, _ first: Int, _ width: Int,
        _ tile: UnsafeMutablePointer<Int32>
    ) {
        guard let pairs else { return }
        let start = group * product.n + first
        for index in stride(from: 0, to: pairs.count, by: 2) {
            let column = Int(pairs[index]) - start
            guard column >= 0, column < width else { continue }
            for row in 0..<rows {
                IntegerProduct.row(tile, row)[column] &-= Int32(codes[row * product.lda + Int(pairs[index + 1])])
            }
        }
    }

    /// Turns a row of a tile into outputs.
    ///
    /// - Parameters:
    ///   - sums: The row.
    ///   - row: Whose scale and zero point it has.
    ///   - rowSum: The sum of its codes, if any weight has a zero point.
    ///   - column: Its first column among all, of `width`.
    ///   - at: Where the first output goes, and `step`, how far it is to the next.
    func finish(
        _ sums: UnsafeMutablePointer<Int32>, row: Int, rowSum: Int32, column: Int, width: Int, at: Int, step: Int
    ) {
        let zero = rowZero.map { Int32($0.integer(row)) + (isMoved ? 128 : 0) } ?? zero
        let totals = totals + column
        for j in 0..<width { sums[j] &-= zero &* totals[j] }
        if hasZeros {
            let rest = rowSum &- Int32(truncatingIfNeeded: k) &* zero
            let zeros = zeros + column
            for j in 0..<width { sums[j] &-= zeros[j] &* rest }
        }
        let scale = rowScale?.floats[row] ?? 1
        let factors = factors + column
        switch out.dtype {
        case .i32:
            let target = out.elements(Int32.self)
            for j in 0..<width { target[at + j * step] = sums[j] }
        case .f32:
            let target = out.floats
            for j in 0..<width { target[at + j * step] = Float(sums[j]) * (scale * factors[j]) }
            guard let bias = bias?.floats else { return }
            for j in 0..<width { target[at + j * step] += bias[column + j] }
        default:
            if let bias = bias?.elements(Int32.self) {
                for j in 0..<width { sums[j] &+= bias[column + j] }
            }
            let (low, high): (Float, Float) = out.dtype == .u8 ? (0, 255) : (-128, 127)
            let target = out.elements(UInt8.self)
            for j in 0..<width {
                let value = (Float(sums[j]) * (scale * factors[j])).rounded(.toNearestOrEven) + outZero
                let code = value > low ? Swift.min(value, high) : low
                target[at + j * step] = UInt8(truncatingIfNeeded: Int32(code))
            }
        }
    }
}
