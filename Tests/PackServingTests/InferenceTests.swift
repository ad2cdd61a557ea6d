import CPackSystem
import Foundation
import PackCore
import PackServing
import Testing

/// The Open Inference Protocol over REST, with and without binary data.
@Suite(.serialized) struct InferenceTests {
    /// y = 2x, rows of two numbers.
    static func doubling(_ type: DType = .f32) -> FakePredictor {
        let input = FakeEngine.Port(name: Array("x".utf8), type: type, dimensions: [nil, 2])
        let engine = FakeEngine(task: .tensors, inputs: [input], outputs: ["y"]) { engine in
            [(engine.shapes[0], engine.floats(0).map { $0 * 2 })]
        }
        engine.outputs[0].dimensions = [nil, 2]
        return FakePredictor(engine: engine, encoder: nil)
    }

    static func classifier() -> FakePredictor {
        let engine = FakeEngine(task: .classification, inputs: FakeEngine.textInputs, outputs: ["logits"]) { engine in
            let (rows, columns) = (engine.shapes[0][0], engine.shapes[0][1])
            let ids = engine.integers(0)
            return [([rows, 2], (0..<rows).flatMap { [0, ids[$0 * columns + 1] == 97 ? 20 : -20] as [Float] })]
        }
        engine.labels = [Array("no".utf8), Array("yes".utf8)]
        engine.outputs[0].dimensions = [nil, 2]
        return FakePredictor(engine: engine, encoder: FakeEncoder())
    }

    /// An answer's status, headers and body.
    struct Answer {
        var status = ""
        var head = ""
        var body: [UInt8] = []
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    private func ask(
        _ predictor: FakePredictor, _ path: String = "/v2/models/m/infer", _ body: [UInt8]? = nil, header: Int? = nil,
        method: String? = nil
    ) throws -> Answer {
        let server = try RunningServer(service: InferenceService(predictor, modelName: Array("m".utf8)))
        defer { server.stop() }
        let client = RawClient(server.port)
        return exchange(client, path, body, header: header.map { "Inference-Header-Content-Length: \($0)\r\n" }, method)
    }

    private func exchange(
        _ client: RawClient, _ path: String, _ body: [UInt8]?, header: String? = nil, _ method: String? = nil
    ) -> Answer {
        let method = method ?? (body == nil ? "GET" : "POST")
        let length = body.map { "Content-Length: \($0.count)\r\n" } ?? ""
        client.send(
            Array("\(method) \(path) HTTP/1.1\r\nHost: a\r\n\(length)\(header ?? "")\r\n".utf8) + (body ?? []))
        return Self.parse(client.readAnswer())
    }

    static func parse(_ bytes: [UInt8]) -> Answer {
        let end = bytes.firstRange(of: Array("\r\n\r\n".utf8))?.lowerBound ?? bytes.count
        let head = String(decoding: bytes[..<end], as: UTF8.self)
        return Answer(
            status: String(head.dropFirst(9).prefix(3)), head: head, body: Array(bytes[min(end + 4, bytes.count)...]))
    }

