import PackIO

/// Reads and checks a header.
struct SafetensorsHeader {
    /// First byte behind the header.
    let end: Int
    private let path: String
    private let size: Int
    private(set) var tensors: [TensorRecord] = []
    private(set) var metadata: [String: String] = [:]

    private static let lengthBytes = 8
    private static let rankLimit = 32

    init(of file: MappedFile) throws(SafetensorsFailure) {
        path = file.path
        size = file.size
        end = try Self.end(of: file)
        let text = file.withBytes(in: Self.lengthBytes..<end) { [UInt8]($0) }
        guard text.first == UInt8(ascii: "{") else {
            throw failure(
                .headerNotObject, at: Self.lengthBytes, found: text.first.map { "byte \($0)" } ?? "no header",
                expected: "an opening brace")
        }
        let document: JSONDocument
        do throws(JSONFailure) {
            document = try JSONDocument(text, limits: JSONLimits(bytes: SafetensorsFile.headerLimit, depth: 8))
        } catch {
            let facts = error.facts(file: path)
            throw failure(
                .headerNotJSON, at: Self.lengthBytes + error.offset, found: facts.found ?? "",
                expected: facts.expected ?? "JSON")
        }
        try readMembers(document.root)
        try placeTensors()
    }

    private static func end(of file: MappedFile) throws(SafetensorsFailure) -> Int {
        func failure(_ problem: SafetensorsFailure.Problem, _ found: String, _ expected: String) -> SafetensorsFailure {
            SafetensorsFailure(
                file: file.path, tensor: nil, offset: 0, problem: problem, found: found, expected: expected)
        }
        guard file.size >= lengthBytes else {
            throw failure(.tooShort, "\(file.size) bytes", "at least \(lengthBytes) bytes")
        }
        let length = file.withBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
        guard let count = Int(exactly: length), count <= SafetensorsFile.headerLimit else {
            throw failure(.headerTooLong, "\(length) bytes", "at most \(SafetensorsFile.headerLimit) bytes")
        }
        guard count <= file.size - lengthBytes else {
            throw failure(
                .headerBeyondFile, "a header of \(count) bytes", "at most the \(file.size - lengthBytes) that follow")
        }
        return lengthBytes + count
    }

    private mutating func readMembers(_ root: JSONValue) throws(SafetensorsFailure) {
        for (name, value) in root.members {
            if name == "__metadata__" {
                try readMetadata(value)
            } else {
                tensors.append(try record(name, value))
            }
        }
    }

    private mutating func readMetadata(_ value: JSONValue) throws(SafetensorsFailure) {
        guard value.kind == .object else {
            throw failure(.metadataNotStrings, value, expected: "an object of strings")
        }
        for (key, entry) in value.members {
            guard let text = entry.string else {
                throw failure(.metadataNotStrings, entry, expected: "a string for \"\(key)\"")
            }
            metadata[key] = text
        }
    }

    private func record(_ name: String, _ value: JSONValue) throws(SafetensorsFailure) -> TensorRecord {
        guard value.kind == .object else { throw failure(.tensorNotObject, value, tensor: name, expected: "an object") }
        for (key, field) in value.members where !["dtype", "shape", "data_offsets"].contains(key) {
            throw failure(.fieldUnknown, field, tensor: name, expected: "dtype, shape and data_offsets, not \"\(key)\"")
        }
        let type = try type(of: name, in: value)
        let shape = try shape(of: name, in: value)
        let (count, bytes) = try extent(of: name, type, shape)
        let range = try range(of: name, in: value)
        guard range.count == bytes else {
            throw failure(
                .spanDisagrees, tensor: name, at: range.lowerBound, found: "\(range.count) bytes",
                expected: "\(bytes) bytes for \(type.name) \(shape)")
        }
        return TensorRecord(name: name, type: type, shape: shape, range: range, count: count)
    }
}

extension SafetensorsHeader {
    private func field(_ key: String, of name: String, in value: JSONValue) throws(SafetensorsFailure) -> JSONValue {
        guard let field = value[key] else {
            throw failure(.fieldMissing, value, tensor: name, expected: key)
        }
        return field
    }

    private func type(of name: String, in value: JSONValue) throws(SafetensorsFailure) -> StoredType {
        let field = try field("dtype", of: name, in: value)
        guard let text = field.string, let type = StoredType.named(text) else {
            let known = StoredType.known.map(\.name).joined(separator: ", ")
            throw failure(.dtypeUnknown, field, tensor: name, expected: "one of \(known)")
        }
        return type
    }

