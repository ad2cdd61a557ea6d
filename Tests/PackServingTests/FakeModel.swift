import PackCore
import PackServing

/// An engine whose outputs are simple functions of its inputs: nobody needs a plan to test what stands around one.
final class FakeEngine: InferenceEngine {
    struct Port {
        var name: [UInt8]
        var type: DType
        /// nil: free.
        var dimensions: [Int?]
    }

    var task: TaskKind
    var labels: [[UInt8]] = []
    var maximumTokens = 16
    var inputs: [Port]
    var outputs: [Port]
    /// Computes output values from the inputs' shapes and bytes.
    var compute: (FakeEngine) -> [(shape: [Int], values: [Float])]
    private(set) var shapes: [[Int]] = []
    private var memory: [UnsafeMutableRawBufferPointer] = []
    private var results: [(shape: [Int], values: [Float])] = []
    private var kept: [UnsafeMutableRawBufferPointer] = []
    private(set) var runs = 0
    /// Whether a run fails.
    var refuses: (FakeEngine) -> Bool = { _ in false }
    var packsTexts = false
    /// Where texts without padding end; empty for rows.
    private(set) var textEnds: [Int] = []
    /// Texts by code.
    var texts: [[UInt8]] = []

    init(
        task: TaskKind, inputs: [Port], outputs: [String],
        compute: @escaping (FakeEngine) -> [(shape: [Int], values: [Float])]
    ) {
        self.task = task
        self.inputs = inputs
        self.outputs = outputs.map { Port(name: Array($0.utf8), type: .f32, dimensions: []) }
        self.compute = compute
        shapes = inputs.map { _ in [] }
    }

    deinit {
        for buffer in memory + kept { buffer.deallocate() }
    }

    /// The three inputs of text models.
    static let textInputs = ["input_ids", "attention_mask", "token_type_ids"].map {
        Port(name: Array($0.utf8), type: .i64, dimensions: [nil, nil])
    }

    /// An input's elements.
    func integers(_ input: Int) -> [Int] {
        memory[input].bindMemory(to: Int64.self).map { Int($0) }
    }

    func floats(_ input: Int) -> [Float] {
        Array(memory[input].bindMemory(to: Float.self))
    }

    var labelCount: Int { labels.count }
    func label(_ index: Int) -> UnsafeBufferPointer<UInt8> { lend(labels[index]) }
    var inputCount: Int { inputs.count }
    func inputName(_ input: Int) -> UnsafeBufferPointer<UInt8> { lend(inputs[input].name) }
    func inputDType(_ input: Int) -> DType { inputs[input].type }
    func inputRank(_ input: Int) -> Int { inputs[input].dimensions.count }
    func inputDimension(_ input: Int, _ axis: Int) -> Int? { inputs[input].dimensions[axis] }

    func setInputShape(_ input: Int, _ dimensions: UnsafeBufferPointer<Int>) throws(RequestError) {
        if dimensions.count == 2, dimensions[1] > 1000 {
            throw RequestError(.tooLong, name: inputs[input].name, found: dimensions[1], expected: 1000, axis: 1)
        }
        shapes[input] = Array(dimensions)
        textEnds = []
    }

    func setTextEnds(_ ends: UnsafeBufferPointer<Int>) throws(RequestError) { textEnds = Array(ends) }

