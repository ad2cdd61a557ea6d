/// Reads one HTTP/1.1 request from bytes as they come, within limits.
package struct HTTPRequestParser {
    /// What a request asks for.
    package enum Method: Equatable {
        case get, head, post, other
    }

    /// How far the request is.
    package enum Progress: Equatable {
        case head, body, complete
        /// It is refused with this status; the connection cannot be used further.
        case refused(Int)
    }

    /// The most bytes of a head.
    package static let headLimit = 16384

    package private(set) var progress = Progress.head
    package private(set) var method = Method.other
    /// The path's place in the request, without query.
    package private(set) var path = 0..<0
    package private(set) var keepsAlive = true
    package private(set) var expectsContinue = false
    /// The body's place in the request.
    package var bodyRange: Range<Int> { body.range }
    private(set) var body = HTTPBody(.length(0), start: 0, limit: 0)
    private let bodyLimit: Int
    private var searched = 0

    package init(bodyLimit: Int) {
        self.bodyLimit = bodyLimit
    }

    /// Bytes of the request, once complete; others follow it.
    package var length: Int { body.consumed }

    /// Reads on.
    ///
    /// - Parameter message: All bytes of the request so far. The body's are moved together in them.
    package mutating func advance(_ message: ByteBuffer) {
        if progress == .head { readHead(message.bytes) }
        guard progress == .body else { return }
        do throws(HTTPBody.Fault) {
            try body.advance(message.mutableBytes)
            body.compact(message)
            if body.isComplete { progress = .complete }
        } catch {
            progress = .refused(error == .tooLarge ? 413 : 400)
        }
    }

    private mutating func readHead(_ bytes: UnsafeRawBufferPointer) {
        guard let length = headLength(bytes.part(0..<HTTPRequestParser.headLimit), searched: searched) else {
            searched = bytes.count
            if bytes.count >= HTTPRequestParser.headLimit {
                progress = .refused(hasLine(bytes) ? 431 : 414)
            } else if let first = bytes.first, !isTokenByte(first) {
                progress = .refused(400)
            }
            return
        }
        var headers = HTTPHeaders(bytes.part(0..<length))
        var fields = Fields()
        do throws(HTTPHeaders.Fault) {
            let line = try headers.startLine()
            if let status = readStartLine(line, &fields) {
                progress = .refused(status)
                return
            }
            while let (name, value) = try headers.next() { fields.read(name, value) }
        } catch {
            progress = .refused(400)
            return
        }
        finishHead(fields, length)
    }

    private func hasLine(_ bytes: UnsafeRawBufferPointer) -> Bool {
        for byte in bytes.part(0..<HTTPRequestParser.headLimit) where byte == 0x0D { return true }
        return false
    }

    /// Reads `METHOD TARGET HTTP/1.x`; the status to refuse it with, if it is wrong.
    private mutating func readStartLine(_ line: UnsafeRawBufferPointer, _ fields: inout Fields) -> Int? {
        var methodEnd = 0
        while methodEnd < line.count, isTokenByte(line[methodEnd]) { methodEnd += 1 }
        guard methodEnd > 0, methodEnd < line.count, line[methodEnd] == 0x20 else { return 400 }
        var targetEnd = methodEnd + 1
        while targetEnd < line.count, line[targetEnd] > 0x20, line[targetEnd] < 0x7F { targetEnd += 1 }
        let target = methodEnd + 1..<targetEnd
        guard target.count > 0, targetEnd < line.count, line[targetEnd] == 0x20 else { return 400 }
        let version = line.part(targetEnd + 1..<line.count)
        guard version.count == 8, matches(version.part(0..<5), "HTTP/") else { return 400 }
        guard matches(version, "HTTP/1.1") || matches(version, "HTTP/1.0") else { return 505 }
        fields.isOld = version[7] == 0x30
        method = HTTPRequestParser.method(line.part(0..<methodEnd))
        guard line[target.lowerBound] == 0x2F || line[target.lowerBound] == 0x2A else { return 400 }
        var end = target.lowerBound
        while end < target.upperBound, line[end] != 0x3F { end += 1 }
        path = target.lowerBound..<end
        return nil
    }

    private static func method(_ name: UnsafeRawBufferPointer) -> Method {
        if matches(name, "GET") { return .get }
        if matches(name, "HEAD") { return .head }
        return matches(name, "POST") ? .post : .other
    }

    /// Headers that matter.
    private struct Fields {
        var isOld = false
        package var length: Int?
        var isChunked = false
        var hosts = 0
        var closes = false
        var persists = false
        var expectsContinue = false
        /// The status to refuse the request with.
        var fault: Int?

        mutating func read(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
            if matchesIgnoringCase(name, "content-length") {
                let found = decimal(value)
                if found == nil || (length != nil && length != found) { fault = 400 }
                length = found
            } else if matchesIgnoringCase(name, "transfer-encoding") {
                if isChunked || isOld { fault = 400 }
                if matchesIgnoringCase(value, "chunked") { isChunked = true } else { fault = fault ?? 501 }
            } else if matchesIgnoringCase(name, "content-encoding") {
                if !matchesIgnoringCase(value, "identity") { fault = fault ?? 415 }
            } else if matchesIgnoringCase(name, "host") {
                hosts += 1
            } else if matchesIgnoringCase(name, "connection") {
                closes = closes || hasWord(value, "close")
                persists = persists || hasWord(value, "keep-alive")
            } else if matchesIgnoringCase(name, "expect") {
                if matchesIgnoringCase(value, "100-continue") { expectsContinue = true } else { fault = fault ?? 417 }
            }
        }
    }

    private mutating func finishHead(_ fields: Fields, _ length: Int) {
        keepsAlive = fields.isOld ? fields.persists && !fields.closes : !fields.closes
        expectsContinue = fields.expectsContinue && !fields.isOld
        if let fault = fields.fault {
            progress = .refused(fault)
        } else if fields.isChunked && fields.length != nil {
            progress = .refused(400)
        } else if fields.isOld ? fields.hosts > 1 : fields.hosts != 1 {
            progress = .refused(400)
        } else if method == .post && !fields.isChunked && fields.length == nil {
            progress = .refused(411)
        } else {
            let framing = fields.isChunked ? HTTPBody.Framing.chunked : .length(fields.length ?? 0)
            body = HTTPBody(framing, start: length, limit: bodyLimit)
            progress = .body
        }
    }
}
