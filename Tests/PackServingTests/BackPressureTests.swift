import CPackSystem
import Foundation
import PackServing
import Testing

/// What happens while something is computed: the server's own thread goes on.
@Suite(.serialized) struct BackPressureTests {
    /// Computes until it is let go; says when it has begun.
    private final class Gate: RequestHandler, @unchecked Sendable {  // semaphores alone
        let began = DispatchSemaphore(value: 0)
        let mayEnd = DispatchSemaphore(value: 0)

        func answer(_ body: UnsafeRawBufferPointer, into answer: ByteBuffer) throws(RequestError) {
            began.signal()
            mayEnd.wait()
            answer.clear()
            answer.append("{\"bytes\":")
            answer.append(decimal: body.count)
            answer.append("}")
        }
    }

    private func predict(_ client: RawClient, _ body: String = "{}") {
        client.send("POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    @Test func healthAnswersWhileSomethingIsComputed() throws {
        let gate = Gate()
        let server = try RunningServer(gate)
        defer { server.stop() }
        let busy = RawClient(server.port)
        predict(busy)
        gate.began.wait()
        for _ in 0..<10 {
            let client = RawClient(server.port)
            client.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(client.read(until: "}").contains("ok"))
        }
        gate.mayEnd.signal()
        #expect(busy.read(until: "}").contains("{\"bytes\":2}"))
    }

    @Test func aFullQueueIsSaid() throws {
        let gate = Gate()
        var limits = HTTPLimits()
        limits.queue = 3
        let server = try RunningServer(gate, limits)
        defer { server.stop() }
        let clients = (0..<3).map { _ in RawClient(server.port) }
        for client in clients { predict(client) }
        gate.began.wait()
        let late = RawClient(server.port)
        var refused = ""
        // The other requests may be on their way still.
        while !refused.contains("503") {
            predict(late, "late")
            refused = late.read(until: "}}")
            if refused.isEmpty { break }
        }
        #expect(
            refused.contains("HTTP/1.1 503") && refused.contains("Retry-After: 1") && refused.contains("Overloaded"))
        for _ in 0..<3 { gate.mayEnd.signal() }
        for client in clients { #expect(client.read(until: "}").contains("{\"bytes\":2}")) }
        // The same connection is served once there is room, which the server learns a moment after the others were answered.
        gate.mayEnd.signal()
        var served = ""
        repeat {
            predict(late, "late")
            served = late.read(until: "}")
        } while served.contains("HTTP/1.1 503")
        #expect(served.contains("{\"bytes\":4}"))
    }

    /// Where requests take long, fewer may wait: those who come later would wait longer than those who come back.
    @Test func waitingIsBounded() throws {
        let gate = Gate()
        var limits = HTTPLimits()
        limits.wait = 10
        limits.queueLeast = 2
        let server = try RunningServer(gate, limits)
        defer { server.stop() }
        let clients = (0..<3).map { _ in RawClient(server.port) }
        predict(clients[0])
        gate.began.wait()
        usleep(20_000)
        gate.mayEnd.signal()
        #expect(clients[0].read(until: "}").contains("{\"bytes\":2}"))
        // Two may wait however long the first one took.
        for client in clients[0..<2] { predict(client) }
        gate.began.wait()
        var refused = ""
        while !refused.contains("503") {
            predict(clients[2])
            refused = clients[2].read(until: "}}")
            if refused.isEmpty { break }
        }
        #expect(refused.contains("HTTP/1.1 503") && refused.contains("Retry-After: 1"))
        for _ in 0..<2 { gate.mayEnd.signal() }
        for client in clients[0..<2] { #expect(client.read(until: "}").contains("{\"bytes\":2}")) }
    }

    @Test func queueFollowsTheTimeOfComputing() {
        let limits = HTTPLimits()
        #expect(limits.queueLength(0) == 256 && limits.queueLength(1000) == 256)
        #expect(limits.queueLength(8_000_000) == 100)
        #expect(limits.queueLength(1 << 40) == 32 && limits.queueLength(.max) == 32)
        var other = limits
        other.queue = 4
        #expect(other.queueLength(8_000_000) == 4)
        other = limits
        other.wait = .max
        #expect(other.queueLength(.max) == 256)
        other.wait = -1
        #expect(other.queueLength(8_000_000) == 32)
    }

    @Test func bytesThatWaitAreBounded() throws {
        let gate = Gate()
        var limits = HTTPLimits()
        limits.queueBytes = 1000
        let server = try RunningServer(gate, limits)
        defer { server.stop() }
        let first = RawClient(server.port)
        predict(first, String(repeating: "a", count: 2000))
        gate.began.wait()
        let second = RawClient(server.port)
        predict(second)
        #expect(second.read(until: "}}").contains("HTTP/1.1 503"))
        gate.mayEnd.signal()
        #expect(first.read(until: "}").contains("{\"bytes\":2000}"))
    }

    /// From the signal on the server is not ready; what has come by then is answered.
    @Test func stoppingAnswersWhatHasCome() throws {
        let gate = Gate()
        let server = try RunningServer(service: ReadyService(gate))
        let clients = (0..<5).map { _ in RawClient(server.port) }
        for client in clients { predict(client) }
        gate.began.wait()
        let probe = RawClient(server.port)
        probe.send("GET /ready HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(probe.read(until: "\r\n\r\n").contains("200"))
        server.beginStop()
        // The connection that is there learns it, until it is closed.
        var answer = ""
        repeat {
            probe.send("GET /ready HTTP/1.1\r\nHost: a\r\n\r\n")
            answer = probe.read(until: "\r\n\r\n")
        } while answer.contains("200 OK")
        #expect(answer.contains("503") || answer.isEmpty)
        for _ in 0..<5 { gate.mayEnd.signal() }
        for client in clients { #expect(client.read(until: "}").contains("{\"bytes\":2}")) }
        server.stop()
    }

    /// Says at `/ready` whether the server stops.
    private final class ReadyService: HTTPService {
        private let inner: PredictService<Gate>
        init(_ gate: Gate) { inner = PredictService(gate) }

        func route(_ request: HTTPRequest, _ state: HTTPState, into answer: HTTPAnswer) -> Bool {
            guard request.path.count == 6 else { return inner.route(request, state, into: answer) }
            answer.status = state.isStopping ? 503 : 200
            return false
        }
        func refuse(
            _ path: UnsafeRawBufferPointer, _ status: Int, type: StaticString, message: UnsafeRawBufferPointer,
            into answer: HTTPAnswer
        ) { inner.refuse(path, status, type: type, message: message, into: answer) }
        func gather(_ request: HTTPRequest, isFirst: Bool) -> Int? { inner.gather(request, isFirst: isFirst) }
        func compute() -> Bool { inner.compute() }
        func answer(_ request: HTTPRequest, place: Int?, into answer: HTTPAnswer) {
            inner.answer(request, place: place, into: answer)
        }
        func finished(_ exchange: HTTPExchange) {}
    }

    /// A client that leaves while its request waits harms nobody.
    @Test func clientsThatLeave() throws {
        let gate = Gate()
        let server = try RunningServer(gate)
        defer { server.stop() }
        let busy = RawClient(server.port)
        predict(busy)
        gate.began.wait()
        for _ in 0..<20 { predict(RawClient(server.port)) }
        for _ in 0..<21 { gate.mayEnd.signal() }
        #expect(busy.read(until: "}").contains("{\"bytes\":2}"))
        gate.mayEnd.signal()
        predict(busy, "abc")
        #expect(busy.read(until: "}").contains("{\"bytes\":3}"))
    }

    /// The channel hands on every item once, in order, whatever the speeds of its two threads.
    @Test func channelsKeepOrder() throws {
        let channel = try #require(pack_channel_create(8))
        let count = 200_000
        let box = Pointer(channel)
        Thread.detachNewThread {
            var next = 1
            while next <= count {
                if pack_channel_put(box.raw, UnsafeMutableRawPointer(bitPattern: next)) != 0 { next += 1 }
                if next % 3 == 0 || next > count { pack_channel_publish(box.raw) }
                if next % 8 == 0 { pack_channel_publish(box.raw) }
            }
        }
        var expected = 1
        while expected <= count {
            pack_channel_wait(channel)
            while let item = pack_channel_take(channel) {
                #expect(Int(bitPattern: item) == expected)
                expected += 1
            }
        }
        #expect(pack_channel_count(channel) == 0)
    }

    private struct Pointer: @unchecked Sendable {  // what it points to is made for two threads
        let raw: OpaquePointer
        init(_ raw: OpaquePointer) { self.raw = raw }
    }
}
