public import CPackKernels
import PackCore

/// The scale and zero point of numbers whose range, with 0 in it, becomes 0 … 255 (ONNX `DynamicQuantizeLinear`).
struct DynamicRange {
    let scale: Float
    let zero: UInt8

    init(_ x: UnsafeBufferPointer<Float>) {
        var low: Float = 0
        var high: Float = 0
        for value in x {
            low = value < low ? value : low
            high = value > high ? value : high
        }
        scale = high == low ? 1 : (high - low) / 255
        zero = DynamicRange.code((-low / scale).rounded(.toNearestOrEven))
    }

    /// A whole number within 0 … 255; 0 for NaN.
    @inline(__always)
    static func code(_ value: Float) -> UInt8 { UInt8(value > 0 ? Swift.min(value, 255) : 0) }

    @inline(__always)
    func code(_ value: Float) -> UInt8 {
        DynamicRange.code((value / scale).rounded(.toNearestOrEven) + Float(zero))
    }
}

/// Codes of f32 numbers in their own range. Outputs: u8 codes, the scale, the zero point.
enum DynamicQuantize: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let out = try step.output()
        try x.require(.f32)
        try out.require(.u8)
        guard x.count == out.count else { throw .shape }
        if let scale = step.optionalOutput(1) {
            try scale.require(.f32)
            guard scale.count == 1 else { throw .shape }
        }
        if let zero = step.optionalOutput(2) {
            try zero.require(.u8)
            guard zero.count == 1 else { throw .shape }
        }
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0).floats
        let codes = try step.output().elements(UInt8.self)
        let range = DynamicRange(UnsafeBufferPointer(x))
        for i in 0..<x.count { codes[i] = range.code(x[i]) }
        if let scale = step.optionalOutput(1) { scale.floats[0] = range.scale }
        if let zero = step.optionalOutput(2) { zero.elements(UInt8.self)[0] = range.zero }
    }
}

/// C entry of `DynamicQuantize`.
@c(pack_op_DynamicQuantize) public func packOperatorDynamicQuantize(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { perform(DynamicQuantize.self, step, running) }
