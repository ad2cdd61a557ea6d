import CPackSystem

/// Sizes in bytes and times in milliseconds that the server allows.
public struct HTTPLimits: Sendable {
    /// A request's body: as much as Lambda takes, so that a bundle behaves alike on both.
    public var bodyBytes = 6 << 20
    /// Connections at the same time.
    public var connections = 900
    /// A connection without a request.
    public var idle = 75_000
    /// From a request's first byte to the end of its head.
    public var head = 10_000
    /// From there to the end of its body.
    public var body = 60_000
    /// Until an answer has been taken.
    public var write = 60_000
    /// For a refused client to hang up.
    public var drain = 2_000
    /// From SIGTERM to the end.
    public var grace = 8_000
    /// How long a request waits at most for others that could be computed with it. With 0 those are that are there already.
    public var batchWindow = 0

    /// The standard limits.
    public init() {}
}

/// An HTTP/1.1 server: `POST /predict` and `GET /health`.
///
/// One thread: poll finds connections that have something to say, and a request that is whole is answered before the next is
/// looked at, or together with others that are whole as well (`HTTPLimits.batchWindow`). Clients that are slow cost memory,
/// never time.
public final class HTTPServer<Handler: RequestHandler> {
    /// The port that is listened on.
    public let port: UInt16
    private let handler: Handler
    private let limits: HTTPLimits
    private var listener: Int32
    private var connections: [HTTPConnection] = []
    private var items: [pack_poll_item] = []
    private let answer = ByteBuffer()
    private let scratch = ByteBuffer()
    private var stopsAt: Int?
    /// Connections whose requests are whole and wait to be answered, and when they are at the latest.
    private var queue: [HTTPConnection] = []
    private var answersAt = 0
    /// Those whose turn it is.
    private var waiting: [HTTPConnection] = []
    private var places: [Int] = []

    /// Listens.
    ///
    /// - Parameters:
    ///   - address: The address in host byte order; 0 for all.
    ///   - port: The port; 0 for a free one.
    /// - Throws: `ServerError` if the port cannot be had.
    public init(handler: Handler, address: UInt32 = 0, port: UInt16, limits: HTTPLimits = HTTPLimits())
        throws(ServerError)
    {
        var bound: UInt16 = 0
        let listener = pack_listen(address, port, 1024, &bound)
        guard listener >= 0 else { throw ServerError(code: Int(-listener)) }
        self.listener = listener
        self.port = bound
        self.handler = handler
        self.limits = limits
    }

    deinit {
        pack_close(listener)
    }

    /// Serves until SIGTERM or SIGINT; requests that have begun by then are answered.
    public func run() {
        while step(timeout: -1) {}
    }

    /// Waits for something to do, and does it.
    ///
    /// - Parameter timeout: The longest wait in milliseconds; -1 for no limit.
    /// - Returns: false once the server has stopped.
    public func step(timeout: Int) -> Bool {
        let signals = pack_signals_install()
        items.removeAll(keepingCapacity: true)
        items.append(pack_poll_item(descriptor: stopsAt == nil ? signals : -1, wanted: Int16(PACK_READABLE), ready: 0))
        let accepts = connections.count < limits.connections
        items.append(pack_poll_item(descriptor: accepts ? listener : -1, wanted: Int16(PACK_READABLE), ready: 0))
        for connection in connections {
            items.append(pack_poll_item(descriptor: connection.descriptor, wanted: connection.wanted, ready: 0))
        }
        let wait = patience(timeout)
        let count = items.count
        let ready = items.withUnsafeMutableBufferPointer { pack_poll($0.baseAddress, count, Int32(clamping: wait)) }
        if pack_terminated() != 0, stopsAt == nil { stop() }
        if ready > 0 { serve() }
        if !queue.isEmpty, isTime { answerQueue() }
        expire()
        if ready > 0, items[1].ready != 0, stopsAt == nil { accept() }
        return stopsAt == nil || !connections.isEmpty
    }

    /// Takes no more connections, and ends those that have no request under way.
    public func stop() {
        stopsAt = milliseconds() + limits.grace
        pack_close(listener)
        listener = -1
        for connection in connections where connection.state == .idle { connection.close() }
    }

    private func milliseconds() -> Int {
        Int(pack_clock_ns() / 1_000_000)
    }

    /// Milliseconds until the first deadline, or the given limit.
    private func patience(_ timeout: Int) -> Int {
        var first = stopsAt ?? Int.max
        for connection in connections { first = min(first, connection.deadline) }
        if !queue.isEmpty {
            if isTime { return 0 }
            first = min(first, answersAt - 1)
        }
        guard first < Int.max else { return timeout }
        let wait = max(first - milliseconds(), 0) + 1
        return timeout < 0 ? wait : min(wait, timeout)
    }

    private func accept() {
        while connections.count < limits.connections {
            let descriptor = pack_accept(listener)
            guard descriptor >= 0 else { return }
            connections.append(HTTPConnection(descriptor, limits, now: milliseconds()))
        }
    }

    private func serve() {
        for index in 0..<connections.count {
            let ready = items[index + 2].ready
            guard ready != 0 else { continue }
            let connection = connections[index]
            var isWhole = false
            if ready & Int16(PACK_WRITABLE) != 0 {
                isWhole = connection.send(now: milliseconds()) && connection.parse(now: milliseconds())
            }
            let isBusy = connection.state == .writing || connection.state == .waiting
            if !isWhole, ready & ~Int16(PACK_WRITABLE) != 0, !isBusy {
                isWhole = connection.receive(now: milliseconds())
            } else if ready & Int16(PACK_HUNG_UP) != 0, isBusy {
                connection.close()
            }
            if isWhole { proceed(connection) }
        }
    }

