import CPackSystem

/// One client of the HTTP server.
///
/// While it waits for its turn it belongs to the thread that computes: of what it holds, the server's thread then looks at
/// `state` and `deadline` alone, and that thread changes neither.
final class HTTPConnection {
    /// What the connection waits for.
    enum State {
        /// A request's first byte.
        case idle
        /// The rest of a request.
        case reading
        /// Its request's turn to be answered.
        case waiting
        /// Room to send the answer.
        case writing
        /// The client's end of the connection, so that it gets the answer before the connection goes.
        case draining
        case closed
    }

    let descriptor: Int32
    private(set) var state = State.idle
    /// When the patience with this state ends, in milliseconds of the monotonic clock.
    private(set) var deadline: Int
    var parser: HTTPRequestParser
    let input: ByteBuffer
    private let output = ByteBuffer()
    private var sent = 0
    private var closesAfterAnswer = false
    private let limits: HTTPLimits
    /// When the request's first byte came, in nanoseconds of the monotonic clock.
    private var begun: UInt64 = 0
    /// Of the last answer: its status and its bytes.
    private var status = 0
    private var answerBytes = 0
    /// Nanoseconds that computing the last answer took.
    private(set) var computing: UInt64 = 0
    /// Nanoseconds that the other thread itself computed for it.
    private(set) var effort: UInt64 = 0
    private var texts = 0
    private var tokens = 0
    /// Whether the client left while its request waited.
    private(set) var isGone = false

    init(_ descriptor: Int32, _ limits: HTTPLimits, now: Int) {
        self.descriptor = descriptor
        self.limits = limits
        parser = HTTPRequestParser(bodyLimit: limits.bodyBytes)
        input = ByteBuffer(limit: limits.bodyBytes + HTTPRequestParser.headLimit + 262_144)
        deadline = now + limits.idle
    }

    deinit {
        pack_close(descriptor)
    }

    /// The request at hand, as far as it could be read.
    var request: HTTPRequest {
        let body = parser.body.range
        return HTTPRequest(
            method: parser.method, path: input.bytes(parser.path), head: input.bytes(0..<body.lowerBound),
            body: input.bytes(body))
    }

    /// What became of the request that was answered last.
    var exchange: HTTPExchange {
        HTTPExchange(
            request: request, status: status, received: parser.progress == .complete ? parser.length : input.count,
            sent: answerBytes, duration: begun == 0 ? 0 : pack_clock_ns() - begun, computing: computing, texts: texts,
            tokens: tokens)
    }

    /// What poll should look for.
    var wanted: Int16 {
        if state == .waiting { return 0 }
        let reads = state == .idle || state == .reading || state == .draining
        return (reads ? Int16(PACK_READABLE) : 0) | (sent < output.count ? Int16(PACK_WRITABLE) : 0)
    }

    func close() { state = .closed }

    /// Lets a request that is whole wait for its turn. Nothing is read meanwhile.
    func wait(closes: Bool) {
        closesAfterAnswer = closes
        state = .waiting
        deadline = .max
    }

    /// Takes note that the client of a request that waits has left; the connection ends when it was computed.
    func leave() { isGone = true }

    /// Ends a connection without a request, so that the client learns that nothing it sends now is read.
    func hangUp(now: Int) {
        pack_shutdown_send(descriptor)
        state = .draining
        deadline = now + min(limits.drain, 500)
    }

    // MARK: Reading

    /// Takes bytes that have come; true if a whole request, or a refusal, is at hand.
    func receive(now: Int) -> Bool {
        if state == .draining {
            discard()
            return false
        }
        let room = input.reserve(65536)
        guard room.count > 0 else {
            close()
            return false
        }
        let got = pack_receive(descriptor, room.baseAddress, room.count)
        if got == noneReady { return false }
        guard got > 0 else {
            close()
            return false
        }
        input.commit(got)
        return parse(now: now)
    }

