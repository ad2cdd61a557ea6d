import PackCore
import PackRuntime

/// A session as an engine for the predictor.
public final class SessionEngine: InferenceEngine {
    /// The session that computes.
    public let session: Session

    /// Wraps a session.
    public init(_ session: Session) {
        self.session = session
    }

    private func attempt(_ body: () throws(RuntimeError) -> Void) throws(RequestError) {
        do throws(RuntimeError) { try body() } catch { throw describe(error) }
    }

    /// What a session's error means for the request.
    private func describe(_ error: RuntimeError) -> RequestError {
        switch error {
        case .inputRank(let input, let found, let expected):
            RequestError(.wrongRank, name: name(input), found: found, expected: expected)
        case .inputDimension(let input, let axis, let found, let expected):
            RequestError(.wrongDimension, name: name(input), found: found, expected: expected, axis: axis)
        case .inputTooLong(let input, let axis, let found, let maximum):
            RequestError(.tooLong, name: name(input), found: found, expected: maximum, axis: axis)
        case .outOfMemory(let bytes): RequestError(.outOfMemory, found: bytes)
        case .operatorFailed(let step, _): RequestError(.badValue, found: step)
        case .badText: RequestError(.badText)
        case .badImage(_, let fault, let offset):
            RequestError(
                .badImage,
                known: copied(
                    UnsafeRawBufferPointer(
                        start: fault.expected.utf8Start, count: fault.expected.utf8CodeUnitCount)),
                detail: StaticText(fault.found), offset: offset)
        case .tooManyTexts: RequestError(.textsTooLarge)
        case .missingOperator(let step, _): RequestError(.failed, found: 1000 + step)
        default: RequestError(.failed)
        }
    }

    private func name(_ input: Int) -> [UInt8] {
        copied(UnsafeRawBufferPointer(session.inputName(input)))
    }

    /// As `InferenceEngine` has it.
    public var task: TaskKind { session.task }
    /// As `InferenceEngine` has it.
    public var labelCount: Int { session.labelCount }
    /// As `InferenceEngine` has it.
    public func label(_ index: Int) -> UnsafeBufferPointer<UInt8> { session.label(index) }
    /// As `InferenceEngine` has it.
    public var maximumTokens: Int { session.maximumTokens }
    /// As `InferenceEngine` has it.
    public var inputCount: Int { session.inputCount }
    /// As `InferenceEngine` has it.
    public func inputName(_ input: Int) -> UnsafeBufferPointer<UInt8> { session.inputName(input) }
    /// As `InferenceEngine` has it.
    public func inputDType(_ input: Int) -> DType { session.inputDType(input) }
    /// As `InferenceEngine` has it.
    public func inputRank(_ input: Int) -> Int { session.inputRank(input) }
    /// As `InferenceEngine` has it.
    public func inputDimension(_ input: Int, _ axis: Int) -> Int? { session.inputDimension(input, axis) }
    /// As `InferenceEngine` has it.
    public func setInputShape(_ input: Int, _ dimensions: UnsafeBufferPointer<Int>) throws(RequestError) {
        try attempt { () throws(RuntimeError) in try session.setInputShape(input, dimensions) }
    }
    /// As `InferenceEngine` has it.
    public var packsTexts: Bool { session.plan.packsTexts }
    /// As `InferenceEngine` has it.
    public func setTextEnds(_ ends: UnsafeBufferPointer<Int>) throws(RequestError) {
        try attempt { () throws(RuntimeError) in try session.setSegments(ends) }
    }
    /// As `InferenceEngine` has it.
    public func prepare() throws(RequestError) {
        try attempt { () throws(RuntimeError) in try session.prepare() }
    }
    /// As `InferenceEngine` has it.
    public func inputBytes(_ input: Int) -> UnsafeMutableRawBufferPointer { session.inputBytes(input) }
    /// As `InferenceEngine` has it.
    public func code(of text: UnsafeBufferPointer<UInt8>) throws(RequestError) -> Int64 {
        do throws(RuntimeError) { return try session.code(of: text) } catch { throw describe(error) }
    }
    /// As `InferenceEngine` has it.
    public func text(_ code: Int64) -> UnsafeBufferPointer<UInt8> { session.text(code) }
    /// As `InferenceEngine` has it.
    public func run() throws(RequestError) {
        try attempt { () throws(RuntimeError) in try session.run() }
    }
    /// As `InferenceEngine` has it.
    public var outputCount: Int { session.outputCount }
    /// As `InferenceEngine` has it.
    public func outputName(_ output: Int) -> UnsafeBufferPointer<UInt8> { session.outputName(output) }
    /// As `InferenceEngine` has it.
    public func outputDType(_ output: Int) -> DType { session.outputDType(output) }
    /// As `InferenceEngine` has it.
    public func outputRank(_ output: Int) -> Int { session.outputRank(output) }
    /// As `InferenceEngine` has it.
    public func fixedOutputDimension(_ output: Int, _ axis: Int) -> Int? { session.fixedOutputDimension(output, axis) }
    /// As `InferenceEngine` has it.
    public func outputDimension(_ output: Int, _ axis: Int) -> Int { session.outputDimension(output, axis) }
    /// As `InferenceEngine` has it.
    public func outputBytes(_ output: Int) -> UnsafeRawBufferPointer { session.outputBytes(output) }
}
