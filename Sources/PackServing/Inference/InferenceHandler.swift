import PackCore

/// Answers inference requests of the Open Inference Protocol with a predictor.
///
/// A model that takes texts has an input `text` of BYTES, one element a text, and maybe `text_pair` with as many. It answers, a row or
/// an element a text: `embedding` (FP32), or `label` (BYTES) and `score` (FP32), or `result` (BYTES), the JSON object that
/// `/predict` gives for a text. Its own outputs can be asked for by name beside them. Every model takes its own inputs by name as well, and
/// then answers its own outputs.
final class InferenceHandler<Engine: InferenceEngine, Encoder: TextEncoder> {
    let predictor: Predictor<Engine, Encoder>
    let request = InferenceRequest()
    /// The model's name.
    let modelName: [UInt8]
    let scratch = ByteBuffer()
    /// Outputs as binary data, and a text of an output, as they are made.
    let binary = ByteBuffer()
    let element = ByteBuffer()

    init(_ predictor: Predictor<Engine, Encoder>, modelName: [UInt8]) {
        self.predictor = predictor
        self.modelName = modelName
    }

    /// Adds the texts of a request to those that are to be computed together, as `RequestHandler` has it.
    func gather(_ request: HTTPRequest, isFirst: Bool) -> Int? {
        if isFirst { predictor.batch.clear() }
        let limit = predictor.limits.gatheredTokens
        guard predictor.engine.packsTexts, predictor.batch.count < limit else { return nil }
        do throws(RequestError) {
            try read(request)
            guard !predictor.request.hasInputs, predictor.request.text.count <= 4 * limit else { return nil }
            try predictor.encodeTexts()
        } catch { return nil }
        return predictor.firstText
    }

    /// Answers a request, as one of those that were computed together if it has a place.
    func answer(_ request: HTTPRequest, place: Int?, into answer: HTTPAnswer) throws(RequestError) {
        try read(request)
        if let place {
            predictor.firstText = place
            predictor.textCount = predictor.request.texts.count
        } else if predictor.request.hasInputs {
            do throws(RequestError) { try computeTensors() } catch { throw withTexts(error) }
        } else {
            try predictor.computeTexts()
        }
        try write(answer)
    }

    /// An error that lists the model's inputs lists those of texts too.
    private func withTexts(_ error: RequestError) -> RequestError {
        guard error.kind == .unknownInput, predictor.takesTexts else { return error }
        return RequestError(.unknownInput, name: error.name, known: [UInt8]("text, text_pair, ".utf8) + error.known)
    }

    /// Reads a request into `request`, and its texts or the names of its inputs into the predictor's.
    private func read(_ request: HTTPRequest) throws(RequestError) {
        try self.request.read(request)
        if let text = textInput("text") {
            try readTexts(text)
        } else {
            predictor.request.begin(hasInputs: true)
            for index in 0..<self.request.inputs.count {
                let name = append(self.request.bytes(self.request.inputs[index].name))
                predictor.request.inputs.append(Request.InputRange(name: name, value: index))
            }
        }
        if let top = self.request.top { predictor.request.setTop(top) }
        if predictor.request.text.overflowed { throw RequestError(.outOfMemory, found: request.body.count) }
    }

    private func append(_ bytes: UnsafeRawBufferPointer) -> Request.ByteRange {
        let text = predictor.request.text
        let start = text.count
        text.append(bytes)
        return Request.ByteRange(start: start, end: text.count)
    }

    // MARK: Texts

    /// The place of an input of texts that the model's tokenizer is to read; nil if there is none, or it is one of the model's.
    private func textInput(_ name: StaticString) -> Int? {
        guard predictor.takesTexts else { return nil }
        for index in 0..<request.inputs.count where matches(request.bytes(request.inputs[index].name), name) {
            return index
        }
        return nil
    }

    private func readTexts(_ text: Int) throws(RequestError) {
        let pair = textInput("text_pair")
        for index in 0..<request.inputs.count where index != text && index != pair {
            throw RequestError(
                .contradiction, name: request.name(index),
                detail: StaticText("input \"%n\" cannot be given beside text; known: text, text_pair"))
        }
        let texts = predictor.request.texts
        predictor.request.begin(hasInputs: false)
        let count = try checkTexts(text)
        try request.eachText(text, scratch) { bytes throws(RequestError) in
            let range = append(bytes)
            texts.append(Request.TextRange(first: range, second: range, hasSecond: false))
        }
        guard let pair else { return }
        guard try checkTexts(pair) == count else {
            throw RequestError(.contradiction, detail: StaticText("there must be as many text_pairs as texts"))
        }
        var index = 0
        try request.eachText(pair, scratch) { bytes throws(RequestError) in
            texts[index] = Request.TextRange(first: texts[index].first, second: append(bytes), hasSecond: true)
            index += 1
        }
    }

    /// The number of texts of an input; its elements are as many.
    private func checkTexts(_ input: Int) throws(RequestError) -> Int {
        try request.check(input, DType.string.datatype)
        let shape = try request.shape(input)
        let limit = predictor.limits.texts
        guard shape.count > 0 else { throw RequestError(.noTexts) }
        guard shape.count <= limit else {
            throw RequestError(.tooManyTexts, found: shape.count, expected: limit)
        }
        try request.checkCount(input, .string, shape, scratch)
        return shape.count
    }

    // MARK: Tensors

    private func computeTensors() throws(RequestError) {
        let engine = predictor.engine
        try predictor.checkNames()
        var places: [Int] = []
        var shapes: [InferenceRequest.Shape] = []
        for input in 0..<engine.inputCount {
            guard let place = predictor.given(input)?.value else {
                throw RequestError(.missingInput, name: predictor.name(ofInput: input))
            }
            try request.check(place, engine.inputDType(input).datatype)
            let shape = try request.shape(place)
            try request.checkCount(place, engine.inputDType(input), shape, scratch)
            try predictor.setShape(input, rank: shape.rank, shape.dimensions, count: shape.count)
            places.append(place)
            shapes.append(shape)
        }
        try engine.prepare()
        for input in 0..<engine.inputCount {
            try request.fill(
                places[input], engine.inputDType(input), shapes[input], scratch, engine.inputBytes(input)
            ) { text throws(RequestError) in try engine.code(of: text) }
        }
        try engine.run()
    }
}
