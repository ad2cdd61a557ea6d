import CPackSystem
import Foundation
import PackServing

/// Answers with the size of the body, after a request that asks for an error fails.
final class SizeHandler: RequestHandler {
    func answer(_ body: UnsafeRawBufferPointer, into answer: ByteBuffer) throws(RequestError) {
        if body.count == 3 { throw RequestError(.noTexts) }
        answer.clear()
        answer.append("{\"bytes\":")
        answer.append(decimal: body.count)
        answer.append("}")
    }
}

/// A server in a thread of its own, for as long as the object lives.
final class RunningServer<Service: HTTPService & SendableMetatype>: @unchecked Sendable {
    // `stopped` is written once, read by the thread
    let port: UInt16
    private let finished = DispatchSemaphore(value: 0)
    private let lock = NSLock()
    private var stopped = false

    convenience init(_ limits: HTTPLimits = HTTPLimits()) throws where Service == PredictService<SizeHandler> {
        try self.init(SizeHandler(), limits)
    }

    /// Hands the handler to the server's thread.
    convenience init<Handler: RequestHandler>(_ handler: Handler, _ limits: HTTPLimits = HTTPLimits()) throws
    where Service == PredictService<Handler> {
        try self.init(service: PredictService(handler), limits)
    }

    /// Hands the service to the server's thread.
    init(service: Service, _ limits: HTTPLimits = HTTPLimits()) throws {
        var limits = limits
        limits.linger = min(limits.linger, 20)
        let server = try HTTPServer(service: service, address: 0x7F00_0001, port: 0, limits: limits)
        port = server.port
        let box = Box(server)
        Thread.detachNewThread { [self] in
            while !isStopped, box.server.step(timeout: 20) {}
            box.server.stop()
            while box.server.step(timeout: 20) {}
            finished.signal()
        }
    }

    private final class Box: @unchecked Sendable {  // handed to one thread
        let server: HTTPServer<Service>
        init(_ server: HTTPServer<Service>) { self.server = server }
    }

    private var isStopped: Bool { lock.withLock { stopped } }

    func stop() {
        beginStop()
        finished.wait()
    }

    /// As SIGTERM does, without waiting for the end.
    func beginStop() { lock.withLock { stopped = true } }
}

/// A plain connection that sends bytes and reads until the peer closes or nothing comes for a while.
final class RawClient {
    private let descriptor: Int32

    init(_ port: UInt16) {
        descriptor = pack_connect(0x7F00_0001, port, 1000)
        _ = pack_set_timeouts(descriptor, 1000, 1000)
    }

    deinit { pack_close(descriptor) }

    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { pack_send(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    func endSending() { pack_shutdown_send(descriptor) }

    /// What comes until `marker` was seen, the peer closes, or a second passes.
    func read(until marker: String? = nil) -> String {
        var all: [UInt8] = []
        var bytes = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = pack_receive(descriptor, &bytes, bytes.count)
            guard count > 0 else { break }
            all += bytes[..<count]
            if let marker, String(decoding: all, as: UTF8.self).contains(marker) { break }
        }
        return String(decoding: all, as: UTF8.self)
    }

    /// One answer, whole by its Content-Length; what came before the peer closed or a second passed.
    func readAnswer() -> [UInt8] {
        var all: [UInt8] = []
        var bytes = [UInt8](repeating: 0, count: 65536)
        while !isWhole(all) {
            let count = pack_receive(descriptor, &bytes, bytes.count)
            guard count > 0 else { break }
            all += bytes[..<count]
        }
        return all
    }

    private func isWhole(_ bytes: [UInt8]) -> Bool {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return false }
        let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
        guard let value = head.components(separatedBy: "Content-Length: ").last?.prefix(while: \.isNumber),
            let length = Int(value)
        else { return true }
        return bytes.count >= end.upperBound + length
    }
}
