import CPackSystem

/// A bounded queue of connections from one thread to another; see `pack_channel.h`.
final class ConnectionChannel {
    let raw: OpaquePointer

    /// nil without memory.
    init?(capacity: Int) {
        guard let raw = pack_channel_create(capacity) else { return nil }
        self.raw = raw
    }

    deinit { pack_channel_destroy(raw) }

    /// Puts a connection, which the channel keeps until it is taken; there must be room.
    func put(_ connection: Unmanaged<HTTPConnection>) {
        if pack_channel_put(raw, connection.toOpaque()) == 0 { connection.release() }
    }

    /// Puts what ends the taker's work.
    func putEnd() {
        _ = pack_channel_put(raw, UnsafeMutableRawPointer(raw))
        pack_channel_publish(raw)
    }

    /// What was taken.
    enum Item {
        /// A connection, which the taker now keeps.
        case connection(Unmanaged<HTTPConnection>)
        case end
    }

    func take() -> Item? {
        guard let item = pack_channel_take(raw) else { return nil }
        return item == UnsafeMutableRawPointer(raw) ? .end : .connection(Unmanaged.fromOpaque(item))
    }
}

/// The thread that computes: takes connections whose requests are whole, answers those that can be together with those that
/// came meanwhile, and hands them back.
final class ComputeThread<Service: HTTPService> {
    /// Connections whose requests wait, from the server.
    let jobs: ConnectionChannel
    /// Connections whose requests were answered, to the server.
    let done: ConnectionChannel
    private let service: Service
    private let answer = HTTPAnswer()
    private let waiting = PlainList<UnsafeMutableRawPointer>()
    private let places = PlainList<Int>()
    /// Connections that the server has not been told of.
    private var unpublished = 0

    /// - Parameter capacity: The most requests that wait, or are computed, at the same time.
    /// - Throws: `ServerError` without memory or threads.
    init(_ service: Service, capacity: Int) throws(ServerError) {
        guard let jobs = ConnectionChannel(capacity: capacity + 1), let done = ConnectionChannel(capacity: capacity)
        else { throw ServerError(code: 12) }
        self.jobs = jobs
        self.done = done
        self.service = service
        let entry = Entry { [self] in run() }
        let context = Unmanaged.passRetained(entry)
        let failure = pack_thread_start(
            { context in
                guard let context else { return }
                Unmanaged<Entry>.fromOpaque(context).takeRetainedValue().body()
            }, context.toOpaque(), ComputeThread.stackBytes)
        guard failure == 0 else {
            context.release()
            throw ServerError(code: Int(-failure))
        }
    }

    /// Kernels take up to 192 KB of it.
    private static var stackBytes: Int { 1 << 20 }

    private func run() {
        while true {
            pack_channel_wait(jobs.raw)
            while let item = jobs.take() {
                guard case .connection(let connection) = item else { return }
                waiting.append(connection.toOpaque())
            }
            var first = 0
            while first < waiting.count { first = answerTogether(from: first) }
            waiting.clear()
        }
    }

    /// Answers a request together with as many of those behind it as can be; the place of the next one.
    private func answerTogether(from first: Int) -> Int {
        let begun = pack_clock_ns()
        places.clear()
        while first + places.count < waiting.count,
            let place = service.gather(request(first + places.count), isFirst: places.count == 0)
        {
            places.append(place)
        }
        let isComputed = places.count > 1 && service.compute()
        let end = first + max(places.count, 1)
        let shared = isComputed ? (pack_clock_ns() - begun) / UInt64(end - first) : 0
        for index in first..<end {
            let (begun, computed) = (pack_clock_ns(), pack_thread_ns())
            answer.clear()
            service.answer(request(index), place: isComputed ? places[index - first] : nil, into: answer)
            let connection = Unmanaged<HTTPConnection>.fromOpaque(waiting[index])
            let computing = shared + pack_clock_ns() - begun
            connection.takeUnretainedValue().answerComputed(
                answer, computing: computing, effort: shared + pack_thread_ns() - computed)
            done.put(connection)
            // The client has its answer: after short requests the server need not be woken for each.
            unpublished += 1
            if unpublished >= 8 || computing >= ShortRequests.longest || index + 1 == waiting.count { publish() }
        }
        return end
    }

    private func publish() {
        unpublished = 0
        pack_channel_publish(done.raw)
    }

    private func request(_ index: Int) -> HTTPRequest {
        Unmanaged<HTTPConnection>.fromOpaque(waiting[index]).takeUnretainedValue().request
    }
}

/// What a thread runs, in a form that travels through C.
private final class Entry {
    let body: () -> Void

    init(_ body: @escaping () -> Void) {
        self.body = body
    }
}
