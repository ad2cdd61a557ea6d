/// What one file may hold in all: a few bytes of a file can ask for many times as much memory.
final class WireBudget {
    /// The most messages, and the most texts and numbers of lists, that a file may have.
    static let messageLimit = 1 << 22
    static let itemLimit = 1 << 25
    /// Protocol buffers' own limit.
    static let depthLimit = 100

    var messages = 0
    var items = 0
}

/// A message of protocol buffers' wire format (<https://protobuf.dev/programming-guides/encoding>) in a mapped file.
///
/// Fields follow one another, each a varint of number and wire type, and the value: a varint (type 0), 8 bytes (1), a length
/// and as many bytes (2), 4 bytes (5). Groups (3 and 4) are not read: ONNX has none. Every read is checked against the end of
/// the message. Failures name fields from the message on; whoever holds it puts the rest before.
struct WireMessage {
    /// The whole file.
    let bytes: UnsafeRawBufferPointer
    /// The bytes of this message.
    let range: Range<Int>
    /// The byte of the file to be read next.
    private(set) var position: Int
    private let depth: Int
    private let budget: WireBudget
    /// Wire type and first byte of the field that `next` announced.
    private(set) var wireType = 0
    private(set) var fieldStart: Int

    /// The file as one message.
    init(_ bytes: UnsafeRawBufferPointer) {
        self.init(bytes, 0..<bytes.count, depth: 0, budget: WireBudget())
    }

    /// A message that was read once already.
    init(_ bytes: UnsafeRawBufferPointer, again range: Range<Int>) {
        self.init(bytes, range.clamped(to: 0..<bytes.count), depth: 0, budget: WireBudget())
    }

    private init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, depth: Int, budget: WireBudget) {
        self.bytes = bytes
        self.range = range
        position = range.lowerBound
        fieldStart = range.lowerBound
        self.depth = depth
        self.budget = budget
    }

    private var remaining: Int { range.upperBound - position }

    /// Reads the head of the next field and gives its number; nil at the end.
    mutating func next() throws(ONNXFailure) -> Int? {
        guard remaining > 0 else { return nil }
        fieldStart = position
        let head = try rawVarint()
        let number = head >> 3
        wireType = Int(head & 7)
        guard number > 0, number < 1 << 29 else {
            throw failure(.fieldNumber, found: "field \(number)", expected: "1 to 536870911")
        }
        return Int(number)
    }

    /// Passes over the value of a field that is not known.
    mutating func skip() throws(ONNXFailure) {
        switch wireType {
        case 0: _ = try rawVarint()
        case 1: try take(8)
        case 2: _ = try rawLength()
        case 5: try take(4)
        default: throw wrongType("a field that is not known")
        }
    }

    /// Counts texts and numbers that will be kept.
    func count(items: Int) throws(ONNXFailure) {
        budget.items += items
        guard budget.items <= WireBudget.itemLimit else {
            throw failure(
                .tooManyParts, found: "more numbers and texts", expected: "at most \(WireBudget.itemLimit)")
        }
    }

    /// The next message inside this one.
    func inner(_ range: Range<Int>) throws(ONNXFailure) -> WireMessage {
        guard depth < WireBudget.depthLimit else {
            throw failure(.tooDeep, found: "more levels", expected: "at most \(WireBudget.depthLimit)")
        }
        budget.messages += 1
        guard budget.messages <= WireBudget.messageLimit else {
            throw failure(.tooManyParts, found: "more messages", expected: "at most \(WireBudget.messageLimit)")
        }
        return WireMessage(bytes, range, depth: depth + 1, budget: budget)
    }

    /// A failure at the field that was announced last.
    func failure(
        _ problem: ONNXFailure.Problem, at offset: Int? = nil, found: String, expected: String
    ) -> ONNXFailure {
        ONNXFailure(problem, at: offset ?? fieldStart, found: found, expected: expected)
    }

    func wrongType(_ expected: String) -> ONNXFailure {
        failure(.wrongWireType, found: "wire type \(wireType)", expected: expected)
    }
}

extension WireMessage {
    /// A varint wherever it stands: 7 bits a byte, the low ones first, the highest bit set in all but the last.
    mutating func rawVarint() throws(ONNXFailure) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        let start = position
        while true {
            guard remaining > 0 else {
                throw failure(.cutOff, at: start, found: "the end", expected: "the rest of a number")
            }
            let byte = bytes[position]
            position += 1
            // The tenth byte has room for one bit.
            guard shift < 63 || byte < 2 else {
                throw failure(.varintTooLong, at: start, found: "more bits", expected: "at most 64")
            }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
    }

    /// The length of a field and the bytes that it stands for.
    mutating func rawLength() throws(ONNXFailure) -> Range<Int> {
        let length = try rawVarint()
        guard length <= UInt64(remaining) else {
            throw failure(.lengthBeyondEnd, found: "\(length) bytes", expected: "at most the \(remaining) that follow")
        }
        let start = position
        position += Int(length)
        return start..<position
    }

    /// Passes over bytes and gives where they began.
    @discardableResult
    mutating func take(_ count: Int) throws(ONNXFailure) -> Int {
        guard count <= remaining else {
            throw failure(.cutOff, found: "\(remaining) bytes", expected: "\(count) bytes")
        }
        let start = position
        position += count
        return start
    }
}
