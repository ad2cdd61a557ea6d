/// The lists of numbers that a tensor's message may have.
enum ONNXNumberField: Int {
    case float = 4
    case int32 = 5
    case int64 = 7
    case double = 10
    case uint64 = 11

    /// Bytes of one number, for those that are not varints.
    var width: Int? {
        switch self {
        case .float: 4
        case .double: 8
        default: nil
        }
    }

    /// The list that holds elements of a type; nil for strings.
    init?(of type: ONNXElementType) {
        switch type {
        case .float, .complex64: self = .float
        case .double, .complex128: self = .double
        case .int64: self = .int64
        case .uint32, .uint64: self = .uint64
        case .string: return nil
        default: self = .int32
        }
    }

    /// Numbers for so many elements.
    static func numbers(_ type: ONNXElementType, count: Int) -> Int {
        switch type {
        case .complex64, .complex128: count * 2
        case .uint4, .int4, .float4e2m1: count / 2 + count % 2
        case .uint2, .int2: count / 4 + (count % 4 == 0 ? 0 : 1)
        default: count
        }
    }
}

/// The fields of a tensor's message, before they are checked against each other.
struct ONNXTensorFields {
    var name = ""
    var shape: [Int] = []
    var type = 0
    var typeOffset: Int?
    var raw: Range<Int>?
    /// The list of numbers or texts (field 6) that was met, and how many it has.
    var list: (field: Int, count: Int)?
    /// Where the numbers are if they are in one field of bytes.
    var packed: Range<Int>?
    var texts = 0
    var external: [String: String] = [:]
    var isExternal = false
}

extension ONNXTensor: WireDecodable {
    init(_ message: inout WireMessage) throws(ONNXFailure) {
        var fields = ONNXTensorFields()
        while let field = try message.next() { try Self.read(field, &message, into: &fields) }
        let place = fields.typeOffset ?? message.range.lowerBound
        guard let type = ONNXElementType(rawValue: fields.type) else {
            throw message.failure(
                .elementType, at: place, found: "\(fields.type)",
                expected: "1 to \(ONNXElementType.allCases.count)"
            ).inside("data_type")
        }
        name = fields.name
        self.type = type
        shape = fields.shape
        offset = message.range.lowerBound
        count = try Self.count(of: shape, message)
        guard type == .string || type.bytes(count: count) != nil, !count.multipliedReportingOverflow(by: 2).overflow
        else { throw Self.tooLarge(shape, message) }
        content = try Self.content(fields, type, count, message)
    }

    private static func read(
        _ field: Int, _ message: inout WireMessage, into fields: inout ONNXTensorFields
    ) throws(ONNXFailure) {
        switch field {
        case 1: try message.int64s("dims", into: &fields.shape)
        case 2:
            fields.type = try message.int32("data_type")
            fields.typeOffset = message.fieldStart
        case 3: throw message.failure(.segmented, found: "a segment", expected: "a whole tensor").inside("segment")
        case 4, 5, 7, 10, 11: try numbers(field, &message, into: &fields)
        case 6:
            _ = try message.data("string_data", fields.list?.count ?? 0)
            try add(1, of: 6, message, into: &fields)
        case 8: fields.name = try message.text("name")
        case 9:
            guard fields.raw == nil else {
                throw message.failure(.repeatedField, found: "a second one", expected: "at most one").inside("raw_data")
            }
            fields.raw = try message.data("raw_data")
        case 13:
            let entry: ONNXProperty = try message.message("external_data", fields.external.count)
            fields.external[entry.key] = entry.value
        case 14: fields.isExternal = try location(&message)
        default: try message.skip()
        }
    }

    private static func location(_ message: inout WireMessage) throws(ONNXFailure) -> Bool {
        let value = try message.int32("data_location")
        guard value == 0 || value == 1 else {
            throw message.failure(.unknownKind, found: "\(value)", expected: "0 or 1").inside("data_location")
        }
        return value == 1
    }

    private static func add(
        _ count: Int, of field: Int, _ message: WireMessage, into fields: inout ONNXTensorFields
    ) throws(ONNXFailure) {
        guard fields.list.map({ $0.field == field }) ?? true else {
            throw message.failure(.dataTwice, found: "a second list of another type", expected: "one list of elements")
        }
        fields.list = (field, (fields.list?.count ?? 0) + count)
    }

    /// Counts the numbers of a list, one or a field of bytes full.
    private static func numbers(
        _ number: Int, _ message: inout WireMessage, into fields: inout ONNXTensorFields
    ) throws(ONNXFailure) {
        let width = ONNXNumberField(rawValue: number)?.width
        guard message.wireType == 2 else {
            guard message.wireType == (width == 4 ? 5 : width == 8 ? 1 : 0) else {
                throw message.wrongType("numbers").inside(fieldName(number))
            }
            try message.skip()
            fields.packed = nil
            return try add(1, of: number, message, into: &fields)
        }
        let range = try message.data(fieldName(number))
        let isFirst = fields.list == nil
        let count: Int
        if let width {
            guard range.count % width == 0 else {
                throw message.failure(
                    .cutOff, found: "\(range.count) bytes", expected: "numbers of \(width) bytes"
                ).inside(fieldName(number))
            }
            count = range.count / width
        } else {
            do throws(ONNXFailure) { count = try message.varints(in: range) } catch {
                throw error.inside(fieldName(number))
            }
        }
        fields.packed = isFirst ? range : nil
        try add(count, of: number, message, into: &fields)
    }

    static func fieldName(_ number: Int) -> StaticString {
        switch number {
        case 4: "float_data"
        case 5: "int32_data"
        case 7: "int64_data"
        case 10: "double_data"
        default: "uint64_data"
        }
    }
}

extension WireMessage {
    /// How many varints fill a range.
    func varints(in range: Range<Int>) throws(ONNXFailure) -> Int {
        var count = 0
        var length = 0
        for offset in range {
            let byte = bytes[offset]
            length += 1
            guard length < 10 || (length == 10 && byte < 2) else {
                throw failure(.varintTooLong, at: offset, found: "more bits", expected: "at most 64")
            }
            if byte < 0x80 {
                count += 1
                length = 0
            }
        }
        guard length == 0 else {
            throw failure(.cutOff, at: range.upperBound, found: "the end", expected: "the rest of a number")
        }
        return count
    }
}