    func prepare() throws(RequestError) {
        for buffer in memory { buffer.deallocate() }
        memory = zip(shapes, inputs).map { shape, port in
            let bytes = shape.reduce(port.type.size, *)
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes, alignment: 64)
            buffer.initializeMemory(as: UInt8.self, repeating: 0)
            return buffer
        }
    }

    func inputBytes(_ input: Int) -> UnsafeMutableRawBufferPointer { memory[input] }

    func run() throws(RequestError) {
        runs += 1
        if refuses(self) { throw RequestError(.badValue) }
        results = compute(self)
    }

    var outputCount: Int { outputs.count }
    func outputName(_ output: Int) -> UnsafeBufferPointer<UInt8> { lend(outputs[output].name) }
    func outputDType(_ output: Int) -> DType { outputs[output].type }
    func outputRank(_ output: Int) -> Int {
        results.isEmpty ? outputs[output].dimensions.count : results[output].shape.count
    }
    func fixedOutputDimension(_ output: Int, _ axis: Int) -> Int? {
        axis < outputs[output].dimensions.count ? outputs[output].dimensions[axis] : nil
    }
    func outputDimension(_ output: Int, _ axis: Int) -> Int { results[output].shape[axis] }
    func outputBytes(_ output: Int) -> UnsafeRawBufferPointer {
        let values = results[output].values
        if outputs[output].type == .string {
            return UnsafeRawBufferPointer(lend(values.map { Int64($0) }.withUnsafeBytes { Array($0) }))
        }
        return UnsafeRawBufferPointer(lend(values.withUnsafeBytes { Array($0) }))
    }
    func code(of text: UnsafeBufferPointer<UInt8>) throws(RequestError) -> Int64 {
        // As a session does, for texts that cannot be.
        if text.contains(0xFF) { throw RequestError(.badText) }
        texts.append(Array(text))
        return Int64(texts.count - 1)
    }
    func text(_ code: Int64) -> UnsafeBufferPointer<UInt8> { lend(texts[Int(code)]) }

    /// Bytes that live as long as the engine.
    private func lend(_ bytes: [UInt8]) -> UnsafeBufferPointer<UInt8> {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 16)
        copy.copyBytes(from: bytes)
        kept.append(copy)
        return UnsafeBufferPointer(rebasing: UnsafeRawBufferPointer(copy).bindMemory(to: UInt8.self)[..<bytes.count])
    }
}

/// A token a byte, with 1 before and 2 after each text; piece n is the character n, and 7 is the mask.
struct FakeEncoder: TextEncoder {
    private static let mask = Array("[MASK]".utf8)
    private let pieces = UnsafeMutableRawBufferPointer.allocate(byteCount: 512, alignment: 16)
    let padID = 9
    let defaultMaximum: Int? = nil
    let idCount = 256

    init() {
        for index in 0..<256 { pieces[index] = UInt8(index) }
        for (index, byte) in Self.mask.enumerated() { pieces[256 + index] = byte }
    }

    func piece(_ id: Int) -> UnsafeRawBufferPointer? {
        if id == 7 { return UnsafeRawBufferPointer(rebasing: pieces[256..<262]) }
        return UnsafeRawBufferPointer(rebasing: pieces[id..<id + 1])
    }

    func encode(
        _ text: UnsafeRawBufferPointer, pair: UnsafeRawBufferPointer?, maximum: Int, into batch: TokenBatch
    ) {
        let special = { (id: Int32) in TokenBatch.Token(id: id, type: 0, source: 255, start: 0, end: 0) }
        var room = maximum - (pair == nil ? 2 : 3)
        batch.append(special(1))
        for (index, bytes) in [text, pair].enumerated() {
            guard let bytes else { continue }
            for (place, byte) in bytes.enumerated() where room > 0 {
                room -= 1
                batch.append(
                    TokenBatch.Token(
                        id: Int32(byte), type: UInt8(index), source: UInt8(index), start: UInt32(place),
                        end: UInt32(place + 1)))
            }
            batch.append(special(2))
        }
        batch.endRow()
    }
}

typealias FakePredictor = Predictor<FakeEngine, FakeEncoder>

/// A sentence embedding of three numbers: rows, columns, and the sum of ids where the mask is set.
func embeddingPredictor() -> FakePredictor {
    let engine = FakeEngine(task: .embedding, inputs: FakeEngine.textInputs, outputs: ["sentence_embedding"]) {
        engine in
        let (rows, columns) = (engine.shapes[0][0], engine.shapes[0][1])
        let (ids, mask) = (engine.integers(0), engine.integers(1))
        var values: [Float] = []
        for row in 0..<rows {
            let sum = (0..<columns).map { ids[row * columns + $0] * mask[row * columns + $0] }.reduce(0, +)
            values += [Float(rows), Float(columns), Float(sum)]
        }
        return [([rows, 3], values)]
    }
    return FakePredictor(engine: engine, encoder: FakeEncoder())
}

/// An answer as text, or the error.
func answer(_ predictor: some RequestHandler, _ request: String, limit: Int = 1 << 24) throws -> String {
    let out = ByteBuffer(limit: limit)
    var request = request
    try request.withUTF8 { try predictor.answer(UnsafeRawBufferPointer($0), into: out) }
    return text(out)
}
