/// Reads one answer of HTTP/1.1 as it comes (RFC 9112): a body of a known length, in chunks, or up to the connection's end.
package struct HTTPReply {
    /// How far it is.
    package enum Progress: Equatable {
        case incomplete
        case complete
        case malformed(String)
    }

    private enum State: Equatable {
        case head
        case length(Int)
        case chunkSize
        case chunk(Int)
        case trailer
        case untilClosed
        case done
    }

    package private(set) var status = 0
    package private(set) var body: [UInt8] = []
    /// Whether the connection may be used again.
    package private(set) var keepsConnection = true
    /// Whether anything has come.
    package private(set) var hasBegun = false
    private var state = State.head
    private var input: [UInt8] = []
    private var offset = 0
    private let limit: Int

    /// - Parameter limit: The most bytes of a body.
    package init(limit: Int) { self.limit = limit }

    /// Takes what has come.
    package mutating func take(_ bytes: some Sequence<UInt8>) -> Progress {
        input += bytes
        hasBegun = true
        while true {
            do throws(Fault) {
                guard try step() else { return .incomplete }
            } catch { return .malformed(error.reason) }
            if state == .done { return .complete }
            if offset > 1 << 16 {
                input.removeFirst(offset)
                offset = 0
            }
        }
    }

    /// Takes the end of the connection.
    package mutating func end() -> Progress {
        keepsConnection = false
        if state == .untilClosed { return .complete }
        return .malformed(hasBegun ? "the connection ended within an answer" : "the connection ended without an answer")
    }

    private struct Fault: Error { let reason: String }

    /// Reads a part; false if more must come first.
    private mutating func step() throws(Fault) -> Bool {
        switch state {
        case .head:
            guard let line = try line() else { return false }
            if status == 0 { try readStatus(line) } else { try readHeader(line) }
        case .length(let left): return try copy(left) { $0 == 0 ? .done : .length($0) }
        case .chunkSize:
            guard let line = try line() else { return false }
            guard let size = Int(line.prefix { $0 != ";" }.trimmed, radix: 16), size >= 0 else {
                throw Fault(reason: "a chunk of the size '\(line.prefix(20))'")
            }
            state = size == 0 ? .trailer : .chunk(size)
        case .chunk(let left): return try copy(left) { $0 == 0 ? .chunkSize : .chunk($0) }
        case .trailer:
            guard let line = try line() else { return false }
            if line.isEmpty { state = .done }
        case .untilClosed: return try copy(.max) { _ in .untilClosed }
        case .done: break
        }
        return true
    }

    /// A line without its end; an empty one after a chunk is passed over.
    private mutating func line() throws(Fault) -> String? {
        guard let end = input[offset...].firstIndex(of: 0x0A) else {
            guard input.count - offset < 65536 else { throw Fault(reason: "a line of more than 64 KB") }
            return nil
        }
        let stop = end > offset && input[end - 1] == 0x0D ? end - 1 : end
        let text = String(decoding: input[offset..<stop], as: UTF8.self)
        offset = end + 1
        if state == .chunkSize, text.isEmpty { return try line() }
        return text
    }

    private mutating func readStatus(_ line: String) throws(Fault) {
        let parts = line.split(separator: " ", maxSplits: 2)
        guard parts.count >= 2, parts[0].hasPrefix("HTTP/1."), let code = Int(parts[1]), (100...599).contains(code)
        else {
            throw Fault(reason: "an answer that begins '\(line.prefix(40))'")
        }
        status = code
        keepsConnection = parts[0] != "HTTP/1.0"
        state = .head
        framing = nil
    }

    private var framing: State?

    private mutating func readHeader(_ line: String) throws(Fault) {
        guard !line.isEmpty else { return try endHead() }
        guard let colon = line.firstIndex(of: ":") else { throw Fault(reason: "a header '\(line.prefix(40))'") }
        let name = line[..<colon].lowercased()
        let value = line[line.index(after: colon)...].trimmed.lowercased()
        switch name {
        case "content-length" where framing != .chunkSize:
            guard let length = Int(value), length >= 0, length <= limit else {
                throw Fault(reason: "a content-length of \(value), at most \(limit) is taken")
            }
            framing = .length(length)
        case "transfer-encoding" where value.hasSuffix("chunked"): framing = .chunkSize
        case "connection" where value == "close": keepsConnection = false
        default: break
        }
    }

    private mutating func endHead() throws(Fault) {
        // 100 Continue and the like come before the answer itself.
        guard status >= 200 else {
            status = 0
            return
        }
        if status == 204 || status == 304 { framing = .length(0) }
        state = framing ?? .untilClosed
        if state == .length(0) { state = .done }
        if state == .untilClosed { keepsConnection = false }
    }

    /// Takes as much of the body as has come.
    private mutating func copy(_ left: Int, _ next: (Int) -> State) throws(Fault) -> Bool {
        let count = min(left, input.count - offset)
        guard count > 0 else { return false }
        guard body.count + count <= limit else { throw Fault(reason: "a body of more than \(limit) bytes") }
        body += input[offset..<offset + count]
        offset += count
        state = next(left == .max ? .max : left - count)
        return true
    }
}

extension StringProtocol {
    /// Without spaces at both ends.
    fileprivate var trimmed: String {
        var text = Substring(self)
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return String(text)
    }
}
