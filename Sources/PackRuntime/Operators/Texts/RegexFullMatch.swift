public import CPackKernels
import PackCore

/// Whether texts match a pattern from end to end (ONNX `RegexFullMatch`). Inputs: texts; a program, i32 [N, 3]; ranges of
/// scalars, i32 [R, 2]. Output: bool, of the texts' shape.
///
/// An instruction is an operation (``RegexOperation``) and two operands. All ways through the program are followed at once, one
/// scalar of the text after another, so that time is at most the text's length times the program's, whatever the pattern.
enum RegexFullMatch: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let out = try step.output()
        try x.require(.i64)
        try out.require(.bool)
        guard out.hasShape(of: x) else { throw .shape }
        return try RegexMachine.memory(try step.input(1), try step.input(2))
    }

    static func run(_ step: Step) throws(OperatorError) {
        let machine = try RegexMachine(step, program: 1)
        let out = try step.output().elements(UInt8.self)
        for (index, code) in try step.input(0).integers.enumerated() {
            out[index] = try machine.matches(try step.text(code)) ? 1 : 0
        }
    }
}

/// C entry of `RegexFullMatch`.
@c(pack_op_RegexFullMatch) public func packOperatorRegexFullMatch(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { perform(RegexFullMatch.self, step, running) }
