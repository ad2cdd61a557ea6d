import Foundation
import PackLab
import PackServing
import Testing

/// The runtime's loop against the emulator's side of the Runtime API, in one process.
@Suite(.serialized) struct LambdaLoopTests {
    /// Gives the request back; fails for one of three bytes; answers `large` with 7 MB.
    private final class Echo: RequestHandler {
        func answer(_ body: UnsafeRawBufferPointer, into answer: ByteBuffer) throws(RequestError) {
            answer.clear()
            if body.count == 3 { throw RequestError(.noTexts) }
            answer.append(body)
            if body.count == 7 { for _ in 0..<(1 << 20) { answer.append("1234567") } }
            if answer.overflowed { throw RequestError(.answerTooLarge, expected: answer.limit) }
        }
    }

    private final class Loop: @unchecked Sendable {  // each member is written before, or read after, the thread signals
        let finished = DispatchSemaphore(value: 0)
        var end: LambdaEnd?

        init(_ address: String) throws {
            let bytes = Array(address.utf8)
            let endpoint = try #require(bytes.withUnsafeBytes { Endpoint($0) })
            Thread.detachNewThread { [self] in
                end = LambdaLoop(client: HTTPClient(endpoint, host: bytes), handler: Echo()).run()
                finished.signal()
            }
        }
    }

    private let api: RuntimeAPI
    private let loop: Loop

    init() throws {
        api = try RuntimeAPI(bodyLimit: 10 << 20)
        loop = try Loop(api.address)
    }

    /// Sends an event and returns the call that follows, which is answered with 202.
    private func send(_ event: String, deadline: Int64 = .max / 2) throws -> RuntimeAPI.Call {
        #expect(try api.call(nil, seconds: 5) == .next)
        api.answer(event: Array(event.utf8), id: "abc-1", deadline: deadline)
        let call = try api.call(nil, seconds: 5)
        api.answer(202, "{\"status\":\"OK\"}")
        return call
    }

    private func end() throws -> LambdaEnd? {
        #expect(try api.call(nil, seconds: 5) == .next)
        api.answer(500, "{}")
        loop.finished.wait()
        return loop.end
    }

    private func response(_ body: String) -> RuntimeAPI.Call { .response(id: "abc-1", body: Array(body.utf8)) }

    private func error(_ type: String, _ message: String) -> RuntimeAPI.Call {
        .error(
            id: "abc-1",
            body: Array("{\"errorType\":\"\(type)\",\"errorMessage\":\"\(message)\",\"stackTrace\":[]}".utf8))
    }

    @Test func answersAndErrors() throws {
        #expect(try send(#"{"text":"a"}"#) == response(#"{"text":"a"}"#))
        #expect(try send("abc") == error("InvalidRequest", "texts is empty"))
        #expect(try send("not JSON at all") == response("not JSON at all"))
        #expect(try send("") == response(""))
        #expect(
            try send("1234", deadline: 1)
                == error("DeadlinePassed", "the deadline passed before the request could be computed"))
        #expect(
            try send("seven77")
                == error(
                    "AnswerTooLarge",
                    "the answer is larger than 6291556 bytes; send fewer texts, or name the outputs that you need"))
        let large = "{\"text\":\"" + String(repeating: "x", count: 6_000_000) + "\"}"
        #expect(try send(large) == response(large))
        #expect(try end() == .refused(500))
    }

    @Test func eventsOfHTTPFrontEnds() throws {
        let envelope = { (status: Int, body: String) in
            response(
                "{\"statusCode\":\(status),\"headers\":{\"content-type\":\"application/json\"},\"isBase64Encoded\":false,\"body\":\"\(body)\"}"
            )
        }
        #expect(
            try send(
                #"{"version":"2.0","requestContext":{"http":{"method":"POST"}},"body":"{\"text\":\"é\"}","isBase64Encoded":false}"#
            )
                == envelope(200, #"{\"text\":\"é\"}"#))
        #expect(
            try send(#"{"body":"eyJ0ZXh0IjoiYSJ9","isBase64Encoded":true,"headers":{"a":[1,{"b":null}]}}"#)
                == envelope(200, #"{\"text\":\"a\"}"#))
        #expect(
            try send(#"{"httpMethod":"POST","body":"abc"}"#)
                == envelope(400, #"{\"error\":{\"type\":\"InvalidRequest\",\"message\":\"texts is empty\"}}\n"#))
        #expect(
            try send(#"{"httpMethod":"GET","body":null}"#)
                == envelope(
                    400, #"{\"error\":{\"type\":\"InvalidRequest\",\"message\":\"the HTTP request has no body\"}}\n"#))
        #expect(
            try send(#"{"body":"***","isBase64Encoded":true}"#)
                == envelope(
                    400,
                    #"{\"error\":{\"type\":\"InvalidRequest\",\"message\":\"the body of the event is not base64\"}}\n"#)
        )
        // A member named body alone does not make a front end.
        #expect(try send(#"{"body":"abcd"}"#) == response(#"{"body":"abcd"}"#))
        #expect(try end() == .refused(500))
    }

    @Test func refusedAnswersAreReported() throws {
        #expect(try api.call(nil, seconds: 5) == .next)
        api.answer(event: Array("1234".utf8), id: "abc-1", deadline: .max / 2)
        #expect(try api.call(nil, seconds: 5) == response("1234"))
        api.answer(413, "{}")
        #expect(
            try api.call(nil, seconds: 5)
                == error(
                    "AnswerTooLarge",
                    "the answer is larger than 6291556 bytes; send fewer texts, or name the outputs that you need"))
        api.answer(202, "{}")
        #expect(try end() == .refused(500))
    }

    @Test func startErrors() throws {
        let bytes = Array(api.address.utf8)
        let endpoint = try #require(bytes.withUnsafeBytes { Endpoint($0) })
        #expect(try end() == .refused(500))
        let finished = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            var message = "no model"
            message.withUTF8 {
                _ = reportInitError(
                    HTTPClient(endpoint, host: bytes), type: "Model.Missing", message: UnsafeRawBufferPointer($0))
            }
            finished.signal()
        }
        let expected = #"{"errorType":"Model.Missing","errorMessage":"no model","stackTrace":[]}"#
        #expect(try api.call(nil, seconds: 5) == .initError(body: Array(expected.utf8)))
        api.answer(202, "{}")
        finished.wait()
    }

    @Test(arguments: [
        ("127.0.0.1:9001", true), ("localhost:80", true), ("10.0.0.1", true), ("", false), ("256.0.0.1:1", false),
        ("1.2.3:4", false), ("1.2.3.4:0", false), ("1.2.3.4:65536", false), ("1.2.3.4.5:1", false),
        ("example.org:80", false),
        ("1.2.3.4:", false), ("::1", false),
    ])
    func endpoints(text: String, isValid: Bool) throws {
        #expect((Array(text.utf8).withUnsafeBytes { Endpoint($0) } != nil) == isValid)
        _ = try end()
    }
}
