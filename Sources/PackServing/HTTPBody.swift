/// Decodes a message's body as it comes: of a known length, or in chunks (RFC 9112, section 7.1). The decoded bytes are moved
/// together at the start of the body, so a body takes no memory but its own.
struct HTTPBody {
    /// How the body ends.
    enum Framing: Equatable {
        case length(Int)
        case chunked
        /// With the connection; answers only.
        case untilClosed
    }

    /// Why a body is refused.
    enum Fault: Error, Equatable {
        case badChunk, tooLarge
    }

    private enum State {
        case size, data, dataEnd, trailer, done
    }

    /// Decoded bytes, from the body's start.
    private(set) var count = 0
    /// Bytes of the message that were read; not yet decoded ones start here.
    private(set) var consumed: Int
    /// Whether the body is whole.
    private(set) var isComplete = false
    private let framing: Framing
    private let start: Int
    private let limit: Int
    private var state = State.size
    private var left = 0
    private var trailerBytes = 0

    /// - Parameters:
    ///   - framing: How the body ends.
    ///   - start: Where it starts in the message.
    ///   - limit: The most decoded bytes.
    init(_ framing: Framing, start: Int, limit: Int) {
        self.framing = framing
        self.start = start
        self.limit = limit
        consumed = start
        if case .length(let length) = framing {
            left = length
            isComplete = length == 0
        }
    }

    /// The decoded bytes' place in the message.
    var range: Range<Int> { start..<start + count }

    /// Whether only the end of the connection ends the body.
    var endsWithConnection: Bool { framing == .untilClosed }

    /// Takes the bytes between the decoded and the unread ones out of the message once they are many, so that a body in small
    /// chunks holds little more memory than its content.
    mutating func compact(_ message: ByteBuffer) {
        let gap = start + count..<consumed
        guard gap.count > 65536 else { return }
        message.remove(gap)
        consumed = gap.lowerBound
    }

    /// Decodes what has come.
    ///
    /// - Parameter bytes: All bytes of the message so far.
    mutating func advance(_ bytes: UnsafeMutableRawBufferPointer) throws(Fault) {
        switch framing {
        case .length(let length):
            guard length <= limit else { throw .tooLarge }
            take(bytes)
            isComplete = left == 0
        case .untilClosed:
            left = bytes.count - consumed
            guard count + left <= limit else { throw .tooLarge }
            take(bytes)
        case .chunked:
            while !isComplete, try step(bytes) {}
        }
    }

    /// Moves as many of the `left` bytes as there are to the end of the decoded ones.
    private mutating func take(_ bytes: UnsafeMutableRawBufferPointer) {
        let size = min(left, bytes.count - consumed)
        guard size > 0, let base = bytes.baseAddress else { return }
        if consumed != start + count {
            (base + start + count).copyMemory(from: base + consumed, byteCount: size)
        }
        consumed += size
        count += size
        left -= size
    }

    /// Reads the next part of a chunked body; false if more bytes are needed.
    private mutating func step(_ bytes: UnsafeMutableRawBufferPointer) throws(Fault) -> Bool {
        switch state {
        case .size:
            guard let line = try line(bytes, longest: 256) else { return false }
            left = try chunkSize(line)
            guard left <= limit - count else { throw .tooLarge }
            state = left == 0 ? .trailer : .data
        case .data:
            guard consumed < bytes.count else { return false }
            take(bytes)
            if left == 0 { state = .dataEnd }
        case .dataEnd:
            guard let line = try line(bytes, longest: 0) else { return false }
            guard line.count == 0 else { throw .badChunk }
            state = .size
        case .trailer:
            guard let line = try line(bytes, longest: 4096) else { return false }
            trailerBytes += line.count
            guard trailerBytes <= 8192 else { throw .badChunk }
            if line.count == 0 { state = .done }
        case .done:
            isComplete = true
        }
        return true
    }

    private mutating func line(_ bytes: UnsafeMutableRawBufferPointer, longest: Int) throws(Fault)
        -> UnsafeRawBufferPointer?
    {
        var end = consumed
        while end < bytes.count, bytes[end] != 0x0D {
            guard end - consumed < longest, bytes[end] != 0x0A else { throw .badChunk }
            end += 1
        }
        guard end + 1 < bytes.count else { return nil }
        guard bytes[end + 1] == 0x0A else { throw .badChunk }
        let line = UnsafeRawBufferPointer(bytes).part(consumed..<end)
        consumed = end + 2
        return line
    }

    /// A hexadecimal size, maybe followed by extensions that mean nothing here.
    private func chunkSize(_ line: UnsafeRawBufferPointer) throws(Fault) -> Int {
        var size = 0
        var digits = 0
        for byte in line {
            guard let digit = hexadecimal(byte) else {
                guard byte == 0x3B || byte == 0x20 || byte == 0x09 else { throw .badChunk }
                break
            }
            digits += 1
            guard digits <= 12 else { throw .tooLarge }
            size = size << 4 | Int(digit)
        }
        guard digits > 0 else { throw .badChunk }
        return size
    }
}
