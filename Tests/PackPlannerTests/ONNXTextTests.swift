import Glibc
import PackCore
import PackFormats
import PackGraph
import PackIO
import PackImport
import PackPasses
import PackPlanner
import PackRuntime
import Testing
import WireBuilding

/// Operators of ONNX files on texts, from the file to the answer.
@Suite struct ONNXTextTests {
    /// The import of a node with inputs of type string and these shapes.
    private func load(
        _ op: String, domain: String = "", inputs: [[Int?]] = [[nil]], outputs: [String] = ["y"],
        type: ONNXElementType = .string,
        _ attributes: (inout WireBuilder) -> Void = { _ in }
    ) throws -> ONNXImport {
        let names = inputs.indices.map { "x\($0)" }
        let bytes = WireBuilder.model(opset: 20) { graph in
            graph.node(op, names, outputs) {
                $0.text(7, domain)
                attributes(&$0)
            }
            for (name, shape) in zip(names, inputs) { Self.port(&graph, name, shape, type) }
            for output in outputs where !output.isEmpty { graph.message(12) { $0.text(1, output) } }
        }
        let folder = try TemporaryFolder()
        let path = folder.path + "/model.onnx"
        let stream = try #require(fopen(path, "wb"))
        #expect(fwrite(bytes, 1, bytes.count, stream) == bytes.count)
        fclose(stream)
        return try ONNXImport.load(path)
    }

    private static func port(_ graph: inout WireBuilder, _ name: String, _ shape: [Int?], _ type: ONNXElementType) {
        graph.message(11) { port in
            port.text(1, name)
            port.message(2) { value in
                value.message(1) { tensor in
                    tensor.int(1, type.rawValue)
                    tensor.message(2) { list in
                        for extent in shape { list.message(1) { if let extent { $0.int(1, extent) } } }
                    }
                }
            }
        }
    }

    private func session(_ onnx: ONNXImport) throws -> Session {
        try Session(try PassPipeline.standard.run(try onnx.runnable()).graph)
    }

    @Test func changesCaseAsUnicodeDoes() throws {
        let upper = try session(load("StringNormalizer") { $0.attribute("case_change_action", text: "UPPER") })
        let texts = TextValue("straße", "ﬃ", "éΣς", "ŉ", "青", "ǆ", "")
        #expect(try upper.answer(texts: [texts])[0].strings == ["STRASSE", "FFI", "ÉΣΣ", "ʼN", "青", "Ǆ", ""])
        let lower = try session(
            load("StringNormalizer") {
                $0.attribute("case_change_action", text: "LOWER")
                $0.attribute("stopwords", texts: ["DER", "é"])
            })
        let answer = try lower.answer(texts: [TextValue("der", "Der", "É", "Rest", "İ")])
        #expect(answer[0].strings == ["rest", "i\u{307}"])
        #expect(try lower.answer(texts: [TextValue("der")])[0].value == TextValue(""))
    }

    @Test func dropsInAnyCase() throws {
        let any = try session(load("StringNormalizer") { $0.attribute("stopwords", texts: ["Der"]) })
        #expect(try any.answer(texts: [TextValue("DER", "Fuß", "der")])[0].strings == ["Fuß"])
        let exact = try session(
            load("StringNormalizer") {
                $0.attribute("stopwords", texts: ["Der"])
                $0.attribute("is_case_sensitive", number: 1)
            })
        #expect(try exact.answer(texts: [TextValue("DER", "Der", "der")])[0].strings == ["DER", "der"])
    }

