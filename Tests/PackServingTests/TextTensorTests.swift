import PackCore
import PackServing
import Testing

/// Requests with tensors of texts, and answers with them.
@Suite struct TextTensorTests {
    /// A model that gives back its texts in the opposite order.
    private func predictor(rank: Int = 2) -> Predictor<FakeEngine, FakeEncoder> {
        let input = FakeEngine.Port(
            name: Array("x".utf8), type: .string, dimensions: Array(repeating: nil, count: rank))
        let engine = FakeEngine(task: .tensors, inputs: [input], outputs: ["y"]) { engine in
            [(engine.shapes[0], engine.integers(0).map { Float($0) }.reversed())]
        }
        engine.outputs[0].type = .string
        return Predictor(engine: engine, encoder: nil)
    }

    @Test(arguments: [
        (#"[["a","b"],["c",""]]"#, "[2,2]", #"["","c","b","a"]"#),
        (#"{"shape":[1,3],"data":["é","\u00e9\n","\ud83d\ude00"]}"#, "[1,3]", #"["😀","é\n","é"]"#),
        (#"[["\"\\"]]"#, "[1,1]", #"["\"\\"]"#),
    ])
    func answers(input: String, shape: String, data: String) throws {
        let found = try answer(predictor(), #"{"inputs":{"x":\#(input)}}"#)
        #expect(found == #"{"outputs":{"y":{"shape":\#(shape),"data":\#(data)}}}"# + "\n")
    }

    @Test func takesScalars() throws {
        let found = try answer(predictor(rank: 0), #"{"inputs":{"x":"a"}}"#)
        #expect(found == #"{"outputs":{"y":{"shape":[],"data":["a"]}}}"# + "\n")
    }

    @Test(
        arguments: [
            ("[[1]]", .wrongType), (#"[["a",1]]"#, .wrongType), (#"[["a",true]]"#, .wrongType),
            (#"[["a"],["b","c"]]"#, .ragged),
            (#"["a"]"#, .wrongRank), (#"[["a",["b"]]]"#, .ragged), (#"{"shape":[1,2],"data":["a"]}"#, .wrongCount),
            (#"{"shape":[1,1],"data":[1]}"#, .wrongType), ("[[null]]", .wrongType), ("[[]]", .emptyAxis),
        ] as [(String, RequestError.Kind)])
    func refuses(input: String, kind: RequestError.Kind) throws {
        let predictor = predictor()
        #expect {
            try answer(predictor, #"{"inputs":{"x":\#(input)}}"#)
        } throws: { error in
            (error as? RequestError)?.kind == kind
        }
        #expect(try answer(predictor, #"{"inputs":{"x":[["a"]]}}"#).contains(#"["a"]"#))
    }

    @Test func refusesBytesThatAreNoText() {
        let request = Array(#"{"inputs":{"x":[[""#.utf8) + [0xFF] + Array(#""]]}}"#.utf8)
        let predictor = predictor()
        var found: RequestError?
        request.withUnsafeBytes { bytes in
            do throws(RequestError) { try predictor.answer(bytes, into: ByteBuffer()) } catch { found = error }
        }
        #expect(found?.kind == .badText && found?.status == 400)
    }

    @Test func refusesTextsForNumbers() throws {
        let input = FakeEngine.Port(name: Array("x".utf8), type: .f32, dimensions: [nil])
        let engine = FakeEngine(task: .tensors, inputs: [input], outputs: ["y"]) { engine in [([1], [0])] }
        #expect {
            try answer(Predictor<FakeEngine, FakeEncoder>(engine: engine, encoder: nil), #"{"inputs":{"x":["1"]}}"#)
        } throws: { error in
            (error as? RequestError)?.kind == .wrongType
        }
    }
}
