import PackCore

/// Answers requests: reads JSON, runs the model, writes JSON.
///
/// One request at a time. Its memory is reused: after a request of some size, another no larger allocates nothing.
public final class Predictor<Engine: InferenceEngine, Encoder: TextEncoder> {
    /// The model.
    public let engine: Engine
    var encoder: Encoder?
    /// Bounds on one request.
    public var limits = PredictorLimits()

    let request = Request()
    let batch = TokenBatch()
    let scratch = ByteBuffer()
    let entity = ByteBuffer()
    var body = UnsafeRawBufferPointer(start: nil, count: 0)
    private var shape: [Int] = []
    /// For each text of the batch, the tokens of the inputs up to its end, padding included.
    let ends = PlainList<Int>()
    /// Whether the batch's texts lie side by side without padding.
    var isPacked = false
    /// The texts of the batch that are the request's.
    var firstText = 0
    var textCount = 0
    var roles: [TextRole] = []

    /// - Parameters:
    ///   - engine: The model.
    ///   - encoder: Its tokenizer; nil for a model that takes no text.
    public init(engine: Engine, encoder: Encoder?) {
        self.engine = engine
        self.encoder = encoder
        for input in 0..<engine.inputCount {
            let role = TextRole(name: engine.inputName(input), type: engine.inputDType(input))
            roles.append(engine.inputRank(input) == 2 ? role : .other)
        }
    }

    /// Answers one request.
    ///
    /// - Parameters:
    ///   - body: The request as JSON; it must stay until the call returns.
    ///   - answer: Gets the answer's JSON, in place of what it held. With an error it holds nothing of use.
    public func answer(_ body: UnsafeRawBufferPointer, into answer: ByteBuffer) throws(RequestError) {
        try read(body)
        if request.hasInputs {
            self.body = body
            defer { self.body = UnsafeRawBufferPointer(start: nil, count: 0) }
            try computeTensors()
        } else {
            try computeTexts()
        }
        try write(answer)
    }

    /// Texts of the request that was answered last, and their tokens.
    var answered: (texts: Int, tokens: Int) {
        var tokens = 0
        if !request.hasInputs { for text in 0..<textCount { tokens += tokenCount(text) } }
        return (request.hasInputs ? 0 : textCount, tokens)
    }

    func read(_ body: UnsafeRawBufferPointer) throws(RequestError) {
        request.maximumTexts = limits.texts
        try request.read(body)
    }

    /// Writes the answer to the request from what was computed.
    func write(_ answer: ByteBuffer) throws(RequestError) {
        answer.clear()
        answer.append("{")
        if !request.hasInputs { try appendHead(to: answer) }
        try appendOutputs(to: answer)
        answer.append("}\n")
        if answer.overflowed { throw RequestError(.answerTooLarge, expected: answer.limit) }
    }

    // MARK: Running

    func setShape(_ input: Int, _ rows: Int, _ columns: Int) throws(RequestError) {
        shape.removeAll(keepingCapacity: true)
        shape.append(rows)
        shape.append(columns)
        try setShape(input, shape)
    }

    func setShape(_ input: Int, _ dimensions: [Int]) throws(RequestError) {
        try dimensions.withUnsafeBufferPointer { dimensions throws(RequestError) in
            try engine.setInputShape(input, dimensions)
        }
    }

    func name(ofInput input: Int) -> [UInt8] {
        guard input >= 0, input < engine.inputCount else { return [] }
        return copied(UnsafeRawBufferPointer(engine.inputName(input)))
    }
}

/// Bounds on one request.
public struct PredictorLimits: Sendable {
    /// Texts in one request.
    public var texts = 256
    /// Tokens in one request of several texts, padding included where the model needs it.
    public var tokens = 16384
    /// Tokens from which on requests are not computed together with others: a batch of more costs no less for each.
    public var gatheredTokens = 512

    /// The standard bounds.
    public init() {}
}

/// How texts fill an input.
enum TextRole {
    case ids, mask, types, other

    init(name: UnsafeBufferPointer<UInt8>, type: DType) {
        let name = UnsafeRawBufferPointer(name)
        if type != .i64 && type != .i32 {
            self = .other
        } else if matches(name, "input_ids") {
            self = .ids
        } else if matches(name, "attention_mask") {
            self = .mask
        } else if matches(name, "token_type_ids") {
            self = .types
        } else {
            self = .other
        }
    }
}