    @Test func encodesLabels() throws {
        let onnx = try load("LabelEncoder", domain: "ai.onnx.ml") {
            $0.attribute("keys_strings", texts: ["a", "é"])
            $0.attribute("values_strings", texts: ["first", "second"])
            $0.attribute("default_string", text: "other")
        }
        let answer = try session(onnx).answer(texts: [TextValue("é", "a", "e\u{301}", "")])
        #expect(answer[0].strings == ["second", "first", "other", "other"])
        let older = try load("LabelEncoder", domain: "ai.onnx.ml") {
            $0.attribute("classes_strings", texts: ["a", "b"])
        }
        #expect(try session(older).answer(texts: [TextValue("b", "c", "a")])[0].integers == [1, -1, 0])
        let mapper = try load("CategoryMapper", domain: "ai.onnx.ml") {
            $0.attribute("cats_strings", texts: ["a", "b"])
            $0.attribute("cats_int64s", numbers: [7, 9])
            $0.attribute("default_int64", number: 5)
        }
        #expect(try session(mapper).answer(texts: [TextValue("b", "c", "a")])[0].integers == [9, 5, 7])
    }

    @Test func encodesCategories() throws {
        let onnx = try load("OneHotEncoder", domain: "ai.onnx.ml", inputs: [[nil, 2]]) {
            $0.attribute("cats_strings", texts: ["a", "b"])
        }
        let answer = try session(onnx).answer(texts: [TextValue([1, 2], ["b", "c"])])
        #expect(answer[0].shape == [1, 2, 2] && answer[0].floats == [0, 1, 0, 0])
    }

    @Test func countsTerms() throws {
        let onnx = try load("TfIdfVectorizer", inputs: [[nil, nil]]) {
            $0.attribute("mode", text: "TFIDF")
            $0.attribute("min_gram_length", number: 1)
            $0.attribute("max_gram_length", number: 2)
            $0.attribute("max_skip_count", number: 1)
            $0.attribute("pool_strings", texts: ["a", "b", "a", "b", "b", "b"])
            $0.attribute("ngram_counts", numbers: [0, 2])
            $0.attribute("ngram_indexes", numbers: [2, 0, 3, 1])
            $0.attribute("weights", floats: [1, 2, 0.5, 10])
        }
        let answer = try session(onnx).answer(texts: [TextValue([2, 4], ["a", "b", "b", "c", "c", "c", "", "b"])])
        // Row 0: b twice, "b b" once, a once, "a b" next to each other and with one between.
        #expect(answer[0].shape == [2, 4] && answer[0].floats == [2, 2, 0.5, 20, 1, 0, 0, 0])
        #expect(try session(onnx).answer(texts: [TextValue([3, 0], [])])[0].floats == Array(repeating: 0, count: 12))
    }

    @Test func cutsInTokens() throws {
        let onnx = try load("Tokenizer", domain: "com.microsoft") {
            $0.attribute("separators", texts: [" ", "-+"])
            $0.attribute("mark", number: 1)
            $0.attribute("mincharnum", number: 2)
            $0.attribute("pad_value", text: "#")
        }
        let answer = try session(onnx).answer(texts: [TextValue("ab c--de", "x")])
        #expect(answer[0].value == TextValue([2, 4], ["\u{2}", "ab", "de", "\u{3}", "\u{2}", "\u{3}", "#", "#"]))
        let scalars = try load("Tokenizer", domain: "com.microsoft") {
            $0.attribute("separators", texts: [""])
            $0.attribute("pad_value", text: "#")
        }
        #expect(try session(scalars).answer(texts: [TextValue("é\n", "x")])[0].strings == ["é", "\n", "x", "#"])
    }

    @Test func splitsForCountsAlone() throws {
        let onnx = try load("StringSplit", outputs: ["", "n"]) { $0.attribute("delimiter", text: ",") }
        #expect(try session(onnx).answer(texts: [TextValue("a,b", "")]).last?.integers == [2, 1])
    }

    @Test func readsNumbers() throws {
        let numbers = try load("Cast") { $0.attribute("to", number: 1) }
        let answer = try session(numbers).answer(texts: [
            TextValue("3.14", " 1e3\n", "-INF", "+inf", "NaN", "+7", "-0", "1E-50")
        ])[0].floats
        #expect(answer[..<4] == [3.14, 1000, -.infinity, .infinity] && answer[4].isNaN)
        #expect(answer[5...] == [7, 0, 0])
        let whole = try session(load("Cast") { $0.attribute("to", number: 7) })
        let texts = TextValue("42", "-7", "100.9", "-1e3", "9223372036854775807", "-9223372036854775808")
        #expect(try whole.answer(texts: [texts])[0].integers == [42, -7, 100, -1000, .max, .min])
        for bad in ["", "x", "1 2", "--1", "+-1", "1e", "0x10", "1_0", "9223372036854775808", "nan", "inf", "-", "+"] {
            #expect(throws: RuntimeError.self, "\(bad)") { try whole.answer(texts: [TextValue(bad)]) }
        }
    }

