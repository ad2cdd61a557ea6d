import CPackSystem

/// An HTTP/1.1 server.
///
/// Its thread finds connections that have something to say with poll, and reads and answers all that needs no computing. Requests
/// that need it go through a bounded queue to a second thread (`ComputeThread`), alone or with others that are whole as well
/// (`HTTPLimits.batchWindow`). Clients that are slow cost memory, never time; computing delays nobody's connection. Where many
/// small requests in a row took less time than the way to the other thread and back (`ShortRequests`), the next ones are computed in place.
public final class HTTPServer<Service: HTTPService> {
    /// The port that is listened on.
    public let port: UInt16
    private let service: Service
    private let limits: HTTPLimits
    /// nil where the service has no thread for computing.
    private let computer: ComputeThread<Service>?
    private var listener: Int32
    private var connections: [HTTPConnection] = []
    private let items = PlainList<pack_poll_item>()
    private let answer = HTTPAnswer()
    /// When the patience ends, after SIGTERM; until then nil.
    private var stopsAt: Int?
    private var lingersUntil = 0
    private var queue: RequestQueue
    /// Connections whose requests are whole and wait for others, and when they are computed at the latest.
    private var gathering: [HTTPConnection] = []
    private var computesAt = 0
    /// Requests that the other thread has not been told of.
    private var unpublished = 0
    private var short = ShortRequests()

    /// Descriptors besides those of connections.
    private static var otherDescriptors: Int { 32 }
    /// Requests after which the other thread is told, so that it need not wait for all that have come.
    private static var published: Int { 8 }
    /// Items of poll before those of connections.
    private static var firstConnection: Int { 3 }

    /// Listens.
    ///
    /// - Parameters:
    ///   - service: What answers.
    ///   - address: The address in host byte order; 0 for all.
    ///   - port: The port; 0 for a free one.
    /// - Throws: `ServerError` if the port, memory or a thread cannot be had.
    public init(service: Service, address: UInt32 = 0, port: UInt16, limits: HTTPLimits = HTTPLimits())
        throws(ServerError)
    {
        var limits = limits
        let descriptors = Int(pack_descriptor_limit(limits.connections + Self.otherDescriptors))
        limits.connections = max(min(limits.connections, descriptors - Self.otherDescriptors), 1)
        computer = Service.hasThread ? try ComputeThread(service, capacity: limits.queue) : nil
        var bound: UInt16 = 0
        let listener = pack_listen(address, port, 1024, &bound)
        guard listener >= 0 else {
            computer?.jobs.putEnd()
            throw ServerError(code: Int(-listener))
        }
        self.listener = listener
        self.port = bound
        self.service = service
        self.limits = limits
        queue = RequestQueue(limits)
    }

    deinit {
        pack_close(listener)
        computer?.jobs.putEnd()
    }

    /// Serves until SIGTERM or SIGINT; requests that have come by then are answered.
    public func run() {
        while step(timeout: -1) {}
    }

    /// Waits for something to do, and does it.
    ///
    /// - Parameter timeout: The longest wait in milliseconds; -1 for no limit.
    /// - Returns: false once the server has stopped.
    public func step(timeout: Int) -> Bool {
        let signals = pack_signals_install()
        items.clear()
        look(at: stopsAt == nil ? signals : -1)
        look(at: connections.count < limits.connections ? listener : -1)
        look(at: computer.map { pack_channel_descriptor($0.done.raw) } ?? -1)
        for connection in connections {
            look(at: connection.isGone ? -1 : connection.descriptor, for: connection.wanted)
        }
        let ready = poll(timeout)
        if pack_terminated() != 0, stopsAt == nil { stop() }
        if Service.hasThread { resume() }
        if ready > 0 { serve() }
        // Requests are gathered as long as anybody else is connected.
        if ready > 0, items[1].ready != 0 || !gathering.isEmpty { accept() }
        if Service.hasThread {
            if !gathering.isEmpty, isTime { computeGathered() }
            publish()
        }
        expire()
        return stopsAt == nil || listener >= 0 || !connections.isEmpty
    }

    private func poll(_ timeout: Int) -> Int32 {
        guard let done = computer?.done.raw else {
            return pack_poll(items.pointer, items.count, Int32(clamping: patience(timeout)))
        }
        let wait = pack_channel_wait_begin(done) != 0 ? 0 : patience(timeout)
        let ready = pack_poll(items.pointer, items.count, Int32(clamping: wait))
        pack_channel_wait_end(done)
        return ready
    }

    private func look(at descriptor: Int32, for events: Int16 = Int16(PACK_READABLE)) {
        items.append(pack_poll_item(descriptor: descriptor, wanted: events, ready: 0))
    }

    /// Ends when the requests that are under way have been answered. For a moment more come from those who do not know yet.
    public func stop() {
        let now = milliseconds()
        stopsAt = now + limits.grace
        lingersUntil = now + (connections.isEmpty ? 0 : limits.linger)
    }

    private func milliseconds() -> Int {
        Int(pack_clock_ns() / 1_000_000)
    }

    /// Milliseconds until the first deadline, or the given limit.
    private func patience(_ timeout: Int) -> Int {
        var first = Int.max
        for connection in connections { first = min(first, connection.deadline) }
        if Service.hasThread, !gathering.isEmpty {
            if isTime { return 0 }
            first = min(first, computesAt - 1)
        }
        if stopsAt != nil { first = min(first, milliseconds() + 20) }
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
            let ready = items[index + Self.firstConnection].ready
            guard ready != 0 else { continue }
            let connection = connections[index]
            if connection.state == .waiting {
                if ready & Int16(PACK_HUNG_UP) != 0 { connection.leave() }
                continue
            }
            var isWhole = false
            if ready & Int16(PACK_WRITABLE) != 0 {
                isWhole = sendAndParse(connection)
            }
            if !isWhole, ready & ~Int16(PACK_WRITABLE) != 0, connection.state != .writing {
                isWhole = connection.receive(now: milliseconds())
            } else if ready & Int16(PACK_HUNG_UP) != 0, connection.state == .writing {
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
            guard connection.state != .waiting else { return }
            report(connection)
            isWhole = sendAndParse(connection)
        }
    }

