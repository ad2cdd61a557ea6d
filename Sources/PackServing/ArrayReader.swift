import PackCore

/// Reads an input tensor from JSON in two passes, so that nothing is stored in between: `measure` finds the shape, `fill`
/// writes the elements to the place that the engine then gives.
struct ArrayReader {
    /// The most axes of an input.
    static let maximumRank = 8

    private(set) var dimensions: [8 of Int] = [-1, -1, -1, -1, -1, -1, -1, -1]
    private(set) var rank = 0
    private let input: [UInt8]
    private let type: DType
    /// Gets each string.
    private let text: ByteBuffer
    private let body: UnsafeRawBufferPointer
    /// Where the array of elements starts.
    private var offset: Int
    private var leafAxis = -1

    /// - Parameters:
    ///   - input: The input's name, for errors.
    ///   - body: The request.
    ///   - offset: Where the input's value starts; the JSON there has been checked.
    ///   - type: The elements' type.
    ///   - text: What strings are read into.
    init(input: [UInt8], body: UnsafeRawBufferPointer, offset: Int, type: DType, text: ByteBuffer) {
        self.input = input
        self.type = type
        self.text = text
        self.body = body
        self.offset = offset
    }

    /// Number of elements of the shape; nil if it overflows.
    var count: Int? {
        var count = 1
        for axis in 0..<rank {
            let (product, overflow) = count.multipliedReportingOverflow(by: dimensions[axis])
            if overflow { return nil }
            count = product
        }
        return count
    }

    // MARK: The shape

    /// Finds the shape of nested arrays, or takes that of `{"shape": […], "data": […]}`.
    mutating func measure(name: ByteBuffer) throws(RequestError) {
        var reader = JSONReader(body, at: offset)
        if try reader.kind() == .object {
            try measureObject(&reader, name)
            return
        }
        try measure(&reader, axis: 0)
    }

    private mutating func measure(_ reader: inout JSONReader, axis: Int) throws(RequestError) {
        let start = reader.offset
        switch try reader.kind() {
        case .array:
            guard axis < ArrayReader.maximumRank, leafAxis < 0 || axis < leafAxis else {
                throw RequestError(.ragged, name: input, axis: axis, offset: start)
            }
            rank = max(rank, axis + 1)
            let count = try measureElements(&reader, axis: axis)
            if dimensions[axis] < 0 { dimensions[axis] = count }
            guard dimensions[axis] == count else { throw RequestError(.ragged, name: input, axis: axis, offset: start) }
        case .number where type != .string, .boolean where type != .string, .string where type == .string:
            if leafAxis < 0, axis >= rank { leafAxis = axis }
            guard leafAxis == axis else { throw RequestError(.ragged, name: input, axis: axis, offset: start) }
            try reader.skipValue(text)
        default:
            throw RequestError(.wrongType, name: input, detail: wanted, offset: reader.offset)
        }
    }

    private var wanted: StaticText {
        type == .string ? StaticText("an array of strings") : StaticText("an array of numbers")
    }

    private mutating func measureElements(_ reader: inout JSONReader, axis: Int) throws(RequestError) -> Int {
        var count = 0
        var isFirst = true
        try reader.enterArray()
        while try reader.nextElement(&isFirst) {
            try measure(&reader, axis: axis + 1)
            count += 1
        }
        return count
    }

    private mutating func measureObject(_ reader: inout JSONReader, _ name: ByteBuffer) throws(RequestError) {
        var isFirst = true
        var hasShape = false
        let start = reader.offset
        offset = -1
        try reader.enterObject()
        while try reader.nextMember(&isFirst, name: name) {
            if matches(name.bytes, "shape") {
                hasShape = true
                try readShape(&reader)
            } else if matches(name.bytes, "data") {
                offset = reader.offset
                try reader.skipValue(name)
            } else {
                throw RequestError(
                    .wrongType, name: input, detail: StaticText("an object of shape and data"), offset: start)
            }
        }
        guard hasShape, offset >= 0 else {
            throw RequestError(
                .wrongType, name: input, detail: StaticText("an array, or an object of shape and data"), offset: start)
        }
        let found = try countElements()
        guard found == count else {
            throw RequestError(.wrongCount, name: input, found: found, expected: count ?? Int.max)
        }
    }

    /// Elements that the JSON text really has, so that a shape alone makes nobody take memory.
    func countElements() throws(RequestError) -> Int {
        var reader = JSONReader(body, at: offset)
        var found = 0
        try fill(&reader, UnsafeMutableRawBufferPointer(start: nil, count: 0), &found, 0, axis: 0) { _ in 0 }
        return found
    }

    private mutating func readShape(_ reader: inout JSONReader) throws(RequestError) {
        var isFirst = true
        rank = 0
        try reader.enterArray()
        while try reader.nextElement(&isFirst) {
            let start = reader.offset
            guard case .integer(let extent) = try number(&reader), extent >= 0, extent < 1 << 40, rank < 8 else {
                throw RequestError(.ragged, name: input, axis: rank, offset: start)
            }
            dimensions[rank] = Int(extent)
            rank += 1
        }
    }

    // MARK: The elements

    /// Writes the elements, row-major. A string becomes what `code` makes of it.
    func fill(
        _ place: UnsafeMutableRawBufferPointer, code: (UnsafeBufferPointer<UInt8>) throws(RequestError) -> Int64
    ) throws(RequestError) {
        var reader = JSONReader(body, at: offset)
        let expected = place.count / type.size
        var count = 0
        try fill(&reader, place, &count, expected, axis: 0, code)
        guard count == expected else { throw RequestError(.wrongCount, name: input, found: count, expected: expected) }
    }

    private func fill(
        _ reader: inout JSONReader, _ place: UnsafeMutableRawBufferPointer, _ count: inout Int, _ expected: Int,
        axis: Int, _ code: (UnsafeBufferPointer<UInt8>) throws(RequestError) -> Int64
    ) throws(RequestError) {
        if axis <= ArrayReader.maximumRank, try reader.kind() == .array {
            var isFirst = true
            try reader.enterArray()
            while try reader.nextElement(&isFirst) { try fill(&reader, place, &count, expected, axis: axis + 1, code) }
            return
        }
        let start = reader.offset
        if type == .string {
            let code = try code(try string(&reader))
            if count < expected { place.storeBytes(of: code, toByteOffset: count * 8, as: Int64.self) }
            count += 1
            return
        }
        let value = try number(&reader)
        if count < expected, let base = place.baseAddress, !type.store(value, to: base + count * type.size) {
            throw RequestError(.outOfRange, name: input, detail: type.wanted, offset: start)
        }
        count += 1
    }

    private func string(_ reader: inout JSONReader) throws(RequestError) -> UnsafeBufferPointer<UInt8> {
        guard try reader.kind() == .string else {
            throw RequestError(.wrongType, name: input, detail: wanted, offset: reader.offset)
        }
        text.clear()
        try reader.readString(into: text)
        return text.bytes.bindMemory(to: UInt8.self)
    }

    /// A number; booleans count as 1 and 0.
    private func number(_ reader: inout JSONReader) throws(RequestError) -> JSONNumber {
        if try reader.kind() == .boolean { return .integer(try reader.readBoolean() ? 1 : 0) }
        return try reader.readNumber()
    }
}