    @Test func writesIntegers() throws {
        let onnx = try load("Cast", inputs: [[3]], type: .int64) { $0.attribute("to", number: 8) }
        let session = try session(onnx)
        try session.setInputShape(0, [3])
        try session.prepare()
        for (index, value) in [Int64.min, 0, 120].enumerated() {
            session.inputBytes(0).storeBytes(of: value, toByteOffset: index * 8, as: Int64.self)
        }
        try session.run()
        let codes = session.outputBytes(0).bindMemory(to: Int64.self)
        #expect(
            codes.map { String(decoding: session.text($0), as: UTF8.self) } == ["-9223372036854775808", "0", "120"])
    }

    @Test func givesFixedTexts() throws {
        let onnx = try load("Constant", inputs: []) { $0.attribute("value_strings", texts: ["a", "", "é"]) }
        #expect(try session(onnx).answer(texts: [])[0].strings == ["a", "", "é"])
        let one = try load("Constant", inputs: []) { $0.attribute("value_string", text: "x") }
        #expect(try session(one).answer(texts: [])[0].value == TextValue([], ["x"]))
    }

    @Test(
        arguments: [
            ("RegexFullMatch", "", ("pattern", "(?=a)b")), ("Cast", "", ("to", "BOOL")),
            ("StringNormalizer", "", ("case_change_action", "TITLE")),
            ("Add", "", ("x", "y")), ("Tokenizer", "com.microsoft", ("tokenexp", "(a")),
            ("LabelEncoder", "ai.onnx.ml", ("x", "y")),
            ("TfIdfVectorizer", "", ("mode", "TF")), ("DictVectorizer", "ai.onnx.ml", ("x", "y")),
            ("Unique", "", ("x", "y")),
            ("Scaler", "ai.onnx.ml", ("x", "y")),
        ] as [(String, String, (String, String))])
    func refuses(op: String, domain: String, attribute: (String, String)) throws {
        let onnx = try load(op, domain: domain, inputs: op == "Add" ? [[nil], [nil]] : [[nil]]) {
            $0.attribute(attribute.0, text: attribute.1)
        }
        #expect(onnx.problems.contains { $0.op.hasSuffix(op) })
    }

    @Test func refusesTextsThatAreNotUTF8() throws {
        let onnx = try load("Constant", inputs: []) { node in
            node.message(5) {
                $0.text(1, "value_string")
                $0.data(4, [0x61, 0xFF])
                $0.int(20, 3)
            }
        }
        #expect(onnx.problems.first?.found.contains("UTF-8") ?? false)
    }
}

extension WireBuilder {
    fileprivate mutating func attribute(_ name: String, text: String) {
        message(5) {
            $0.text(1, name)
            $0.text(4, text)
            $0.int(20, 3)
        }
    }

    fileprivate mutating func attribute(_ name: String, texts: [String]) {
        message(5) { attribute in
            attribute.text(1, name)
            for text in texts { attribute.text(9, text) }
            attribute.int(20, 8)
        }
    }

    fileprivate mutating func attribute(_ name: String, number: Int) {
        message(5) {
            $0.text(1, name)
            $0.int(3, number)
            $0.int(20, 2)
        }
    }

    fileprivate mutating func attribute(_ name: String, numbers: [Int]) {
        message(5) {
            $0.text(1, name)
            $0.packed(8, numbers)
            $0.int(20, 7)
        }
    }

    fileprivate mutating func attribute(_ name: String, floats: [Float]) {
        message(5) { attribute in
            attribute.text(1, name)
            for value in floats { attribute.float(7, value) }
            attribute.int(20, 6)
        }
    }
}
