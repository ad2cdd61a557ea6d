public import CPackKernels
import PackCore

/// Begins a loop: what is carried gets its first values. Inputs: turns or absent, condition or absent, first values. Outputs:
/// the turn's number, whether there is a first turn, what is carried.
enum LoopBegin: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        guard step.inputCount >= 3, step.outputCount == step.inputCount else { throw .attribute }
        try Loop.expect(step.optional(0), .i64)
        try Loop.expect(step.optional(1), .bool)
        try Loop.expect(try step.output(0), .i64)
        try Loop.expect(try step.output(1), .bool)
        for index in 2..<step.inputCount { try Loop.expectSame(try step.output(index), try step.input(index)) }
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let isTurning =
            (step.optional(0).map { $0.integers[0] > 0 } ?? true)
            && (step.optional(1).map { $0.elements(UInt8.self)[0] != 0 } ?? true)
        try step.output(0).integers[0] = 0
        try step.output(1).elements(UInt8.self)[0] = isTurning ? 1 : 0
        for index in 2..<step.inputCount { try step.output(index).copyAll(from: try step.input(index)) }
    }
}

/// Ends a turn of a loop. Inputs: turns or absent; the turn's number and whether there is a first turn, as the begin gives
/// them; whether there is another turn; what is carried, as the begin gives it; what is carried on. Outputs: the last values of
/// what is carried. Attribute: the step of the begin.
enum LoopEnd: Operator {
    /// A loop that turns more often is refused.
    private static let turnLimit: Int64 = 1 << 24

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let count = step.outputCount
        guard count >= 1, step.inputCount == 4 + 2 * count else { throw .attribute }
        try Loop.expect(step.optional(0), .i64)
        try Loop.expect(try step.input(1), .i64)
        try Loop.expect(try step.input(2), .bool)
        try Loop.expect(try step.input(3), .bool)
        for index in 0..<count {
            try Loop.expectSame(try step.output(index), try step.input(4 + index))
            try Loop.expectSame(try step.output(index), try step.input(4 + count + index))
        }
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        _ = try turn(step)
    }

    /// Ends a turn; whether there is another one.
    static func turn(_ step: Step) throws(OperatorError) -> Bool {
        let count = step.outputCount
        guard try step.input(2).elements(UInt8.self)[0] != 0 else {
            for index in 0..<count { try step.output(index).copyAll(from: try step.input(4 + index)) }
            return false
        }
        // All are taken before any is replaced: what is carried on may be what was carried, in another order.
        for index in 0..<count { try step.output(index).copyAll(from: try step.input(4 + count + index)) }
        let turns = try step.input(1).integers[0] + 1
        guard turns < turnLimit else { throw .index }
        let isCounted = step.optional(0).map { turns < $0.integers[0] } ?? true
        guard try step.input(3).elements(UInt8.self)[0] != 0, isCounted else { return false }
        try step.input(1).integers[0] = turns
        for index in 0..<count { try step.input(4 + index).copyAll(from: try step.output(index)) }
        return true
    }
}

/// Checks that both ends of a loop share.
private enum Loop {
    /// Checks that a value has one element of a type, if it is there.
    static func expect(_ tensor: Tensor?, _ dtype: DType) throws(OperatorError) {
        guard let tensor else { return }
        try tensor.require(dtype)
        guard tensor.count == 1 else { throw .shape }
    }

    static func expectSame(_ left: Tensor, _ right: Tensor) throws(OperatorError) {
        guard left.dtype == right.dtype else { throw .type }
        guard left.hasShape(of: right) else { throw .shape }
    }
}

/// C entry of `LoopBegin`.
@c(pack_op_LoopBegin) public func packOperatorLoopBegin(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { perform(LoopBegin.self, step, running) }

/// C entry of `LoopEnd`.
@c(pack_op_LoopEnd) public func packOperatorLoopEnd(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    guard let step, running == Int32(PACK_RUN.rawValue) else { return perform(LoopEnd.self, step, running) }
    do throws(OperatorError) {
        return try LoopEnd.turn(Step(step)) ? Int64(PACK_AGAIN) : 0
    } catch {
        return error.code
    }
}
