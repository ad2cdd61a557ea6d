import CPackSystem
import PackServing

/// The platform's side of Lambda's Runtime API (2018-06-01) on a port of this machine, for one runtime process.
///
/// It runs on the caller's thread: `call` waits for the runtime's next request, `answer` replies to it.
package final class RuntimeAPI {
    /// What a runtime asks.
    package enum Call: Equatable {
        /// It wants an event.
        case next
        /// It answers an event.
        case response(id: String, body: [UInt8])
        /// It reports that an event failed.
        case error(id: String, body: [UInt8])
        /// It reports that it cannot start.
        case initError(body: [UInt8])
        /// Something that the API does not have.
        case unknown(String)
    }

    /// Why no call came.
    package enum Silence: Error, Equatable {
        case timeout, processEnded
    }

    /// `127.0.0.1:PORT`, for `AWS_LAMBDA_RUNTIME_API`.
    package let address: String
    private let listener: Int32
    private let bodyLimit: Int
    private var clients: [Client] = []
    private var caller: Client?

    /// One connection of the runtime.
    private final class Client {
        let descriptor: Int32
        let input = ByteBuffer()
        var parser: HTTPRequestParser
        var isClosed = false

        init(_ descriptor: Int32, bodyLimit: Int) {
            self.descriptor = descriptor
            parser = HTTPRequestParser(bodyLimit: bodyLimit)
        }

        deinit { pack_close(descriptor) }
    }

    package init(bodyLimit: Int) throws(EmulationError) {
        var port: UInt16 = 0
        listener = pack_listen(0x7F00_0001, 0, 16, &port)
        guard listener >= 0 else { throw .system(path: "127.0.0.1", code: -listener) }
        address = "127.0.0.1:\(port)"
        self.bodyLimit = bodyLimit
    }

    deinit {
        pack_close(listener)
    }

    // MARK: Calls

    /// Waits for the runtime's next call.
    ///
    /// - Parameter seconds: The longest wait.
    package func call(_ process: RuntimeProcess?, seconds: Double) throws(Silence) -> Call {
        let deadline = pack_clock_ns() + UInt64(seconds * 1e9)
        while true {
            if let call = readyCall() { return call }
            let now = pack_clock_ns()
            guard now < deadline else { throw .timeout }
            let wait = Int32(clamping: (deadline - now) / 1_000_000 + 1)
            if poll(process, process?.descriptor ?? 0 < 0 ? min(wait, 20) : wait) { continue }
            if let process, process.wait(block: false) {
                process.collect()
                throw .processEnded
            }
        }
    }

    /// Waits for something to happen; true if it was on a connection.
    private func poll(_ process: RuntimeProcess?, _ milliseconds: Int32) -> Bool {
        clients.removeAll { $0.isClosed }
        let readable = Int16(PACK_READABLE)
        var items = [
            pack_poll_item(descriptor: listener, wanted: readable, ready: 0),
            pack_poll_item(descriptor: process?.descriptor ?? -1, wanted: readable, ready: 0),
            pack_poll_item(descriptor: process?.output ?? -1, wanted: readable, ready: 0),
        ]
        for client in clients {
            items.append(pack_poll_item(descriptor: client.descriptor, wanted: readable, ready: 0))
        }
        guard pack_poll(&items, items.count, milliseconds) > 0 else { return false }
        if items[2].ready != 0 { process?.collect() }
        var hasCall = false
        for (client, item) in zip(clients, items[3...]) where item.ready != 0 {
            receive(client)
            hasCall = true
        }
        if items[0].ready != 0 {
            let descriptor = pack_accept(listener)
            if descriptor >= 0 { clients.append(Client(descriptor, bodyLimit: bodyLimit)) }
            hasCall = true
        }
        return hasCall
    }

    private func receive(_ client: Client) {
        let room = client.input.reserve(1 << 18)
        let got = pack_receive(client.descriptor, room.baseAddress, room.count)
        if got > 0 {
            client.input.commit(got)
            client.parser.advance(client.input)
        } else if got != -11 {
            client.isClosed = true
        }
    }

    /// A whole request among the connections.
    private func readyCall() -> Call? {
        for client in clients where !client.isClosed {
            switch client.parser.progress {
            case .head, .body: continue
            case .refused(let status):
                caller = client
                answer(status, "{\"errorMessage\":\"refused\",\"errorType\":\"BadRequest\"}")
                client.isClosed = true
                return .unknown("a malformed HTTP request, status \(status)")
            case .complete:
                caller = client
                return call(client)
            }
        }
        return nil
    }

    private func call(_ client: Client) -> Call {
        let path = String(decoding: client.input.bytes(client.parser.path), as: UTF8.self)
        let body = Array(client.input.bytes(client.parser.bodyRange))
        let parts = path.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
        guard parts.count >= 4, parts[0] == "2018-06-01", parts[1] == "runtime" else { return .unknown(path) }
        switch (client.parser.method, Array(parts[2...])) {
        case (.get, ["invocation", "next"]): return .next
        case (.post, ["init", "error"]): return .initError(body: body)
        case (.post, let rest) where rest.count == 3 && rest[0] == "invocation" && rest[2] == "response":
            return .response(id: rest[1], body: body)
        case (.post, let rest) where rest.count == 3 && rest[0] == "invocation" && rest[2] == "error":
            return .error(id: rest[1], body: body)
        default: return .unknown(path)
        }
    }

    // MARK: Answers

    /// Answers the call at hand with an event.
    package func answer(event: [UInt8], id: String, deadline: Int64) {
        let headers = """
            Lambda-Runtime-Aws-Request-Id: \(id)\r
            Lambda-Runtime-Deadline-Ms: \(deadline)\r
            Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:pack-emulated\r
            Lambda-Runtime-Trace-Id: Root=1-00000000-000000000000000000000000;Sampled=0\r\n
            """
        answer(200, headers, event)
    }

    /// Answers the call at hand.
    package func answer(_ status: Int, _ body: String) {
        answer(status, "", Array(body.utf8))
    }

    private func answer(_ status: Int, _ headers: String, _ body: [UInt8]) {
        guard let client = caller else { return }
        caller = nil
        let head =
            "HTTP/1.1 \(status) \r\nContent-Type: application/json\r\n\(headers)Content-Length: \(body.count)\r\n\r\n"
        send(client, Array(head.utf8) + body)
        client.input.removeFirst(client.parser.length)
        client.parser = HTTPRequestParser(bodyLimit: bodyLimit)
        if client.input.count > 0 { client.parser.advance(client.input) }
    }

    private func send(_ client: Client, _ bytes: [UInt8]) {
        var sent = 0
        bytes.withUnsafeBytes { bytes in
            while sent < bytes.count {
                let count = pack_send(client.descriptor, bytes.baseAddress.map { $0 + sent }, bytes.count - sent)
                if count > 0 {
                    sent += count
                } else if count == -11 {
                    var item = pack_poll_item(descriptor: client.descriptor, wanted: Int16(PACK_WRITABLE), ready: 0)
                    guard pack_poll(&item, 1, 10_000) > 0 else { break }
                } else {
                    client.isClosed = true
                    break
                }
            }
        }
    }
}