    private func shape(of name: String, in value: JSONValue) throws(SafetensorsFailure) -> [Int] {
        let field = try field("shape", of: name, in: value)
        guard field.kind == .array else {
            throw failure(.shapeNotCounts, field, tensor: name, expected: "a list of counts")
        }
        let elements = field.elements
        guard elements.count <= Self.rankLimit else {
            throw failure(
                .rankTooHigh, tensor: name, at: Self.lengthBytes + field.offset, found: "\(elements.count) axes",
                expected: "at most \(Self.rankLimit)")
        }
        var shape: [Int] = []
        for element in elements {
            guard let extent = element.int, extent >= 0 else {
                throw failure(.shapeNotCounts, element, tensor: name, expected: "a count below 2^63")
            }
            shape.append(extent)
        }
        return shape
    }

    /// Elements and bytes of a shape.
    private func extent(
        of name: String, _ type: StoredType, _ shape: [Int]
    ) throws(SafetensorsFailure) -> (count: Int, bytes: Int) {
        var count = 1
        for extent in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            guard !overflow else { throw tooLarge(name, type, shape) }
            count = product
        }
        let (bits, overflow) = count.multipliedReportingOverflow(by: type.bits)
        guard !overflow else { throw tooLarge(name, type, shape) }
        guard bits % 8 == 0 else {
            throw failure(
                .spanDisagrees, tensor: name, at: nil, found: "\(bits) bits for \(type.name) \(shape)",
                expected: "whole bytes")
        }
        return (count, bits / 8)
    }

    private func tooLarge(_ name: String, _ type: StoredType, _ shape: [Int]) -> SafetensorsFailure {
        failure(
            .shapeOverflows, tensor: name, at: nil, found: "\(type.name) \(shape)", expected: "fewer than 2^63 bits")
    }

    /// The tensor's bytes, counted from the start of the file and inside it.
    private func range(of name: String, in value: JSONValue) throws(SafetensorsFailure) -> Range<Int> {
        let field = try field("data_offsets", of: name, in: value)
        let offsets = field.elements.map(\.int)
        guard field.kind == .array, offsets.count == 2, let begin = offsets[0], let stop = offsets[1], begin >= 0,
            stop >= 0
        else {
            let found =
                field.kind == .array ? "[\(field.elements.prefix(3).map(\.excerpt).joined(separator: ", "))]" : nil
            throw failure(
                .offsetsNotPair, tensor: name, at: Self.lengthBytes + field.offset, found: found ?? field.excerpt,
                expected: "two counts below 2^63")
        }
        guard begin <= stop else {
            throw failure(
                .offsetsReversed, tensor: name, at: Self.lengthBytes + field.offset, found: "\(begin) to \(stop)",
                expected: "begin before end")
        }
        guard stop <= size - end else {
            throw failure(
                .offsetsBeyondFile, tensor: name, at: Self.lengthBytes + field.offset, found: "an end at \(stop)",
                expected: "at most \(size - end), the bytes behind the header")
        }
        return end + begin..<end + stop
    }

    /// Sorts the tensors by their bytes and checks that they fill the file without gap and overlap.
    private mutating func placeTensors() throws(SafetensorsFailure) {
        tensors.sort {
            ($0.range.lowerBound, $0.range.upperBound, $0.name) < ($1.range.lowerBound, $1.range.upperBound, $1.name)
        }
        var position = end
        for tensor in tensors {
            let begin = tensor.range.lowerBound
            guard begin == position else {
                throw failure(
                    begin < position ? .overlap : .gap, tensor: tensor.name, at: begin,
                    found: "a start at byte \(begin)",
                    expected: "byte \(position), where the tensor before it ends")
            }
            position = tensor.range.upperBound
        }
        guard position == size else {
            throw failure(
                .trailingBytes, tensor: nil, at: position, found: "\(size - position) bytes", expected: "none")
        }
    }

    private func failure(
        _ problem: SafetensorsFailure.Problem, tensor: String? = nil, at offset: Int?, found: String, expected: String
    ) -> SafetensorsFailure {
        SafetensorsFailure(
            file: path, tensor: tensor, offset: offset, problem: problem, found: found, expected: expected)
    }

    private func failure(
        _ problem: SafetensorsFailure.Problem, _ value: JSONValue, tensor: String? = nil, expected: String
    ) -> SafetensorsFailure {
        failure(
            problem, tensor: tensor, at: Self.lengthBytes + value.offset, found: value.excerpt, expected: expected)
    }
}