    private func sendAndParse(_ connection: HTTPConnection) -> Bool {
        connection.send(now: milliseconds()) && connection.parse(now: milliseconds())
    }

    // MARK: Requests that wait

    private func enqueue(_ connection: HTTPConnection) {
        connection.wait(closes: !connection.parser.keepsAlive || stopsAt != nil)
        queue.add(connection.input.count)
        if limits.batchWindow == 0 {
            hand(connection)
            return
        }
        if gathering.isEmpty { computesAt = milliseconds() + limits.batchWindow }
        gathering.append(connection)
    }

    private func hand(_ connection: HTTPConnection) {
        computer?.jobs.put(Unmanaged.passRetained(connection))
        unpublished += 1
        if unpublished >= Self.published, limits.batchWindow == 0 { publish() }
    }

    private func publish() {
        guard unpublished > 0, let computer else { return }
        unpublished = 0
        pack_channel_publish(computer.jobs.raw)
    }

    /// Whether requests have waited long enough, or nobody is connected who could send another.
    private var isTime: Bool {
        if stopsAt != nil || milliseconds() >= computesAt { return true }
        for connection in connections where connection.state == .idle || connection.state == .reading { return false }
        return true
    }

    private func computeGathered() {
        for connection in gathering { hand(connection) }
        gathering.removeAll(keepingCapacity: true)
    }

    /// Goes on with connections whose requests were computed.
    private func resume() {
        while case .connection(let item) = computer?.done.take() {
            let connection = item.takeRetainedValue()
            queue.remove(connection.input.count, computing: connection.computing)
            report(connection)
            short.note(connection.parser.bodyRange.count, connection.effort)
            connection.resume(now: milliseconds())
            if sendAndParse(connection) { proceed(connection) }
        }
    }

    /// Ends connections whose time is over, and forgets those that have ended.
    private func expire() {
        let now = milliseconds()
        for connection in connections where connection.deadline < now {
            if connection.state == .reading {
                refuse(connection, 408)
                report(connection)
                connection.send(now: now)
            } else {
                connection.close()
            }
        }
        if let stopsAt { expire(now, stopsAt: stopsAt) }
        connections.removeAll { $0.state == .closed }
    }

    /// Takes those who have connected by now, then no more; ends those without a request a moment later.
    private func expire(_ now: Int, stopsAt: Int) {
        if listener >= 0, now >= lingersUntil {
            accept()
            pack_close(listener)
            listener = -1
            lingersUntil = now + min(limits.linger, 100)
        } else if listener < 0, now >= lingersUntil {
            for connection in connections where connection.state == .idle { connection.hangUp(now: now) }
        }
        if stopsAt < now {
            pack_close(listener)
            listener = -1
            connections.removeAll()
        }
    }

    // MARK: Answers

    private func respond(_ connection: HTTPConnection) {
        answer.clear()
        if case .refused(let status) = connection.parser.progress {
            refuse(connection, status)
            return
        }
        let state = HTTPState(
            isStopping: stopsAt != nil, connections: connections.count, queued: queue.count, queueLimit: queue.limit)
        let request = connection.request
        guard service.route(request, state, into: answer) else {
            finish(connection)
            return
        }
        // With nothing queued the other thread is at rest.
        if !Service.hasThread || (queue.count == 0 && limits.batchWindow == 0 && short.includes(request.body.count)) {
            answerInPlace(connection, request)
            return
        }
        guard queue.isFull else {
            enqueue(connection)
            return
        }
        service.refuse(
            request.path, 503, type: "Overloaded", message: "too many requests are waiting; try again later",
            into: answer)
        finish(connection)
    }

    private func answerInPlace(_ connection: HTTPConnection, _ request: HTTPRequest) {
        guard Service.hasThread else {
            service.answer(request, place: nil, into: answer)
            finish(connection)
            return
        }
        let (begun, computed) = (pack_clock_ns(), pack_thread_ns())
        service.answer(request, place: nil, into: answer)
        short.note(request.body.count, pack_thread_ns() - computed)
        finish(connection, computing: pack_clock_ns() - begun)
    }

    /// Refuses a request that could not be read.
    private func refuse(_ connection: HTTPConnection, _ status: Int) {
        let path = connection.request.path
        if status == 413 {
            let error = RequestError(.bodyTooLarge, expected: limits.bodyBytes)
            answer.scratch.clear()
            error.appendMessage(to: answer.scratch)
            service.refuse(path, status, type: error.type, message: answer.scratch.bytes, into: answer)
            finish(connection)
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
        service.refuse(path, status, type: "InvalidHTTP", message: message, into: answer)
        finish(connection)
    }

    private func report(_ connection: HTTPConnection) {
        if Service.hasThread { service.finished(connection.exchange) }
    }

    private func finish(_ connection: HTTPConnection, computing: UInt64 = 0) {
        let isWhole = connection.parser.progress == .complete
        connection.answer(
            answer, computing: computing, closes: !isWhole || !connection.parser.keepsAlive || stopsAt != nil,
            now: milliseconds())
    }
}

/// Why a server cannot listen.
public struct ServerError: Error, Equatable {
    /// The system's error number.
    public var code: Int
}
