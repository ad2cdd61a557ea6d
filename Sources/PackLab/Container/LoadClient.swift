import CPackSystem
import Glibc

/// Sends loads to a server on loopback, on the caller's thread, and collects what the server prints meanwhile.
final class LoadClient {
    private let port: UInt16
    private let network: Network?
    private let process: RuntimeProcess
    /// Connections that wait for a request.
    private var idle: [Connection] = []

    /// A connection, and the exchange that it is used for.
    private final class Connection {
        let descriptor: Int32
        var reply: HTTPReply
        var request: [UInt8] = []
        var sent = 0
        var due: UInt64 = 0
        var begun: UInt64 = 0
        /// Whether it has been used before: the server may have closed it meanwhile.
        var isReused = false

        init(_ descriptor: Int32) {
            self.descriptor = descriptor
            reply = HTTPReply(limit: 0)
        }

        deinit { close(descriptor) }

        var isSending: Bool { sent < request.count }

        func isLate(_ now: UInt64, _ load: Load) -> Bool {
            now > begun && Double(now - begun) / 1e9 > load.timeout
        }

        func begin(_ request: [UInt8], due: UInt64, limit: Int) {
            (self.request, self.due, sent) = (request, due, 0)
            begun = pack_clock_ns()
            reply = HTTPReply(limit: limit)
        }

        /// Sends as much as is taken now; false if the connection has failed.
        func send() -> Bool {
            request.withUnsafeBytes { bytes in
                while sent < bytes.count {
                    let count = pack_send(descriptor, bytes.baseAddress.map { $0 + sent }, bytes.count - sent)
                    if count == -Int(EAGAIN) { return true }
                    guard count > 0 else { return false }
                    sent += count
                }
                return true
            }
        }

        /// Takes what has come.
        func receive(_ room: UnsafeMutableRawBufferPointer) -> HTTPReply.Progress {
            let got = pack_receive(descriptor, room.baseAddress, room.count)
            if got == -Int(EAGAIN) { return .incomplete }
            guard got > 0 else { return reply.end() }
            return reply.take(UnsafeRawBufferPointer(rebasing: room[..<got]))
        }
    }

    init(port: UInt16, network: Network?, process: RuntimeProcess) {
        (self.port, self.network, self.process) = (port, network, process)
    }

    /// Whether something takes connections. One that it takes is kept for the first request.
    func connects() -> Bool {
        guard let connection = open() else { return false }
        idle.append(connection)
        return true
    }

    /// Sends a load and waits for all answers.
    func run(_ load: Load) -> Load.Outcome {
        var run = Run(load, began: pack_clock_ns())
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { room.deallocate() }
        var busy: [Connection] = []
        while true {
            while busy.count < load.concurrency, let request = run.next(at: pack_clock_ns()) {
                guard let connection = start(request, load) else {
                    run.fail("the server takes no connection")
                    break
                }
                busy.append(connection)
            }
            if run.outcome.failure != nil, process.wait(block: false) { run.giveUp() }
            if busy.isEmpty, run.isDone { break }
            let ready = poll(busy, until: run.nextDue)
            let now = pack_clock_ns()
            busy = zip(busy, ready).compactMap { connection, isReady in
                isReady || connection.isLate(now, load)
                    ? advance(connection, &run, room, now) : connection
            }
        }
        run.outcome.seconds = Double(max(run.last, run.began) - run.began) / 1e9
        return run.outcome
    }

    /// A load that is being sent.
    private struct Run {
        let load: Load
        let began: UInt64
        var outcome = Load.Outcome()
        var sent = 0
        /// When the last answer came.
        var last: UInt64 = 0

        init(_ load: Load, began: UInt64) { (self.load, self.began) = (load, began) }

        var count: Int { load.arrivals.isEmpty ? load.count : min(load.count, load.arrivals.count) }
        var isDone: Bool { sent >= count }

        /// When the next request is due; nil if none is, or one can be sent at once.
        var nextDue: UInt64? { isDone || load.arrivals.isEmpty ? nil : due(sent) }

