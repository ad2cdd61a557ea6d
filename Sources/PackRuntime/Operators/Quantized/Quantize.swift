public import CPackKernels
import PackCore

/// Which scale belongs to which element: along an axis, a scale for `block` neighbours, or one for all.
struct QuantizationGrid {
    /// Elements of the axes before, along and after the axis.
    var before = 1
    var along = 1
    var after = 1
    var block = 1
    /// Scales along the axis; each for `after` elements, or for one where `isWide`.
    var scales = 1
    var isWide = false
    /// Whether every element before the axis has scales of its own.
    var isBlocked = false

    /// Attributes: the axis, and the elements that share a scale along it, 0 where scales are a list.
    init(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let scale = try step.input(1)
        if let zero = step.optional(2) {
            guard zero.count == scale.count else { throw .shape }
        }
        let axis = try step.attribute(0)
        let block = try step.attribute(1)
        guard scale.count != 1 || block != 0 else {
            after = x.count
            return
        }
        guard axis >= 0, axis < x.rank, block >= 0 else { throw .attribute }
        before = x.product(0..<axis)
        along = x.extent(axis)
        after = x.product(axis + 1..<x.rank)
        if block == 0 {
            guard scale.count == along else { throw .shape }
            scales = along
            if after == 1 { (before, along, after, scales, isWide) = (before, 1, along, 1, true) }
            return
        }
        guard scale.rank == x.rank, along > 0 || scale.count == 0 else { throw .shape }
        for other in 0..<x.rank where other != axis {
            guard scale.extent(other) == x.extent(other) else { throw .shape }
        }
        self.block = block
        isBlocked = true
        scales = scale.extent(axis)
        guard scales == along / block + (along % block == 0 ? 0 : 1) else { throw .shape }
        isWide = true
    }

    /// Calls `body` with runs of elements, the place of their first scale and the step from scale to scale.
    func forEachRun(_ body: (_ at: Int, _ count: Int, _ scale: Int, _ step: Int) -> Void) {
        for outer in 0..<before {
            for row in 0..<along {
                let group = row / block
                let first = isBlocked ? (outer * scales + group) * after : group
                var at = 0
                while at < after {
                    let count = Swift.min(blockElements, after - at)
                    body((outer * along + row) * after + at, count, isWide ? first + at : first, isWide ? 1 : 0)
                    at += count
                }
            }
        }
    }
}

/// Codes of numbers: round(x / scale) + zero point, within the type's range (ONNX `QuantizeLinear`).
///
/// Inputs: x, scales, zero points of the output's type or none. Attributes: those of `QuantizationGrid`; whether floats of 8
/// bits saturate; whether quotients are rounded to half floats.
enum Quantize: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        _ = try QuantizationGrid(step)
        let x = try step.input(0)
        let scale = try step.input(1)
        let out = try step.output()
        guard x.count == out.count else { throw .shape }
        guard x.dtype.wide == .float || x.dtype == .i32, scale.dtype.wide == .float else { throw .type }
        if let zero = step.optional(2) { try zero.require(out.dtype) }
        _ = try step.attribute(3)
        if out.dtype.wide != .float { _ = try range(out.dtype) }
        return 3 * blockElements * 8
    }

    /// The least and the greatest code of a type.
    static func range(_ dtype: DType) throws(OperatorError) -> (low: Double, high: Double) {
        switch dtype {
        case .u8: (0, 255)
        case .i8: (-128, 127)
        case .u16: (0, 65535)
        case .i16: (-32768, 32767)
        case .u4: (0, 15)
        case .i4: (-8, 7)
        case .u2: (0, 3)
        case .i2: (-2, 1)
        case .i32: (-0x1p31, 0x1p31 - 1)
        default: throw .type
        }
    }

    static func run(_ step: Step) throws(OperatorError) {
        let grid = try QuantizationGrid(step)
        let x = try step.input(0)
        let scale = try step.input(1)
        let zero = step.optional(2)
        let out = try step.output()
        guard let scratch = step.scratch else { throw .attribute }
        let numbers = scratch.assumingMemoryBound(to: Double.self)
        let scales = numbers + blockElements
        let zeros = scales + blockElements
        let integers = scales
        let isFloat = out.dtype.wide == .float
        let saturates = try step.attribute(2) != 0
        let isHalf = try step.attribute(3) != 0
        let range = isFloat ? (low: 0, high: 0) : try range(out.dtype)
        zeros.update(repeating: 0, count: blockElements)
        grid.forEachRun { at, count, first, step in
            x.load(at, 1, count, numbers)
            scale.spread(first, step, count, scales)
            zero?.spread(first, step, count, zeros)
            for i in 0..<count { numbers[i] = Double(Float(numbers[i] / scales[i])) }
            if isHalf {
                for i in 0..<count {
                    numbers[i] = Double(pack_half_to_float(pack_half_from_float(Float(numbers[i]))))
                }
            }
            if isFloat {
                if out.dtype == .f4e2m1 { for i in 0..<count { numbers[i] += zeros[i] } }
                out.storeNarrow(at, 1, count, numbers, saturates: saturates)
                return
            }
            let codes = UnsafeMutableRawPointer(integers).assumingMemoryBound(to: Int64.self)
            for i in 0..<count {
                let code = numbers[i].rounded(.toNearestOrEven) + zeros[i]
                // NaN is taken as the least.
                codes[i] = Int64(code > range.low ? Swift.min(code, range.high) : range.low)
            }
            out.store(at, 1, count, codes)
        }
    }
}

/// Numbers of codes: (code - zero point) * scale (ONNX `DequantizeLinear`). Inputs and attributes are those of `Quantize`.
enum Dequantize: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        _ = try QuantizationGrid(step)
        let x = try step.input(0)
        let out = try step.output()
        guard x.count == out.count else { throw .shape }
        guard out.dtype.wide == .float, try step.input(1).dtype.wide == .float else { throw .type }
        if let zero = step.optional(2) { try zero.require(x.dtype) }
        return 3 * blockElements * 8
    }

    static func run(_ step: Step) throws(OperatorError) {
        let grid = try QuantizationGrid(step)
        let x = try step.input(0)
        let scale = try step.input(1)
        // Codes that are floats have none.
        let zero = x.dtype.wide == .float ? nil : step.optional(2)
        let out = try step.output()
        guard let scratch = step.scratch else { throw .attribute }
        let numbers = scratch.assumingMemoryBound(to: Double.self)
        let scales = numbers + blockElements
        let zeros = scales + blockElements
        zeros.update(repeating: 0, count: blockElements)
        grid.forEachRun { at, count, first, step in
            x.load(at, 1, count, numbers)
            scale.spread(first, step, count, scales)
            zero?.spread(first, step, count, zeros)
            for i in 0..<count { numbers[i] = Double(Float(numbers[i] - zeros[i]) * Float(scales[i])) }
            out.store(at, 1, count, numbers)
        }
    }
}

extension Tensor {
    /// Loads numbers from `first` on, or `first` for all where the step is 0.
    fileprivate func spread(_ first: Int, _ step: Int, _ count: Int, _ to: UnsafeMutablePointer<Double>) {
        if step == 0 {
            to.update(repeating: number(first), count: count)
        } else {
            load(first, 1, count, to)
        }
    }
}

/// C entry of `Quantize`.
@c(pack_op_Quantize) public func packOperatorQuantize(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(Quantize.self, step, running)
}

/// C entry of `Dequantize`.
@c(pack_op_Dequantize) public func packOperatorDequantize(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { perform(Dequantize.self, step, running) }
