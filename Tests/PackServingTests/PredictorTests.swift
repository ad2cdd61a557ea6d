import PackCore
import PackServing
import Testing

@Suite struct PredictorTests {
    @Test func oneText() throws {
        let found = try answer(embeddingPredictor(), #"{"text":"ab"}"#)
        #expect(
            found == #"{"embedding":[1,4,198],"outputs":{"sentence_embedding":{"shape":[1,3],"data":[1,4,198]}}}"#
                + "\n")
    }

    @Test func batchIsPaddedToTheLongest() throws {
        let predictor = embeddingPredictor()
        let found = try answer(predictor, #"{"texts":["ab","","abcd"],"outputs":false}"#)
        #expect(found == #"{"embeddings":[[3,6,198],[3,6,3],[3,6,397]]}"# + "\n")
        #expect(predictor.engine.runs == 1)
        #expect(predictor.engine.integers(0)[4...11] == [9, 9, 1, 2, 9, 9, 9, 9])
    }

    @Test func textsAreCutToTheMaximum() throws {
        let found = try answer(
            embeddingPredictor(), #"{"text":"\#(String(repeating: "a", count: 500))","outputs":false}"#)
        #expect(found == "{\"embedding\":[1,16,\(14 * 97 + 3)]}\n")
    }

    @Test func pairsHaveTypes() throws {
        let predictor = embeddingPredictor()
        _ = try answer(predictor, #"{"text":"a","text_pair":"bc"}"#)
        #expect(predictor.engine.integers(0) == [1, 97, 2, 98, 99, 2])
        #expect(predictor.engine.integers(2) == [0, 0, 0, 1, 1, 0])
        _ = try answer(predictor, #"{"texts":["a","b"],"text_pairs":["c","d"]}"#)
        #expect(predictor.engine.integers(0) == [1, 97, 2, 99, 2, 1, 98, 2, 100, 2])
    }

    @Test(
        arguments: [
            ("", .truncated), ("hello", .unexpectedByte), ("nonsense", .wrongType), ("[]", .wrongType),
            ("{}", .needsOneForm),
            (#"{"text":1}"#, .wrongType), (#"{"texts":"a"}"#, .wrongType), (#"{"texts":[1]}"#, .wrongType),
            (#"{"texts":[]}"#, .noTexts), (#"{"text":"a","texts":["b"]}"#, .needsOneForm),
            (#"{"txt":"a"}"#, .unknownField),
            (#"{"texts":["a","b"],"text_pairs":["c"]}"#, .contradiction), (#"{"text":"a"} x"#, .trailingBytes),
            (#"{"text":"a","top":0}"#, .wrongType), (#"{"text":"a","outputs":["nope"]}"#, .unknownOutput),
            (#"{"inputs":[]}"#, .wrongType), (#"{"inputs":{}}"#, .missingInput),
            (#"{"inputs":{"x":[[1]]}}"#, .unknownInput),
            (#"{"inputs":{"input_ids":[[1]],"input_ids":[[1]]}}"#, .repeatedInput), (#"{"text":null}"#, .wrongType),
        ] as [(String, RequestError.Kind)])
    func badRequests(request: String, kind: RequestError.Kind) {
        let predictor = embeddingPredictor()
        #expect {
            try answer(predictor, request)
        } throws: { error in
            guard let error = error as? RequestError else { return false }
            let message = ByteBuffer()
            error.appendHTTPBody(to: message, scratch: ByteBuffer())
            return error.kind == kind && (error.status == 400 || error.status == 413)
                && text(message).hasPrefix("{\"error\":{")
        }
        #expect(throws: Never.self) { try answer(predictor, #"{"text":"the next one"}"#) }
    }

    @Test func limitsOnTexts() {
        let many = "{\"texts\":[" + (0..<300).map { "\"\($0)\"" }.joined(separator: ",") + "]}"
        #expect(throws: RequestError(.tooManyTexts, found: 300, expected: 256)) {
            try answer(embeddingPredictor(), many)
        }
        let predictor = embeddingPredictor()
        predictor.limits.tokens = 20
        #expect(throws: RequestError(.tooManyTokens, found: 21, expected: 20, axis: 3)) {
            try answer(predictor, #"{"texts":["abcde","b","c"]}"#)
        }
        #expect(throws: RequestError(.answerTooLarge, expected: 30)) {
            try answer(embeddingPredictor(), #"{"text":"a"}"#, limit: 30)
        }
    }

    @Test func modelWithoutTokenizer() {
        let predictor = FakePredictor(engine: embeddingPredictor().engine, encoder: nil)
        #expect(throws: RequestError(.takesNoText)) { try answer(predictor, #"{"text":"a"}"#) }
    }
}

@Suite struct TensorTests {
    /// Gives its one input back.
    private func echo(_ type: DType, _ dimensions: [Int?]) -> FakePredictor {
        let port = FakeEngine.Port(name: Array("x".utf8), type: type, dimensions: dimensions)
        let engine = FakeEngine(task: .tensors, inputs: [port], outputs: ["y"]) { engine in
            [(engine.shapes[0], type == .f32 ? engine.floats(0) : engine.integers(0).map { Float($0) })]
        }
        return FakePredictor(engine: engine, encoder: nil)
    }

    @Test(arguments: [
        ("[[1,2.5],[-3e2,0]]", "[2,2]", "[1,2.5,-300,0]"), ("[[1]]", "[1,1]", "[1]"),
        (#"{"shape":[1,2],"data":[1,2]}"#, "[1,2]", "[1,2]"),
        (#"{"data":[1e-3,0.1],"shape":[2,1]}"#, "[2,1]", "[0.001,0.1]"),
        ("[[true,false]]", "[1,2]", "[1,0]"),
    ])
    func floats(input: String, shape: String, data: String) throws {
        let found = try answer(echo(.f32, [nil, nil]), "{\"inputs\":{\"x\":\(input)}}")
        #expect(found == "{\"outputs\":{\"y\":{\"shape\":\(shape),\"data\":\(data)}}}\n")
    }

    @Test func otherRanks() throws {
        #expect(try answer(echo(.f32, []), #"{"inputs":{"x":4}}"#).contains(#""shape":[],"data":[4]"#))
        #expect(try answer(echo(.f32, [3]), #"{"inputs":{"x":[1,2,3]}}"#).contains(#""shape":[3],"data":[1,2,3]"#))
        let four = try answer(echo(.f32, [nil, 1, 2, 1]), #"{"inputs":{"x":[[[[1],[2]]],[[[3],[4]]]]}}"#)
        #expect(four.contains(#""shape":[2,1,2,1],"data":[1,2,3,4]"#))
        let large = try answer(echo(.i64, [nil]), #"{"inputs":{"x":[16777216,1.0]}}"#)
        #expect(large.contains(#""data":[16777216,1]"#))
    }

    @Test(
        arguments: [
            ("[[1,2],[3]]", .ragged), ("[[1],2]", .ragged), ("[1,[2]]", .ragged), ("[[],[1]]", .ragged),
            ("[1]", .wrongRank),
            ("[[[1]]]", .wrongRank), ("[]", .wrongRank), ("[[],[]]", .emptyAxis), ("[[\"a\"]]", .wrongType),
            ("[[null]]", .wrongType), ("\"a\"", .wrongType), ("[[[[[[[[[1]]]]]]]]]", .ragged),
            (#"{"shape":[1,3],"data":[1,2]}"#, .wrongCount),
            (#"{"shape":[1000000000,1000000000],"data":[]}"#, .wrongCount),
            (#"{"shape":[1099511627775,1099511627775,1099511627775],"data":[]}"#, .wrongCount),
            (#"{"shape":[-1,1],"data":[1]}"#, .ragged),
            (#"{"data":[1]}"#, .wrongType), (#"{"shape":[1,1],"date":[1]}"#, .wrongType),
            (#"{"shape":[1,1],"data":[[1,[2]]]}"#, .wrongCount),
        ] as [(String, RequestError.Kind)])
    func badShapes(input: String, kind: RequestError.Kind) {
        #expect {
            try answer(echo(.f32, [nil, nil]), "{\"inputs\":{\"x\":\(input)}}")
        } throws: { ($0 as? RequestError)?.kind == kind }
    }

    @Test func badNumbersAndDimensions() {
        for number in ["1.5", "1e30", "9223372036854775808", "-9223372036854775809"] {
            #expect {
                try answer(echo(.i64, [nil]), "{\"inputs\":{\"x\":[\(number)]}}")
            } throws: { ($0 as? RequestError)?.kind == .outOfRange }
        }
        #expect(throws: RequestError(.wrongDimension, name: Array("x".utf8), found: 2, expected: 3, axis: 0)) {
            try answer(echo(.f32, [3]), #"{"inputs":{"x":[1,2]}}"#)
        }
    }
}

@Suite struct HeadTests {
    private func predictor(
        _ task: TaskKind, _ outputs: [String], labels: [String] = [],
        _ compute: @escaping (FakeEngine) -> [(shape: [Int], values: [Float])]
    ) -> FakePredictor {
        let engine = FakeEngine(task: task, inputs: FakeEngine.textInputs, outputs: outputs, compute: compute)
        engine.labels = labels.map { Array($0.utf8) }
        return FakePredictor(engine: engine, encoder: FakeEncoder())
    }

    @Test func classification() throws {
        let labelled = predictor(.classification, ["logits"], labels: ["NO", "YES"]) { engine in
            let rows = engine.shapes[0][0]
            return [([rows, 2], (0..<rows).flatMap { [Float(0), $0 == 0 ? 0 : -1000] })]
        }
        #expect(try answer(labelled, #"{"text":"a","outputs":false}"#) == "{\"label\":\"NO\",\"score\":0.5}\n")
        #expect(
            try answer(labelled, #"{"texts":["a","b"],"outputs":false}"#)
                == "{\"results\":[{\"label\":\"NO\",\"score\":0.5},{\"label\":\"NO\",\"score\":1}]}\n")
        let single = predictor(.classification, ["logits"]) { _ in [([1, 1], [0])] }
        #expect(try answer(single, #"{"text":"a","outputs":false}"#) == "{\"label\":\"LABEL_0\",\"score\":0.5}\n")
    }

    @Test func entities() throws {
        // Labels by character: a, b begin or continue a person; x continues it; others are outside.
        let model = predictor(.tokenClassification, ["logits"], labels: ["O", "B-PER", "I-PER"]) { engine in
            let ids = engine.integers(0)
            let label = { (id: Int) in id == 97 ? 1 : id == 120 ? 2 : 0 }
            let values = ids.flatMap { id in (0..<3).map { Float($0 == label(id) ? 100 : 0) } }
            return [([1, ids.count, 3], values)]
        }
        let found = try answer(model, #"{"text":"é axx ax","outputs":false}"#)
        #expect(
            found
                == #"{"entities":[{"label":"PER","score":1,"text":"axx","start":2,"end":5},{"label":"PER","score":1,"text":"ax","start":6,"end":8}]}"#
                + "\n")
    }

    @Test func questionAnswering() throws {
        let model = predictor(.questionAnswering, ["start_logits", "end_logits"]) { engine in
            let ids = engine.integers(0)
            return [
                ([1, ids.count], ids.map { $0 == 98 ? 50 : 0 }), ([1, ids.count], ids.map { $0 == 100 ? 50 : 0 }),
            ]
        }
        // The question holds the letters too; only the context counts.
        let found = try answer(model, #"{"text":"bd","text_pair":"abcde","outputs":false}"#)
        #expect(found == "{\"text\":\"bcd\",\"start\":1,\"end\":4,\"score\":1}\n")
        let empty = try answer(model, #"{"text":"bd","text_pair":"","outputs":false}"#)
        #expect(empty == "{\"text\":\"\",\"start\":0,\"end\":0,\"score\":0}\n")
    }

    @Test func maskedLanguage() throws {
        let model = predictor(.maskedLanguage, ["logits"]) { engine in
            let ids = engine.integers(0)
            return [
                ([1, ids.count, 128], ids.flatMap { _ in (0..<128).map { Float($0 == 65 ? 100 : $0 == 66 ? 99 : 0) } })
            ]
        }
        let found = try answer(model, #"{"text":"a\u0007","top":2}"#)
        #expect(found.hasPrefix(#"{"masks":[{"position":2,"tokens":[{"token":"A","id":65,"score":0.731"#))
        #expect(found.contains(#"{"token":"B","id":66,"score":0.268"#) && !found.contains("outputs"))
    }
}