        private func due(_ index: Int) -> UInt64 { began + UInt64(max(load.arrivals[index], 0) * 1e9) }

        /// The next request, if it is due.
        mutating func next(at now: UInt64) -> (body: [UInt8], due: UInt64)? {
            guard !isDone, !load.bodies.isEmpty else { return nil }
            let time = load.arrivals.isEmpty ? now : due(sent)
            guard time <= now else { return nil }
            defer { sent += 1 }
            return (load.bodies[sent % load.bodies.count], time)
        }

        /// Sends no more: there is nobody left to answer.
        mutating func giveUp() { sent = count }

        mutating func fail(_ reason: String) {
            outcome.statuses[0, default: 0] += 1
            if outcome.failure == nil { outcome.failure = reason }
        }

        mutating func take(_ reply: HTTPReply, due: UInt64, now: UInt64) {
            if outcome.firstStatus == 0 {
                outcome.firstStatus = reply.status
                outcome.firstBody = reply.body
            }
            outcome.statuses[reply.status, default: 0] += 1
            if (200...299).contains(reply.status) {
                outcome.latencies.append(Double(now - due) / 1e9)
            } else if outcome.refusal == nil {
                outcome.refusal = (reply.status, reply.body)
            }
            last = now
        }
    }

    private func open() -> Connection? {
        let connect = { [port] in pack_connect(0x7F00_0001, port, 1000) }
        let descriptor = network.map { $0.inside(connect) } ?? connect()
        guard descriptor >= 0 else { return nil }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        return Connection(descriptor)
    }

    private func start(_ request: (body: [UInt8], due: UInt64), _ load: Load) -> Connection? {
        guard let connection = idle.popLast() ?? open() else { return nil }
        let head = """
            \(load.isGet ? "GET" : "POST") \(load.path) HTTP/1.1\r
            Host: localhost:\(port)\r
            Content-Type: \(load.contentType)\r
            Content-Length: \(request.body.count)\r
            \r\n
            """
        connection.begin(Array(head.utf8) + request.body, due: request.due, limit: load.replyLimit)
        _ = connection.send()
        return connection
    }

    /// Sends and takes what it can; the connection on which the exchange goes on, nil once it is over.
    private func advance(
        _ connection: Connection, _ run: inout Run, _ room: UnsafeMutableRawBufferPointer, _ now: UInt64
    ) -> Connection? {
        // A server may answer before it has read everything, and close.
        if connection.isSending { _ = connection.send() }
        switch connection.receive(room) {
        case .incomplete where connection.isLate(now, run.load):
            run.outcome.late += 1
            run.fail("no answer within \(run.load.timeout) s")
        case .incomplete: return connection
        case .complete:
            run.take(connection.reply, due: connection.due, now: pack_clock_ns())
            guard connection.reply.keepsConnection else { return nil }
            connection.isReused = true
            idle.append(connection)
        case .malformed(let reason):
            // A server may close a connection that waits; the request then goes on another one, once.
            if connection.isReused, !connection.reply.hasBegun, let fresh = open() {
                fresh.begin(connection.request, due: connection.due, limit: run.load.replyLimit)
                return fresh
            }
            run.fail(reason)
        }
        return nil
    }

    /// Waits until something can be done; of each connection, whether something can be done with it.
    private func poll(_ busy: [Connection], until due: UInt64?) -> [Bool] {
        var items = busy.map { connection in
            pack_poll_item(
                descriptor: connection.descriptor,
                wanted: Int16(PACK_READABLE) | (connection.isSending ? Int16(PACK_WRITABLE) : 0), ready: 0)
        }
        items.append(pack_poll_item(descriptor: process.output, wanted: Int16(PACK_READABLE), ready: 0))
        var wait: Int32 = 50
        if let due {
            let now = pack_clock_ns()
            wait = due <= now ? 0 : min(wait, Int32(clamping: (due - now) / 1_000_000))
        }
        _ = pack_poll(&items, items.count, wait)
        if let output = items.last, output.ready != 0 { process.collect() }
        return items.dropLast().map { $0.ready != 0 }
    }
}
