public import PackCore
public import PackRuntime

/// A session as an engine for the predictor.
public final class SessionEngine: InferenceEngine {
    /// The session that computes.
    public let session: Session

    /// Wraps a session.
    public init(_ session: Session) {
        self.session = session
    }

    private func attempt(_ body: () throws(RuntimeError) -> Void) throws(EngineError) {
        do throws(RuntimeError) { try body() } catch { throw EngineError(error) }
    }

    public var task: TaskKind { session.task }
    public var labelCount: Int { session.labelCount }
    public func label(_ index: Int) -> UnsafeBufferPointer<UInt8> { session.label(index) }
    public var maximumTokens: Int { session.maximumTokens }
    public var inputCount: Int { session.inputCount }
    public func inputName(_ input: Int) -> UnsafeBufferPointer<UInt8> { session.inputName(input) }
    public func inputDType(_ input: Int) -> DType { session.inputDType(input) }
    public func inputRank(_ input: Int) -> Int { session.inputRank(input) }
    public func inputDimension(_ input: Int, _ axis: Int) -> Int? { session.inputDimension(input, axis) }
    public func setInputShape(_ input: Int, _ dimensions: UnsafeBufferPointer<Int>) throws(EngineError) {
        try attempt { () throws(RuntimeError) in try session.setInputShape(input, dimensions) }
    }
    public func prepare() throws(EngineError) {
        try attempt { () throws(RuntimeError) in try session.prepare() }
    }
    public func inputBytes(_ input: Int) -> UnsafeMutableRawBufferPointer { session.inputBytes(input) }
    public func run() throws(EngineError) {
        try attempt { () throws(RuntimeError) in try session.run() }
    }
    public var outputCount: Int { session.outputCount }
    public func outputName(_ output: Int) -> UnsafeBufferPointer<UInt8> { session.outputName(output) }
    public func outputDType(_ output: Int) -> DType { session.outputDType(output) }
    public func outputRank(_ output: Int) -> Int { session.outputRank(output) }
    public func outputDimension(_ output: Int, _ axis: Int) -> Int { session.outputDimension(output, axis) }
    public func outputBytes(_ output: Int) -> UnsafeRawBufferPointer { session.outputBytes(output) }
}

extension EngineError {
    /// What a session's error means for the request.
    init(_ error: RuntimeError) {
        switch error {
        case .inputRank(let input, let found, let expected):
            self = .wrongRank(input: input, found: found, expected: expected)
        case .inputDimension(let input, let axis, let found, let expected):
            self = .wrongDimension(input: input, axis: axis, found: found, expected: expected)
        case .inputTooLong(let input, let axis, let found, let maximum):
            self = .tooLong(input: input, axis: axis, found: found, limit: maximum)
        case .outOfMemory(let bytes): self = .outOfMemory(bytes: bytes)
        case .operatorFailed(let step, _): self = .badValue(step: step)
        case .missingOperator(let step, _): self = .failed(code: 1000 + step)
        case .notPrepared: self = .failed(code: 1)
        default: self = .failed(code: 2)
        }
    }
}
