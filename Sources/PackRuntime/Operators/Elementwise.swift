public import CPackKernels
import PackCore

/// Changes the element type among f32, i64, i32 and bool. Floats are cut towards zero and clamped to the integer's range,
/// NaN becomes 0; anything but zero becomes true.
enum Cast: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let out = try step.output()
        for type in [x.dtype, out.dtype] {
            guard type == .f32 || type == .i64 || type == .i32 || type == .bool else { throw .type }
        }
        guard x.count == out.count else { throw .shape }
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        switch x.dtype {
        case .f32:
            let from = x.floats
            try store(step) { Double(from[$0]) }
        case .i64:
            let from = x.integers
            if try step.output().dtype == .i32 {
                let to = try step.output().elements(Int32.self)
                for i in 0..<to.count { to[i] = Int32(truncatingIfNeeded: from[i]) }
            } else {
                try store(step) { Double(from[$0]) }
            }
        case .i32:
            let from = x.elements(Int32.self)
            try store(step) { Double(from[$0]) }
        default:
            let from = x.elements(Bool.self)
            try store(step) { from[$0] ? 1 : 0 }
        }
    }

    @inline(__always)
    private static func store(_ step: Step, _ value: (Int) -> Double) throws(OperatorError) {
        let out = try step.output()
        switch out.dtype {
        case .f32:
            let to = out.floats
            for i in 0..<to.count { to[i] = Float(value(i)) }
        case .i64:
            let to = out.integers
            for i in 0..<to.count { to[i] = Int64(clamped(value(i), 9.2e18)) }
        case .i32:
            let to = out.elements(Int32.self)
            for i in 0..<to.count { to[i] = Int32(clamped(value(i), 2_147_483_647)) }
        default:
            let to = out.elements(Bool.self)
            for i in 0..<to.count { to[i] = value(i) != 0 }
        }
    }

    private static func clamped(_ value: Double, _ limit: Double) -> Double {
        value.isNaN ? 0 : Swift.max(-limit, Swift.min(limit, value))
    }
}

/// Limits f32 values. Attributes: bits of the lower and of the upper limit.
enum Clip: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let out = try step.output()
        try x.require(.f32)
        try out.require(.f32)
        guard x.count == out.count else { throw .shape }
        _ = try step.attribute(1)
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0).floats
        let out = try step.output().floats
        let low = try step.floatAttribute(0)
        let high = try step.floatAttribute(1)
        for i in 0..<out.count {
            let raised = x[i] < low ? low : x[i]
            out[i] = raised > high ? high : raised
        }
    }
}

/// Chooses by a bool tensor between two of one type, with broadcasting (ONNX `Where`). f32 and i64.
enum Where: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let condition = try step.input(0)
        let a = try step.input(1)
        let b = try step.input(2)
        let out = try step.output()
        try condition.require(.bool)
        guard a.dtype == b.dtype, out.dtype == a.dtype, a.dtype == .f32 || a.dtype == .i64 else { throw .type }
        _ = try Broadcast(output: out, condition, a, b)
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let condition = try step.input(0)
        let a = try step.input(1)
        let b = try step.input(2)
        let out = try step.output()
        let walk = try Broadcast(output: out, condition, a, b)
        let test = condition.elements(Bool.self)
        if a.dtype == .f32 {
            choose(walk, test, a.floats, b.floats, out.floats)
        } else {
            choose(walk, test, a.integers, b.integers, out.integers)
        }
    }

    private static func choose<T>(
        _ walk: Broadcast, _ test: UnsafeMutableBufferPointer<Bool>, _ a: UnsafeMutableBufferPointer<T>,
        _ b: UnsafeMutableBufferPointer<T>, _ out: UnsafeMutableBufferPointer<T>
    ) {
        walk.forEachRow { at, run, step in
            for i in 0..<run {
                out[at.0 + i] = test[at.1 + i * step.0] ? a[at.2 + i * step.1] : b[at.3 + i * step.2]
            }
        }
    }
}

/// Running sum of i64 along the last axis (ONNX `CumSum`, inclusive, forward). Wraps on overflow.
enum CumSum: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let out = try step.output()
        try x.require(.i64)
        try out.require(.i64)
        guard x.hasShape(of: out) else { throw .shape }
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let out = try step.output().integers
        let from = x.integers
        for row in 0..<x.rows {
            var sum: Int64 = 0
            for i in row * x.last..<(row + 1) * x.last {
                sum = sum &+ from[i]
                out[i] = sum
            }
        }
    }
}

/// Counts: start, start + step, …, as many i64 as the output holds. Attributes: start, step.
enum RangeOperator: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        try step.output().require(.i64)
        _ = try step.attribute(1)
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let out = try step.output().integers
        var value = Int64(try step.attribute(0))
        let increment = Int64(try step.attribute(1))
        for i in 0..<out.count {
            out[i] = value
            value = value &+ increment
        }
    }
}

/// C entry of `Cast`.
@c(pack_op_Cast) public func packOperatorCast(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(Cast.self, step, running)
}

/// C entry of `Clip`.
@c(pack_op_Clip) public func packOperatorClip(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(Clip.self, step, running)
}

/// C entry of `Where`.
@c(pack_op_Where) public func packOperatorWhere(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(Where.self, step, running)
}

/// C entry of `CumSum`.
@c(pack_op_CumSum) public func packOperatorCumSum(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(CumSum.self, step, running)
}

/// C entry of `Range`.
@c(pack_op_Range) public func packOperatorRange(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(RangeOperator.self, step, running)
}
