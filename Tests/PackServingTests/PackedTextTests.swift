import PackCore
import PackServing
import Testing

/// Batches whose texts lie side by side without padding.
@Suite struct PackedTextTests {
    private func predictor(
        _ task: TaskKind, _ outputs: [String], labels: [String] = [],
        _ compute: @escaping (FakeEngine) -> [(shape: [Int], values: [Float])]
    ) -> FakePredictor {
        let engine = FakeEngine(task: task, inputs: FakeEngine.textInputs, outputs: outputs, compute: compute)
        engine.labels = labels.map { Array($0.utf8) }
        engine.packsTexts = true
        return FakePredictor(engine: engine, encoder: FakeEncoder())
    }

    /// The ids of each text of the inputs.
    private func texts(_ engine: FakeEngine) -> [[Int]] {
        let ids = engine.integers(0)
        guard !engine.textEnds.isEmpty else {
            return (0..<engine.shapes[0][0]).map {
                Array(ids[($0 * engine.shapes[0][1])...].prefix(engine.shapes[0][1]))
            }
        }
        return zip([0] + engine.textEnds, engine.textEnds).map { Array(ids[$0..<$1]) }
    }

    /// For each text its length and the sum of its ids.
    private func sums() -> FakePredictor {
        predictor(.embedding, ["sentence_embedding"]) { engine in
            let texts = texts(engine)
            return [([texts.count, 2], texts.flatMap { [Float($0.count), Float($0.reduce(0, +))] })]
        }
    }