    /// Answers the request that is at hand and those that follow it, until one is not whole or has to wait.
    private func proceed(_ connection: HTTPConnection) {
        var isWhole = true
        while isWhole, connection.state == .reading {
            respond(connection)
            isWhole = sendAndParse(connection)
        }
    }

    private func sendAndParse(_ connection: HTTPConnection) -> Bool {
        connection.send(now: milliseconds()) && connection.parse(now: milliseconds())
    }

    // MARK: Requests that wait

    /// Whether requests have waited long enough, or nobody is connected who could send another.
    private var isTime: Bool {
        if stopsAt != nil || milliseconds() >= answersAt { return true }
        for connection in connections where connection.state == .idle || connection.state == .reading { return false }
        return true
    }

    private func answerQueue() {
        // Meanwhile others may join the queue.
        swap(&queue, &waiting)
        var first = 0
        while first < waiting.count { first = answerTogether(from: first) }
        waiting.removeAll(keepingCapacity: true)
    }

    /// Answers a request together with as many of those behind it as can be; the place of the next one.
    private func answerTogether(from first: Int) -> Int {
        places.removeAll(keepingCapacity: true)
        while first + places.count < waiting.count,
            let place = handler.gather(body(waiting[first + places.count]), isFirst: places.isEmpty)
        {
            places.append(place)
        }
        var isComputed = false
        if places.count > 1 {
            do throws(RequestError) {
                try handler.compute()
                isComputed = true
            } catch {}
        }
        let end = first + max(places.count, 1)
        for index in first..<end where waiting[index].state == .waiting {
            predict(waiting[index], place: isComputed ? places[index - first] : nil)
            if sendAndParse(waiting[index]) { proceed(waiting[index]) }
        }
        return end
    }

    private func body(_ connection: HTTPConnection) -> UnsafeRawBufferPointer {
        connection.input.bytes(connection.parser.body.range)
    }

    /// Ends connections whose time is over, and forgets those that have ended.
    private func expire() {
        let now = milliseconds()
        for connection in connections where connection.deadline < now {
            if connection.state == .reading {
                refuse(connection, 408)
                connection.send(now: now)
            } else {
                connection.close()
            }
        }
        if let stopsAt {
            for connection in connections where connection.state == .idle || stopsAt < now { connection.close() }
        }
        connections.removeAll { $0.state == .closed }
    }

    // MARK: Answers

    private func respond(_ connection: HTTPConnection) {
        if case .refused(let status) = connection.parser.progress {
            refuse(connection, status)
            return
        }
        let path = connection.input.bytes(connection.parser.path)
        if matches(path, "/predict") {
            predict(connection)
        } else if matches(path, "/health") {
            health(connection)
        } else {
            refuse(connection, 404, type: "NotFound", message: "there is POST /predict and GET /health")
        }
    }

    private func predict(_ connection: HTTPConnection) {
        guard connection.parser.method == .post else {
            refuse(
                connection, 405, type: "MethodNotAllowed", message: "predictions are asked for with POST", allow: "POST"
            )
            return
        }
        if queue.isEmpty { answersAt = milliseconds() + limits.batchWindow }
        queue.append(connection)
        connection.wait()
    }

    /// Answers a request by itself, or as one of those that were computed together.
    private func predict(_ connection: HTTPConnection, place: Int?) {
        var status = 200
        do throws(RequestError) {
            if let place {
                try handler.answer(body(connection), gathered: place, into: answer)
            } else {
                try handler.answer(body(connection), into: answer)
            }
        } catch {
            status = error.status
            answer.clear()
            error.appendHTTPBody(to: answer, scratch: scratch)
        }
        finish(connection, status, allow: nil)
    }

    private func health(_ connection: HTTPConnection) {
        guard connection.parser.method == .get || connection.parser.method == .head else {
            refuse(
                connection, 405, type: "MethodNotAllowed", message: "health is asked for with GET", allow: "GET, HEAD")
            return
        }
        answer.clear()
        answer.append("{\"status\":\"ok\"}\n")
        finish(connection, 200, allow: nil)
    }

    /// Refuses a request that could not be read.
    private func refuse(_ connection: HTTPConnection, _ status: Int) {
        if status == 413 {
            answer.clear()
            RequestError(.bodyTooLarge, expected: limits.bodyBytes).appendHTTPBody(to: answer, scratch: scratch)
            finish(connection, status, allow: nil)
            return
        }
        let message: StaticString =
            switch status {
            case 408: "the request did not come in time"
            case 411: "a body needs a Content-Length or chunks"
            case 414: "the request line is too long"
            case 415: "compressed bodies are not read"
            case 417: "only 100-continue can be expected"
            case 431: "the header is larger than 16 KB"
            case 501: "the only transfer coding is chunked"
            case 505: "the version must be HTTP/1.1 or 1.0"
            default: "not a valid HTTP/1.1 request"
            }
        refuse(connection, status, type: "InvalidHTTP", message: message)
    }

    private func refuse(
        _ connection: HTTPConnection, _ status: Int, type: StaticString, message: StaticString,
        allow: StaticString? = nil
    ) {
        answer.clear()
        appendHTTPError(
            type, UnsafeRawBufferPointer(start: message.utf8Start, count: message.utf8CodeUnitCount), to: answer)
        finish(connection, status, allow: allow)
    }

    private func finish(_ connection: HTTPConnection, _ status: Int, allow: StaticString?) {
        let isWhole = connection.parser.progress == .complete
        connection.answer(
            status, answer.bytes, allow: allow, closes: !isWhole || !connection.parser.keepsAlive || stopsAt != nil,
            now: milliseconds())
        answer.clear(keeping: 1 << 20)
    }
}

/// Why a server cannot listen.
public struct ServerError: Error, Equatable {
    /// The system's error number.
    public var code: Int
}