    private func floats(_ values: [Float]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

    // MARK: What is there

    @Test func metadataAndHealth() throws {
        let cases = [
            ("/v2", #"{"name":"pack","version":"0.1.0","extensions":["binary_tensor_data"]}"#),
            ("/v2/", #"{"name":"pack","version":"0.1.0","extensions":["binary_tensor_data"]}"#),
            ("/v2/health/live", #"{"live":true}"#), ("/v2/health/ready", #"{"ready":true}"#),
            ("/v2/models/m/ready", #"{"name":"m","ready":true}"#),
            ("/v2/models/%6D/versions/1/ready", #"{"name":"m","ready":true}"#),
            (
                "/v2/models/m/versions/1",
                #"{"name":"m","versions":["1"],"platform":"pack","inputs":[{"name":"x","datatype":"FP32","shape":[-1,2]}],"#
                    + #""outputs":[{"name":"y","datatype":"FP32","shape":[-1,2]}]}"#
            ),
        ]
        for (path, expected) in cases {
            let found = try ask(Self.doubling(), path)
            #expect(found.status == "200" && found.text == expected, "\(path): \(found)")
        }
        let texts = try ask(Self.classifier(), "/v2/models/m").text
        #expect(texts.contains(#""inputs":[{"name":"text","datatype":"BYTES","shape":[-1]}]"#))
        #expect(
            texts.contains(
                #""outputs":[{"name":"label","datatype":"BYTES","shape":[-1]},{"name":"score","datatype":"FP32","shape":[-1]}]"#
            ))
    }

    @Test(arguments: [
        ("GET", "/v2/models/n", "404"), ("GET", "/v2/models/m/versions/2", "404"),
        ("GET", "/v2/models/mm/ready", "404"),
        ("GET", "/v2/nothing", "404"), ("GET", "/v2/models/m/infer", "405"), ("POST", "/v2/health/live", "405"),
        ("POST", "/metrics", "405"), ("GET", "/v2/models/%", "404"), ("GET", "/v2/models/%zz/ready", "404"),
        ("GET", "/v2/models/", "404"), ("GET", "/v22", "404"), ("POST", "/v2/models/m/infer/more", "404"),
        ("HEAD", "/v2/health/ready", "200"), ("GET", "/health", "200"),
    ])
    func paths(method: String, path: String, status: String) throws {
        let found = try ask(Self.doubling(), path, method == "POST" ? [] : nil, method: method)
        #expect(found.status == status, "\(found)")
        if status != "200", path.hasPrefix("/v2/") {
            let error = try JSONSerialization.jsonObject(with: Data(found.body)) as? [String: Any]
            #expect(error?["error"] is String, "\(found)")
        }
    }

    // MARK: Inference

    @Test(arguments: ["[1,2,3,4]", "[[1,2],[3,4]]", "[[[1],[2]],3,4]"])
    func tensors(data: String) throws {
        let body =
            #"{"id":"é\"1","inputs":[{"name":"x","shape":[2,2],"datatype":"FP32","data":\#(data)}],"more":{"a":[1]}}"#
        let found = try ask(Self.doubling(), "/v2/models/m/versions/1/infer", Array(body.utf8))
        #expect(found.status == "200")
        #expect(
            found.text
                == #"{"model_name":"m","model_version":"1","id":"é\"1","outputs":[{"name":"y","datatype":"FP32","#
                + #""shape":[2,2],"data":[2,4,6,8]}]}"#)
    }

    @Test func binaryTensors() throws {
        let json =
            #"{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}],"#
            + #""outputs":[{"name":"y","parameters":{"binary_data":true}},{"name":"y","parameters":{"binary_data":false}}]}"#
        let found = try ask(
            Self.doubling(), "/v2/models/m/infer", Array(json.utf8) + floats([1.5, -2]), header: json.utf8.count)
        #expect(found.status == "200", "\(found)")
        let expected =
            #"{"model_name":"m","model_version":"1","outputs":[{"name":"y","datatype":"FP32","shape":[1,2],"parameters":{"binary_data_size":8}},"#
            + #"{"name":"y","datatype":"FP32","shape":[1,2],"data":[3,-4]}]}"#
        #expect(found.body == Array(expected.utf8) + floats([3, -4]))
        #expect(found.head.contains("Inference-Header-Content-Length: \(expected.utf8.count)"))
        #expect(found.head.contains("Content-Type: application/octet-stream"))
    }

    @Test func textsAndWhatIsMadeOfThem() throws {
        let json = #"{"inputs":[{"name":"text","shape":[3],"datatype":"BYTES","data":["a","b","ab"]}]}"#
        let found = try ask(Self.classifier(), "/v2/models/m/infer", Array(json.utf8)).text
        #expect(
            found
                == #"{"model_name":"m","model_version":"1","outputs":[{"name":"label","datatype":"BYTES","shape":[3],"#
                + #""data":["yes","no","yes"]},{"name":"score","datatype":"FP32","shape":[3],"data":[1,1,1]}]}"#)
        let binary =
            #"{"parameters":{"binary_data_output":true},"inputs":[{"name":"text","shape":[1,1],"datatype":"BYTES","#
            + #""parameters":{"binary_data_size":5}}],"outputs":[{"name":"label"}]}"#
        let answer = try ask(
            Self.classifier(), "/v2/models/m/infer", Array(binary.utf8) + [1, 0, 0, 0, 0x61], header: binary.utf8.count)
        #expect(Array(answer.body.suffix(7)) == [3, 0, 0, 0] + Array("yes".utf8))
        let embedding = #"{"inputs":[{"name":"text","shape":[2],"datatype":"BYTES","data":["abc","d"]}]}"#
        #expect(
            try ask(embeddingPredictor(), "/v2/models/m/infer", Array(embedding.utf8)).text.contains(
                #"{"name":"embedding","datatype":"FP32","shape":[2,3],"data":[2,5,297,2,5,103]}"#))
    }

    /// Named outputs of the model stand beside what is made of them; the model's own inputs are taken as well.
    @Test func tensorsOfTextModels() throws {
        let named =
            #"{"inputs":[{"name":"text","shape":[1],"datatype":"BYTES","data":["a"]}],"outputs":[{"name":"logits"}]}"#
        #expect(
            try ask(Self.classifier(), "/v2/models/m/infer", Array(named.utf8)).text.contains(
                #"{"name":"logits","datatype":"FP32","shape":[1,2],"data":[0,20]}"#))
        let inputs = ["input_ids", "attention_mask", "token_type_ids"].map {
            #"{"name":"\#($0)","shape":[1,2],"datatype":"INT64","data":[1,97]}"#
        }.joined(separator: ",")
        #expect(
            try ask(Self.classifier(), "/v2/models/m/infer", Array(#"{"inputs":[\#(inputs)]}"#.utf8)).text.contains(
                #""outputs":[{"name":"logits","datatype":"FP32","shape":[1,2],"data":[0,20]}]"#))
    }

    // MARK: What is refused

    /// One named fault each; the next request on the same connection is served.
    @Test(arguments: [
        ("no JSON", "{nonsense", "not JSON"), ("a word", "nonsense", "an object is expected"),
        ("an array", "[]", "an object is expected"),
        ("no inputs", "{}", "needs inputs"),
        ("empty inputs", #"{"inputs":[]}"#, "needs inputs"),
        ("inputs no array", #"{"inputs":{}}"#, "\"inputs\" must be an array of objects"),
        ("id no string", #"{"id":1,"inputs":[]}"#, "\"id\" must be a string"),
        ("inputs twice", #"{"inputs":[],"inputs":[]}"#, "\"inputs\" is given twice"),
        ("no name", #"{"inputs":[{"shape":[1,2],"datatype":"FP32","data":[1,2]}]}"#, "needs name, shape and datatype"),
        ("no data", #"{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32"}]}"#, "needs either data or"),
        (
            "name twice", #"{"inputs":[{"name":"x","name":"x","shape":[1,2],"datatype":"FP32","data":[1,2]}]}"#,
            "\"name\" is given twice"
        ),
        (
            "both data",
            #"{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2],"parameters":{"binary_data_size":0}}]}"#,
            "needs either data or"
        ),
        (
            "unknown input", #"{"inputs":[{"name":"z","shape":[1,2],"datatype":"FP32","data":[1,2]}]}"#,
            #"no input "z"; it has x"#
        ),
        (
            "input twice",
            #"{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2]},{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2]}]}"#,
            "is given twice"
        ),
        (
            "unknown output",
            #"{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2]}],"outputs":[{"name":"z"}]}"#,
            #"no output "z"; it has y"#
        ),
        (
            "datatype", #"{"inputs":[{"name":"x","shape":[1,2],"datatype":"INT64","data":[1,2]}]}"#,
            #"the datatype of input "x" must be FP32, at byte 48"#
        ),
        (
            "rank", #"{"inputs":[{"name":"x","shape":[2],"datatype":"FP32","data":[1,2]}]}"#,
            #"input "x" has 1 axes, the model takes 2"#
        ),
        (
            "extent", #"{"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":[1,2,3]}]}"#,
            "extent 3, expected 2"
        ),
        (
            "negative", #"{"inputs":[{"name":"x","shape":[-1,2],"datatype":"FP32","data":[1,2]}]}"#,
            "must be at most 8 extents"
        ),
        (
            "fraction", #"{"inputs":[{"name":"x","shape":[1.5,2],"datatype":"FP32","data":[1,2]}]}"#,
            "must be at most 8 extents"
        ),
        (
            "text", #"{"inputs":[{"name":"x","shape":["1",2],"datatype":"FP32","data":[1,2]}]}"#,
            "must be at most 8 extents"
        ),
        (
            "nine axes", #"{"inputs":[{"name":"x","shape":[1,1,1,1,1,1,1,1,2],"datatype":"FP32","data":[1,2]}]}"#,
            "must be at most 8 extents"
        ),
        (
            "overflow",
            #"{"inputs":[{"name":"x","shape":[1099511627775,1099511627775],"datatype":"FP32","data":[1,2]}]}"#,
            "must be at most 8 extents"
        ),
        (
            "huge", #"{"inputs":[{"name":"x","shape":[1000000000,2],"datatype":"FP32","data":[1,2]}]}"#,
            "has 2 elements, its shape needs 2000000000"
        ),
        (
            "too few", #"{"inputs":[{"name":"x","shape":[2,2],"datatype":"FP32","data":[1,2,3]}]}"#,
            "has 3 elements, its shape needs 4"
        ),
        ("empty", #"{"inputs":[{"name":"x","shape":[0,2],"datatype":"FP32","data":[]}]}"#, "is empty"),
        (
            "strings", #"{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":["1","2"]}]}"#,
            "a number is expected"
        ),
        ("truncated", #"{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,"#, "ends too early"),
        (
            "binary without bytes",
            #"{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}]}"#,
            "says 8 bytes of binary data, of which the body has 0"
        ),
        (
            "size too large",
            #"{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":9223372036854775807}}]}"#,
            "says 9223372036854775807 bytes"
        ),
        (
            "size beyond numbers",
            #"{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":99999999999999999999}}]}"#,
            "must be a number of bytes"
        ),
        (
            "negative size",
            #"{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":-1}}]}"#,
            "must be a number of bytes"
        ),
        ("flag", #"{"inputs":[],"parameters":{"binary_data_output":1}}"#, "must be true or false"),
        ("output without name", #"{"inputs":[],"outputs":[{}]}"#, "an output needs a name"),
        (
            "text for tensors", #"{"inputs":[{"name":"text","shape":[1],"datatype":"BYTES","data":["a"]}]}"#,
            #"no input "text""#
        ),
    ])
    func refuses(name: String, body: String, message: String) throws {
        let server = try RunningServer(service: InferenceService(Self.doubling(), modelName: Array("m".utf8)))
        defer { server.stop() }
        let client = RawClient(server.port)
        let found = exchange(client, "/v2/models/m/infer", Array(body.utf8))
        let error = try JSONSerialization.jsonObject(with: Data(found.body)) as? [String: Any]
        let said = try #require(error?["error"] as? String)
        #expect(found.status == "400" && said.contains(message), "\(name): \(found)")
        let good = #"{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2]}]}"#
        #expect(exchange(client, "/v2/models/m/infer", Array(good.utf8)).status == "200")
    }

    @Test func deepNesting() throws {
        let deep = String(repeating: "[", count: 100_000)
        for body in [
            #"{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":\#(deep)"#, #"{"more":\#(deep)"#,
            #"{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[[[[[[[[[[1,2]]]]]]]]]]}]}"#,
        ] {
            let found = try ask(Self.doubling(), "/v2/models/m/infer", Array(body.utf8))
            #expect(found.status == "400", "\(found.text)")
        }
    }

    @Test(arguments: [
        ("Inference-Header-Content-Length: 9999\r\n"), ("Inference-Header-Content-Length: -1\r\n"),
        ("Inference-Header-Content-Length: 1e2\r\n"), ("Inference-Header-Content-Length:\r\n"),
        ("Inference-Header-Content-Length: 99999999999999999999999\r\n"),
        ("Inference-Header-Content-Length: 2\r\ninference-header-content-length: 2\r\n"),
    ])
    func headers(header: String) throws {
        let server = try RunningServer(service: InferenceService(Self.doubling(), modelName: Array("m".utf8)))
        defer { server.stop() }
        let client = RawClient(server.port)
        let found = exchange(client, "/v2/models/m/infer", Array("{}".utf8), header: header)
        #expect(found.status == "400" && found.text.contains("Inference-Header-Content-Length must"), "\(found)")
        #expect(exchange(client, "/v2/health/live", nil).status == "200")
    }

    /// Sizes that do not fit the shape, bytes that nobody claims, and elements that end too early.
    @Test(arguments: [
        (
            #"{"name":"x","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":4}}"#, 4,
            "has 4 bytes of binary data, its shape and datatype need 8"
        ),
        (
            #"{"name":"x","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}"#, 9,
            "9 bytes follow the JSON object, the inputs account for 8"
        ),
        (#"{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2]}"#, 1, "1 bytes follow the JSON object"),
    ])
    func binarySizes(input: String, extra: Int, message: String) throws {
        let json = #"{"inputs":[\#(input)]}"#
        let found = try ask(
            Self.doubling(), "/v2/models/m/infer", Array(json.utf8) + [UInt8](repeating: 0, count: extra),
            header: json.utf8.count)
        #expect(found.status == "400" && found.text.contains(message), "\(found)")
    }

    @Test(
        arguments: [
            ([1, 0, 0], "ends within an element, at its byte 0"), ([2, 0, 0, 0, 97], "ends within an element"),
            ([255, 255, 255, 255, 97], "ends within an element"), ([1, 0, 0, 0, 97, 0], "at its byte 5"),
            ([1, 0, 0, 0, 97, 0, 0, 0, 0], "has 2 elements, its shape needs 1"),
            ([], "has 0 elements, its shape needs 1"),
        ] as [([UInt8], String)])
    func binaryTexts(bytes: [UInt8], message: String) throws {
        let json =
            #"{"inputs":[{"name":"text","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":\#(bytes.count)}}]}"#
        let found = try ask(
            Self.classifier(), "/v2/models/m/infer", Array(json.utf8) + bytes, header: json.utf8.count)
        #expect(found.status == "400" && found.text.contains(message), "\(found)")
    }

    /// Bodies cut, repeated and changed at random; each gets an answer, and the server lives on.
    @Test func randomBodies() throws {
        let server = try RunningServer(service: InferenceService(Self.classifier(), modelName: Array("m".utf8)))
        defer { server.stop() }
        let json =
            #"{"id":"1","parameters":{"binary_data_output":true},"inputs":[{"name":"text","shape":[1],"datatype":"BYTES","#
            + #""parameters":{"binary_data_size":5}}],"outputs":[{"name":"label","parameters":{"binary_data":false}}]}"#
        let sample = Array(json.utf8) + [1, 0, 0, 0, 97]
        var random = SystemRandomNumberGenerator()
        let client = RawClient(server.port)
        for _ in 0..<2000 {
            var bytes = sample
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let length = json.utf8.count + Int.random(in: -1...1, using: &random)
            let found = exchange(
                client, "/v2/models/m/infer", bytes, header: "Inference-Header-Content-Length: \(length)\r\n")
            #expect(["200", "400", "413"].contains(found.status), "\(found) for \(bytes)")
        }
    }
}
