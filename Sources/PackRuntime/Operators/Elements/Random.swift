public import CPackKernels
import PackCore

/// Pseudo-random numbers, f32 (ONNX `RandomUniform`, `RandomNormal` and their forms with `Like`). Attributes: 0 for evenly
/// distributed, 1 for normally distributed numbers; the seed; the bits of two Floats: the lower and upper bound (which is not
/// reached unless rounding does), or the mean and the standard deviation. No inputs.
///
/// A number follows from the seed and its position in the output alone, so that each run gives the same: equal requests get
/// equal answers. The seed is the plan's. A step that a loop repeats gives the same numbers each turn.
enum Random: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        try step.output().require(.f32)
        guard (0...1).contains(try step.attribute(0)) else { throw .attribute }
        _ = try step.attribute(3)
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let numbers = try step.output().floats
        let state = UInt64(bitPattern: Int64(try step.attribute(1)))
        let (first, second) = (Double(try step.floatAttribute(2)), Double(try step.floatAttribute(3)))
        if try step.attribute(0) == 0 {
            for index in numbers.indices {
                numbers[index] = Float(first + unit(UInt64(index), state) * (second - first))
            }
        } else {
            for index in numbers.indices { numbers[index] = Float(first + normal(UInt64(index), state) * second) }
        }
    }

    /// A number from 0 up to but not 1, of 24 bits: as many as Float holds.
    private static func unit(_ index: UInt64, _ state: UInt64) -> Double {
        Double(SplitMix.word(index, state: state) >> 40) * 0x1p-24
    }

    /// A number of mean 0 and deviation 1 (Box and Muller 1958), from two words.
    private static func normal(_ index: UInt64, _ state: UInt64) -> Double {
        let radius = Double((SplitMix.word(2 &* index, state: state) >> 11) + 1) * 0x1p-53
        let angle = Double(SplitMix.word(2 &* index &+ 1, state: state) >> 11) * 0x1p-53
        return (-2 * pack_math_log(radius)).squareRoot() * pack_math_cos(2 * Double.pi * angle)
    }
}

/// C entry of `Random`.
@c(pack_op_Random) public func packOperatorRandom(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(Random.self, step, running)
}
