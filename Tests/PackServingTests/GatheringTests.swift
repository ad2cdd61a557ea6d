import CPackSystem
import Foundation
import PackCore
import PackServing
import Testing

/// Requests of several clients that are computed together.
@Suite(.serialized) struct GatheringTests {
    /// For each text the sum of its ids; fails where an id is that of `!`, as a model does for one it does not know.
    private func sums(packs: Bool = true) -> FakePredictor {
        let engine = FakeEngine(task: .embedding, inputs: FakeEngine.textInputs, outputs: ["sentence_embedding"]) {
            engine in
            let ids = engine.integers(0)
            let ends = engine.textEnds.isEmpty ? [ids.count] : engine.textEnds
            return [
                ([ends.count, 1], zip([0] + ends, ends).map { Float(ids[$0..<$1].reduce(0, +)) })
            ]
        }
        engine.packsTexts = packs
        engine.refuses = { $0.integers(0).contains(33) }
        return FakePredictor(engine: engine, encoder: FakeEncoder())
    }

    /// What each request is answered together with the others: those that are gathered, then the rest by themselves.
    private func together(_ predictor: FakePredictor, _ requests: [String]) throws -> [String] {
        var places: [Int?] = []
        for request in requests {
            let bytes = Array(request.utf8)
            places.append(bytes.withUnsafeBytes { predictor.gather($0, isFirst: places.isEmpty) })
        }
        try predictor.compute()
        return try zip(requests, places).compactMap { request, place in
            guard let place else { return nil }
            let out = ByteBuffer()
            try Array(request.utf8).withUnsafeBytes { try predictor.answer($0, gathered: place, into: out) }
            return text(out)
        }
    }

    @Test func eachGetsItsPart() throws {
        let requests = [
            #"{"text":"ab"}"#, #"{"texts":["","abcd"]}"#, #"{"texts":["c"],"outputs":false}"#,
            #"{"text":"d","outputs":false}"#,
        ]
        let predictor = sums()
        #expect(try together(predictor, requests) == requests.map { try answer(sums(), $0) })
        #expect(predictor.engine.runs == 1)
        #expect(predictor.engine.textEnds == [4, 6, 12, 15, 18])
    }

