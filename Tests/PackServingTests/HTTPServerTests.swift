import Foundation
import PackServing
import Testing

@Suite(.serialized) struct HTTPServerTests {
    private func exchange(_ request: String, _ limits: HTTPLimits = HTTPLimits()) throws -> String {
        let server = try RunningServer(limits)
        defer { server.stop() }
        let client = RawClient(server.port)
        client.send(request)
        client.endSending()
        return client.read()
    }

    private func status(_ answer: String) -> String {
        String(answer.prefix { $0 != "\r" && $0 != "\r\n" }.dropFirst(9).prefix(3))
    }

    @Test func keepsConnectionsAndAnswersInOrder() throws {
        let server = try RunningServer()
        defer { server.stop() }
        let client = RawClient(server.port)
        client.send("POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12345")
        #expect(client.read(until: "}").contains("{\"bytes\":5}"))
        client.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\nHEAD /health HTTP/1.1\r\nHost: a\r\n\r\n")
        client.send("POST /predict?x=1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n")
        client.send("1\r\nd\r\n0\r\nTrailer: 1\r\n\r\n")
        let all = client.read(until: "bytes")
        #expect(all.components(separatedBy: "HTTP/1.1 200 OK").count == 4)
        #expect(all.components(separatedBy: "{\"status\":\"ok\"}").count == 2)
        #expect(all.contains("{\"bytes\":4}"))
    }

    @Test func handlerErrorsKeepTheConnection() throws {
        let server = try RunningServer()
        defer { server.stop() }
        let client = RawClient(server.port)
        client.send("POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n123")
        let bad = client.read(until: "}}")
        #expect(
            status(bad) == "400" && bad.contains(#"{"error":{"type":"InvalidRequest","message":"texts is empty"}}"#))
        client.send("POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n1234")
        #expect(client.read(until: "}").contains("{\"bytes\":4}"))
    }

    @Test func bytesOneByOne() throws {
        let server = try RunningServer()
        defer { server.stop() }
        let client = RawClient(server.port)
        for byte in "POST /predict HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n".utf8 {
            client.send([byte])
        }
        #expect(client.read(until: "}").contains("{\"bytes\":2}"))
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "404"), ("GET /predict HTTP/1.1\r\nHost: a\r\n\r\n", "405"),
        ("POST /health HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "405"),
        ("DELETE /predict HTTP/1.1\r\nHost: a\r\n\r\n", "405"), ("POST /predict HTTP/1.1\r\nHost: a\r\n\r\n", "411"),
        ("POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n", "413"),
        ("POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999999999999999\r\n\r\n", "400"),
        ("POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", "400"),
        ("POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n12345", "400"),
        ("POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n12", "400"),
        (
            "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "400"
        ),
        ("POST /predict HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "501"),
        ("POST /predict HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400"),
        ("POST /predict HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n", "400"),
        ("POST /predict HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", "413"),
        ("POST /predict HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\nab\n0\n\n", "400"),
        ("POST /predict HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx", "415"),
        ("POST /predict HTTP/1.1\r\nHost: a\r\nExpect: magic\r\nContent-Length: 1\r\n\r\nx", "417"),
        ("GET /health HTTP/1.1\r\n\r\n", "400"), ("GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"),
        ("GET /health HTTP/2.0\r\nHost: a\r\n\r\n", "505"), ("GET /health HTTP/1.1\nHost: a\n\n\r\n\r\n", "400"),
        ("GET /health\r\n\r\n", "400"), ("GET  /health HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        ("GET http://a/health HTTP/1.1\r\nHost: a\r\n\r\n", "400"), ("G\u{0}T / HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        ("GET /health HTTP/1.1\r\nHost : a\r\n\r\n", "400"),
        ("GET /health HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", "400"),
        ("GET /health HTTP/1.1\r\nHost: a\r\nX: \u{1}\r\n\r\n", "400"),
        ("GET /health HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", "400"),
        ("\u{16}\u{3}\u{1}", "400"), ("GET /health HTTP/1.0\r\n\r\n", "200"),
        ("GET /" + String(repeating: "a", count: 20000), "414"),
        ("GET /health HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "a", count: 20000), "431"),
    ])
    func hostileRequests(request: String, expected: String) throws {
        #expect(status(try exchange(request)) == expected)
    }

    @Test func continueIsSaidWhenTheBodyIsAwaited() throws {
        let server = try RunningServer()
        defer { server.stop() }
        let client = RawClient(server.port)
        client.send("POST /predict HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
        #expect(client.read(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
        client.send("12345")
        #expect(client.read(until: "}").contains("{\"bytes\":5}"))
    }

    @Test func largeBodies() throws {
        var limits = HTTPLimits()
        limits.bodyBytes = 1 << 20
        let server = try RunningServer(limits)
        defer { server.stop() }
        let fits = RawClient(server.port)
        let head = "POST /predict HTTP/1.1\r\nHost: a\r\n"
        fits.send(Array("\(head)Content-Length: 1048576\r\n\r\n".utf8) + [UInt8](repeating: 0x61, count: 1 << 20))
        #expect(fits.read(until: "}").contains("{\"bytes\":1048576}"))
        // 10 MB announced, or in chunks of one byte: refused, and the client gets to read why.
        for body in ["Content-Length: 10485760\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"] {
            let client = RawClient(server.port)
            client.send("\(head)\(body)")
            let chunk = Array(String(repeating: "1\r\nx\r\n", count: 10000).utf8)
            for _ in 0..<200 where client.send(chunk) {}
            #expect(status(client.read(until: "}}")) == "413")
        }
        let chunks = RawClient(server.port)
        chunks.send("\(head)Transfer-Encoding: chunked\r\n\r\n")
        chunks.send(Array(String(repeating: "1\r\nx\r\n", count: 300_000).utf8))
        chunks.send("0\r\n\r\n")
        #expect(chunks.read(until: "}").contains("{\"bytes\":300000}"))
    }

    @Test func slowClientsAreEnded() throws {
        var limits = HTTPLimits()
        limits.head = 100
        limits.body = 100
        limits.idle = 100
        let server = try RunningServer(limits)
        defer { server.stop() }
        for start in ["GET /hea", "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12"] {
            let client = RawClient(server.port)
            client.send(start)
            #expect(status(client.read()) == "408")
        }
        #expect(RawClient(server.port).read() == "")
    }

    @Test func manyConnections() throws {
        let server = try RunningServer()
        defer { server.stop() }
        let clients = (0..<100).map { _ in RawClient(server.port) }
        for client in clients { client.send("POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n123") }
        for client in clients { client.send("45") }
        for client in clients { #expect(client.read(until: "}").contains("{\"bytes\":5}")) }
    }

    /// Requests cut, repeated and changed at random: every connection ends, and the server lives on.
    @Test func randomBytes() throws {
        var limits = HTTPLimits()
        limits.head = 50
        limits.body = 50
        limits.drain = 50
        let server = try RunningServer(limits)
        defer { server.stop() }
        var random = SystemRandomNumberGenerator()
        let sample = Array(
            "POST /predict HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n".utf8)
        for _ in 0..<300 {
            var bytes = sample
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let client = RawClient(server.port)
            client.send(bytes)
            client.endSending()
            _ = client.read(until: "}")
        }
        let client = RawClient(server.port)
        client.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(client.read(until: "}").contains("ok"))
    }
}
