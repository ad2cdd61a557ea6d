import CPackSystem

/// Why a peer did not answer.
public enum HTTPClientError: Error, Equatable {
    /// It cannot be reached; the system's error number.
    case unreachable(Int)
    /// It closed the connection before it answered.
    case closed
    /// Its answer is not HTTP, or larger than allowed.
    case badAnswer
    /// SIGTERM came while waiting.
    case terminated
}

/// An HTTP/1.1 client for one peer and one exchange at a time over a connection that is kept.
public final class HTTPClient {
    /// The answer's status.
    public private(set) var status = 0
    /// The largest answer that is taken, in bytes.
    public var bodyLimit = 8 << 20
    private let endpoint: Endpoint
    private let host: [UInt8]
    private var descriptor: Int32 = -1
    private var isReused = false
    private let output = ByteBuffer()
    private let input = ByteBuffer()
    private var head = 0..<0
    private var answer = HTTPBody(.length(0), start: 0, limit: 0)
    private var closes = false

    /// - Parameters:
    ///   - endpoint: The peer.
    ///   - host: Its name as the `Host` header has it.
    public init(_ endpoint: Endpoint, host: [UInt8]) {
        self.endpoint = endpoint
        self.host = host
    }

    deinit {
        pack_close(descriptor)
    }

    /// The answer's body, valid until the next exchange.
    public var body: UnsafeRawBufferPointer { input.bytes(answer.range) }

    /// The value of a header of the answer, by its name in lower case.
    public func header(_ lowercase: StaticString) -> UnsafeRawBufferPointer? {
        var headers = HTTPHeaders(input.bytes(head))
        do throws(HTTPHeaders.Fault) {
            _ = try headers.startLine()
            while let (name, value) = try headers.next() {
                if matchesIgnoringCase(name, lowercase) { return value }
            }
        } catch { return nil }
        return nil
    }

    /// Asks for a path and waits for the answer, without limit.
    public func get(_ path: [UInt8]) throws(HTTPClientError) {
        begin("GET ", path)
        output.append("\r\n")
        try exchange()
    }

    /// Posts a JSON body.
    ///
    /// - Parameter errorType: The value of `Lambda-Runtime-Function-Error-Type`, if it is to be sent.
    public func post(
        _ path: [UInt8], _ body: UnsafeRawBufferPointer, errorType: StaticString? = nil
    ) throws(HTTPClientError) {
        begin("POST ", path)
        output.append("Content-Type: application/json\r\nContent-Length: ")
        output.append(decimal: body.count)
        if let errorType {
            output.append("\r\nLambda-Runtime-Function-Error-Type: ")
            output.append(errorType)
        }
        output.append("\r\n\r\n")
        output.append(body)
        try exchange()
    }

    private func begin(_ method: StaticString, _ path: [UInt8]) {
        output.clear(keeping: 1 << 20)
        output.append(method)
        output.append(path)
        output.append(" HTTP/1.1\r\nHost: ")
        output.append(host)
        output.append("\r\n")
    }

    // MARK: The exchange

    /// Sends the request and reads the answer. A kept connection that the peer has closed meanwhile is opened anew, once.
    private func exchange() throws(HTTPClientError) {
        guard !output.overflowed else { throw .badAnswer }
        do throws(HTTPClientError) {
            try exchangeOnce()
        } catch {
            disconnect()
            guard error == .closed, isReused, input.count == 0 else { throw error }
            try exchangeOnce()
        }
        if closes { disconnect() }
    }

    private func exchangeOnce() throws(HTTPClientError) {
        input.clear(keeping: 1 << 20)
        isReused = descriptor >= 0
        if descriptor < 0 {
            descriptor = pack_connect(endpoint.address, endpoint.port, 10_000)
            guard descriptor >= 0 else { throw .unreachable(Int(-descriptor)) }
        }
        var sent = 0
        while sent < output.count {
            let rest = output.bytes(sent..<output.count)
            let count = pack_send(descriptor, rest.baseAddress, rest.count)
            guard count > 0 else { throw .closed }
            sent += count
        }
        repeat { try readHead() } while status < 200
        try readBody()
    }

    private func disconnect() {
        pack_close(descriptor)
        descriptor = -1
    }

    /// Waits for bytes; false when the peer has closed.
    private func receive() throws(HTTPClientError) -> Bool {
        let item = pack_poll_item(descriptor: descriptor, wanted: Int16(PACK_READABLE), ready: 0)
        let signal = pack_poll_item(descriptor: pack_signals_install(), wanted: Int16(PACK_READABLE), ready: 0)
        var items: [2 of pack_poll_item] = [item, signal]
        var span = items.mutableSpan
        _ = span.withUnsafeMutableBufferPointer { pack_poll($0.baseAddress, 2, -1) }
        if pack_terminated() != 0 { throw .terminated }
        let room = input.reserve(65536)
        guard room.count > 0, input.count <= bodyLimit + 131_072 else { throw .badAnswer }
        let got = pack_receive(descriptor, room.baseAddress, room.count)
        if got < 0 { throw .closed }
        input.commit(got)
        return got > 0
    }

    private func readHead() throws(HTTPClientError) {
        let start = status >= 100 && status < 200 && input.count > 0 ? head.upperBound : 0
        input.removeFirst(start)
        var searched = 0
        while true {
            if let length = headLength(input.bytes, searched: searched) {
                head = 0..<length
                break
            }
            searched = input.count
            guard searched < 65536 else { throw .badAnswer }
            guard try receive() else { throw .closed }
        }
        do throws(HTTPHeaders.Fault) { try parseHead() } catch { throw .badAnswer }
    }

    private func parseHead() throws(HTTPHeaders.Fault) {
        var headers = HTTPHeaders(input.bytes(head))
        let line = try headers.startLine()
        guard line.count >= 12, matches(line.part(0..<7), "HTTP/1."), let found = decimal(line.part(9..<12)) else {
            throw .badLine
        }
        status = found
        closes = line[7] == 0x30
        var framing = HTTPBody.Framing.untilClosed
        while let (name, value) = try headers.next() {
            if matchesIgnoringCase(name, "content-length") {
                guard let length = decimal(value) else { throw .badValue }
                if framing != .chunked { framing = .length(length) }
            } else if matchesIgnoringCase(name, "transfer-encoding"), hasWord(value, "chunked") {
                framing = .chunked
            } else if matchesIgnoringCase(name, "connection") {
                closes = closes || hasWord(value, "close")
            }
        }
        if status == 204 || status == 304 || status < 200 { framing = .length(0) }
        if framing == .untilClosed { closes = true }
        answer = HTTPBody(framing, start: head.upperBound, limit: bodyLimit)
    }

    private func readBody() throws(HTTPClientError) {
        while !answer.isComplete {
            do throws(HTTPBody.Fault) {
                try answer.advance(input.mutableBytes)
                answer.compact(input)
            } catch { throw .badAnswer }
            if answer.isComplete { return }
            guard try receive() else {
                guard closes, answer.endsWithConnection else { throw .closed }
                return
            }
        }
    }
}