    @Test func tensorsOfTokensToo() throws {
        let engine = FakeEngine(task: .hiddenState, inputs: FakeEngine.textInputs, outputs: ["hidden"]) { engine in
            let ids = engine.integers(0)
            return [([1, ids.count, 1], ids.map { Float($0) })]
        }
        engine.packsTexts = true
        let predictor = FakePredictor(engine: engine, encoder: FakeEncoder())
        let found = try together(predictor, [#"{"text":"abc"}"#, #"{"texts":["","b"]}"#])
        #expect(
            found == [
                #"{"outputs":{"hidden":{"shape":[1,5,1],"data":[1,97,98,99,2]}}}"# + "\n",
                #"{"outputs":{"hidden":{"shape":[2,3,1],"data":[1,2,0,1,98,2]}}}"# + "\n",
            ])
    }

    @Test func onlyTextsOfModestLengthAreGathered() throws {
        let predictor = sums()
        predictor.limits.gatheredTokens = 20
        func gather(_ request: String, isFirst: Bool = false) -> Int? {
            Array(request.utf8).withUnsafeBytes { predictor.gather($0, isFirst: isFirst) }
        }
        #expect(gather(#"{"text":"ab"}"#, isFirst: true) == 0)
        #expect(gather(#"{"inputs":{"input_ids":[[1]]}}"#) == nil)
        #expect(gather("nonsense") == nil)
        #expect(gather("{\"text\":\"\(String(repeating: "a", count: 81))\"}") == nil)
        #expect(gather("{\"texts\":[\"\(String(repeating: "a", count: 80))\"]}") == 1)
        #expect(gather(#"{"text":"ab"}"#) == nil)
        #expect(gather(#"{"text":"ab"}"#, isFirst: true) == 0)
        let padding = sums(packs: false)
        #expect(Array(#"{"text":"ab"}"#.utf8).withUnsafeBytes { padding.gather($0, isFirst: true) } == nil)
    }

    // MARK: Over HTTP

    private func send(_ body: String, _ client: RawClient) {
        client.send("POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    private func body(_ answer: String) -> String { answer.components(separatedBy: "\r\n\r\n").last ?? "" }

    @Test(arguments: [0, 30])
    func everyClientGetsItsAnswer(window: Int) throws {
        var limits = HTTPLimits()
        limits.batchWindow = window
        let server = try RunningServer(sums(), limits)
        defer { server.stop() }
        // Errors of reading and of computing, an empty text, a batch and tensors among them.
        let requests = [
            #"{"text":"ab","outputs":false}"#, "nonsense", #"{"texts":["c","dd"],"outputs":false}"#,
            #"{"text":"!","outputs":false}"#, #"{"text":"","outputs":false}"#,
            #"{"inputs":{"input_ids":[[1,2]],"attention_mask":[[1,1]],"token_type_ids":[[0,0]]}}"#,
            #"{"text":"e","outputs":["nope"]}"#, #"{"text":"f","outputs":false}"#,
        ]
        let alone = requests.map { request in
            do { return try answer(sums(), request) } catch let error as RequestError {
                let message = ByteBuffer()
                error.appendHTTPBody(to: message, scratch: ByteBuffer())
                return text(message)
            } catch { return "" }
        }
        let clients = requests.indices.map { _ in RawClient(server.port) }
        for _ in 0..<20 {
            for (request, client) in zip(requests, clients) { send(request, client) }
            for (index, client) in clients.enumerated() {
                let end = alone[index].contains("error") || requests[index].contains("inputs") ? "}}" : "}"
                #expect(body(client.read(until: end)) == alone[index], "\(requests[index])")
            }
        }
    }

    /// Together they are one run of the model; it begins when nobody is left who could send another.
    @Test func theWindowGathers() throws {
        var limits = HTTPLimits()
        limits.batchWindow = 10_000
        let predictor = sums()
        let engine = Box(predictor.engine)
        let server = try RunningServer(predictor, limits)
        let clients = (0..<5).map { _ in RawClient(server.port) }
        for (index, client) in clients.enumerated() { send("{\"text\":\"\(index)\",\"outputs\":false}", client) }
        for (index, client) in clients.enumerated() {
            #expect(body(client.read(until: "}")) == "{\"embedding\":[\(51 + index)]}\n")
        }
        server.stop()
        #expect(engine.value.runs == 1)
    }

    private final class Box: @unchecked Sendable {  // looked at when the server's thread has ended
        let value: FakeEngine
        init(_ value: FakeEngine) { self.value = value }
    }

    /// Nobody else is connected: there is nothing to wait for.
    @Test func aLoneClientDoesNotWait() throws {
        var limits = HTTPLimits()
        limits.batchWindow = 10_000
        let server = try RunningServer(sums(), limits)
        defer { server.stop() }
        let client = RawClient(server.port)
        for _ in 0..<3 {
            send(#"{"text":"a","outputs":false}"#, client)
            #expect(body(client.read(until: "}")) == "{\"embedding\":[100]}\n")
        }
        send(#"{"text":"a","outputs":false}"#, client)
        send(#"{"text":"b","outputs":false}"#, client)
        #expect(client.read(until: "101]}").contains("100]}"))
    }

    /// The window passes although another client is connected; one that hangs up while it waits harms nobody.
    @Test func theWindowPasses() throws {
        var limits = HTTPLimits()
        limits.batchWindow = 100
        let server = try RunningServer(sums(), limits)
        defer { server.stop() }
        let idle = RawClient(server.port)
        let client = RawClient(server.port)
        do { send(#"{"text":"x"}"#, RawClient(server.port)) }
        send(#"{"text":"a","outputs":false}"#, client)
        #expect(body(client.read(until: "}")) == "{\"embedding\":[100]}\n")
        send(#"{"text":"b","outputs":false}"#, idle)
        #expect(body(idle.read(until: "}")) == "{\"embedding\":[101]}\n")
    }
}