    /// Reads on in the bytes at hand; true if a whole request, or a refusal, is there.
    func parse(now: Int) -> Bool {
        guard input.count > 0 else { return false }
        if state == .idle {
            state = .reading
            deadline = now + limits.head
            begun = pack_clock_ns()
        }
        let before = parser.progress
        parser.advance(input)
        switch parser.progress {
        case .complete, .refused: return true
        case .body:
            if before == .head {
                deadline = now + limits.body
                if parser.expectsContinue, input.count <= parser.length {
                    output.append("HTTP/1.1 100 Continue\r\n\r\n")
                }
            }
            send(now: now)
            return false
        case .head: return false
        }
    }

    private func discard() {
        let room = input.reserve(65536)
        let got = pack_receive(descriptor, room.baseAddress, room.count)
        if got != noneReady, got <= 0 { close() }
    }

    // MARK: Writing

    /// Queues an answer.
    func answer(_ answer: HTTPAnswer, computing: UInt64, closes: Bool, now: Int) {
        closesAfterAnswer = closes
        self.computing = computing
        append(answer)
        begin(now: now)
    }

    /// Answers a request that has waited, in the thread that computes; sends what the client takes at once.
    func answerComputed(_ answer: HTTPAnswer, computing: UInt64, effort: UInt64) {
        self.computing = computing
        self.effort = effort
        append(answer)
        while sent < output.count {
            let rest = output.bytes(sent..<output.count)
            let count = pack_send(descriptor, rest.baseAddress, rest.count)
            // What went wrong shows itself again to the server's thread.
            guard count > 0 else { return }
            sent += count
        }
    }

    /// Goes on after the request was computed.
    func resume(now: Int) {
        begin(now: now)
        if isGone { close() }
    }

    private func begin(now: Int) {
        state = .writing
        deadline = now + limits.write
        if output.overflowed { close() }
    }

    private func append(_ answer: HTTPAnswer) {
        let start = output.count
        let body = answer.body.bytes
        status = answer.status
        texts = answer.texts
        tokens = answer.tokens
        output.append("HTTP/1.1 ")
        output.append(decimal: answer.status)
        output.append(0x20)
        output.append(reason(answer.status))
        output.append("\r\nContent-Type: ")
        output.append(answer.type)
        output.append("\r\nContent-Length: ")
        output.append(decimal: body.count)
        output.append(answer.headers.bytes)
        if answer.status == 503 { output.append("\r\nRetry-After: 1") }
        if closesAfterAnswer { output.append("\r\nConnection: close") }
        output.append("\r\n\r\n")
        if parser.method != .head { output.append(body) }
        answerBytes = output.count - start
    }

    /// Sends what can be sent now; true if a further request may already be at hand.
    @discardableResult
    func send(now: Int) -> Bool {
        while sent < output.count {
            let rest = output.bytes(sent..<output.count)
            let count = pack_send(descriptor, rest.baseAddress, rest.count)
            if count == noneReady { return false }
            guard count > 0 else {
                close()
                return false
            }
            sent += count
        }
        sent = 0
        output.clear(keeping: 1 << 18)
        guard state == .writing else { return false }
        return finishAnswer(now: now)
    }

    private func finishAnswer(now: Int) -> Bool {
        if closesAfterAnswer {
            pack_shutdown_send(descriptor)
            input.clear(keeping: 1 << 18)
            state = .draining
            deadline = now + limits.drain
            return false
        }
        input.removeFirst(parser.length)
        if input.count == 0 { input.clear(keeping: 1 << 18) }
        parser = HTTPRequestParser(bodyLimit: limits.bodyBytes)
        state = .idle
        deadline = now + limits.idle
        return input.count > 0
    }
}

/// What `pack_receive` and `pack_send` return when they would have to wait: `EAGAIN`, on every architecture of Linux.
let noneReady = -11

private func reason(_ status: Int) -> StaticString {
    switch status {
    case 200: "OK"
    case 400: "Bad Request"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 408: "Request Timeout"
    case 411: "Length Required"
    case 413: "Content Too Large"
    case 414: "URI Too Long"
    case 415: "Unsupported Media Type"
    case 417: "Expectation Failed"
    case 431: "Request Header Fields Too Large"
    case 500: "Internal Server Error"
    case 501: "Not Implemented"
    case 503: "Service Unavailable"
    default: "HTTP Version Not Supported"
    }
}
