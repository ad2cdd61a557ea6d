import PackCore

/// Why a plan cannot be opened or run.
public enum RuntimeError: Error, Equatable {
    /// The bytes are not a valid plan.
    case plan(PlanError)
    /// A step needs an operator that this runtime was linked without.
    case missingOperator(step: Int, id: Int)
    /// The CPU lacks the instruction set that was asked for, or no kernels for this CPU were linked.
    case unavailableInstructionSet
    /// An input was given another number of dimensions than it has.
    case inputRank(input: Int, found: Int, expected: Int)
    /// A dimension of an input contradicts the model or another input.
    case inputDimension(input: Int, axis: Int, found: Int, expected: Int)
    /// A dimension of an input is larger than the model takes.
    case inputTooLong(input: Int, axis: Int, found: Int, maximum: Int)
    /// The shapes need more memory than can be addressed or had.
    case outOfMemory(bytes: Int)
    /// An operator refused its arguments; the code is a `pack_operator_error`.
    case operatorFailed(step: Int, code: Int)
    /// A text of an input is not UTF-8.
    case badText
    /// The texts of a request need more room than a run has for them.
    case tooManyTexts
    /// The bytes that a step takes for an image file are none that can be decoded; the offset is where that was seen.
    case badImage(step: Int, fault: ImageFault, offset: Int)
    /// `run` was called before `prepare`, or after inputs changed shape.
    case notPrepared
}