    @Test func textsLieSideBySide() throws {
        let predictor = sums()
        let found = try answer(predictor, #"{"texts":["ab","","abcd"]}"#)
        #expect(
            found == #"{"embeddings":[[4,198],[2,3],[6,397]],"outputs":"#
                + #"{"sentence_embedding":{"shape":[3,2],"data":[4,198,2,3,6,397]}}}"# + "\n")
        #expect(predictor.engine.shapes == [[1, 12], [1, 12], [1, 12]])
        #expect(predictor.engine.textEnds == [4, 6, 12])
        #expect(predictor.engine.integers(0) == [1, 97, 98, 2, 1, 2, 1, 97, 98, 99, 100, 2])
        #expect(predictor.engine.integers(1) == Array(repeating: 1, count: 12))
        #expect(predictor.engine.runs == 1)
    }

    @Test func oneTextIsARow() throws {
        let predictor = sums()
        _ = try answer(predictor, #"{"texts":["ab","c"]}"#)
        #expect(try answer(predictor, #"{"texts":["ab"],"outputs":false}"#) == #"{"embeddings":[[4,198]]}"# + "\n")
        #expect(predictor.engine.shapes[0] == [1, 4])
        #expect(predictor.engine.textEnds == [])
    }

    @Test func pairsKeepTheirTypes() throws {
        let predictor = sums()
        _ = try answer(predictor, #"{"texts":["a","bc"],"text_pairs":["c","d"]}"#)
        #expect(predictor.engine.integers(0) == [1, 97, 2, 99, 2, 1, 98, 99, 2, 100, 2])
        #expect(predictor.engine.integers(2) == [0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0])
    }

    /// One text of the greatest length beside 255 of two tokens: 526, where padding would take 4,096.
    @Test func onlyTokensCount() throws {
        let predictor = sums()
        let long = String(repeating: "a", count: 500)
        let request = "{\"texts\":[\"\(long)\"\(String(repeating: ",\"\"", count: 255))],\"outputs\":false}"
        predictor.limits.tokens = 16 + 255 * 2
        #expect(try answer(predictor, request).hasPrefix("{\"embeddings\":[[16,\(14 * 97 + 3)],[2,3],[2,3],"))
        predictor.limits.tokens -= 1
        #expect(throws: RequestError(.tooManyTokens, found: 526, expected: 525, axis: 256)) {
            try answer(predictor, request)
        }
        #expect(throws: Never.self) { try answer(predictor, #"{"texts":["a","b"]}"#) }
    }

    /// A tokenizer may find no token in a text; a model needs one.
    @Test func textsWithoutTokensGetPadding() throws {
        let engine = FakeEngine(task: .tensors, inputs: FakeEngine.textInputs, outputs: ["y"]) { engine in
            [([1, engine.integers(0).count], engine.integers(0).map { Float($0) })]
        }
        engine.packsTexts = true
        let predictor = Predictor(engine: engine, encoder: BareEncoder())
        let found = try answer(predictor, #"{"texts":["","ab","",""]}"#)
        #expect(engine.textEnds == [1, 3, 4, 5])
        #expect(engine.integers(0) == [9, 97, 98, 9, 9])
        #expect(engine.integers(1) == [0, 1, 1, 0, 0])
        #expect(found == #"{"outputs":{"y":{"shape":[4,2],"data":[0,0,97,98,0,0,0,0]}}}"# + "\n")
    }

    /// Tensors of tokens come as if the batch had been padded, with zeros for padding.
    @Test func tensorsOfTokensAreRectangles() throws {
        let model = predictor(.hiddenState, ["hidden"]) { engine in
            let ids = engine.integers(0)
            return [([1, ids.count, 2], ids.flatMap { [Float($0), Float(-$0)] })]
        }
        let found = try answer(model, #"{"texts":["a","","b"]}"#)
        #expect(
            found == #"{"outputs":{"hidden":{"shape":[3,3,2],"data":"#
                + "[1,-1,97,-97,2,-2,1,-1,2,-2,0,0,1,-1,98,-98,2,-2]}}}\n")
    }

    @Test func headsFindTheirTokens() throws {
        let tagger = predictor(.tokenClassification, ["logits"], labels: ["O", "X"]) { engine in
            let ids = engine.integers(0)
            return [([1, ids.count, 2], ids.flatMap { [Float(0), $0 == 120 ? 100 : -100] })]
        }
        #expect(
            try answer(tagger, #"{"texts":["aax","","x"],"outputs":false}"#)
                == #"{"results":[{"entities":[{"label":"X","score":1,"text":"x","start":2,"end":3}]},{"entities":[]},"#
                + #"{"entities":[{"label":"X","score":1,"text":"x","start":0,"end":1}]}]}"# + "\n")
        let reader = predictor(.questionAnswering, ["start_logits", "end_logits"]) { engine in
            let ids = engine.integers(0)
            let shape = [1, ids.count]
            return [(shape, ids.map { $0 == 98 ? 50 : 0 }), (shape, ids.map { $0 == 100 ? 50 : 0 })]
        }
        #expect(
            try answer(reader, #"{"texts":["q","bd"],"text_pairs":["abcd","xxbcdx"],"outputs":false}"#)
                == #"{"results":[{"text":"bcd","start":1,"end":4,"score":1},"#
                + #"{"text":"bcd","start":2,"end":5,"score":1}]}"# + "\n")
        let guesser = predictor(.maskedLanguage, ["logits"]) { engine in
            let ids = engine.integers(0)
            let values = ids.indices.flatMap { place in (0..<30).map { Float($0 == place ? 100 : 0) } }
            return [([1, ids.count, 30], values)]
        }
        let masks = try answer(guesser, #"{"texts":["a","b\u0007"],"top":1}"#)
        #expect(masks.contains(#""position":2,"tokens":[{"token":"\u0005","id":5,"score":1}]"#), "\(masks)")
    }
}

/// A token a byte, and nothing around texts.
private struct BareEncoder: TextEncoder {
    let padID = 9
    let defaultMaximum: Int? = nil
    let idCount = 256

    func piece(_ id: Int) -> UnsafeRawBufferPointer? { nil }

    func encode(
        _ text: UnsafeRawBufferPointer, pair: UnsafeRawBufferPointer?, maximum: Int, into batch: TokenBatch
    ) {
        for (place, byte) in text.enumerated() {
            batch.append(
                TokenBatch.Token(
                    id: Int32(byte), type: 0, source: 0, start: UInt32(place), end: UInt32(place + 1)))
        }
        batch.endRow()
    }
}
