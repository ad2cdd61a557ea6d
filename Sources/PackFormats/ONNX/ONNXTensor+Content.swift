extension ONNXTensor {
    /// Elements of a shape.
    static func count(of shape: [Int], _ message: WireMessage) throws(ONNXFailure) -> Int {
        guard shape.count <= 64 else {
            throw message.failure(
                .rankTooHigh, at: message.range.lowerBound, found: "\(shape.count) axes", expected: "at most 64"
            ).inside("dims")
        }
        var count = 1
        var isEmpty = false
        var overflow = false
        for (axis, extent) in shape.enumerated() {
            guard extent >= 0 else {
                throw message.failure(
                    .negativeExtent, at: message.range.lowerBound, found: "\(extent)", expected: "0 or more"
                ).inside("dims", axis)
            }
            let (product, tooLarge) = count.multipliedReportingOverflow(by: extent)
            isEmpty = isEmpty || extent == 0
            overflow = overflow || tooLarge
            count = tooLarge ? 1 : product
        }
        if isEmpty { return 0 }
        guard !overflow else { throw tooLarge(shape, message) }
        return count
    }

    static func tooLarge(_ shape: [Int], _ message: WireMessage) -> ONNXFailure {
        message.failure(
            .sizeOverflows, at: message.range.lowerBound, found: "\(shape)", expected: "fewer than 2^63 bits"
        ).inside("dims")
    }

    /// Where the elements are: in one place, and as many as the shape asks for.
    static func content(
        _ fields: ONNXTensorFields, _ type: ONNXElementType, _ count: Int, _ message: WireMessage
    ) throws(ONNXFailure) -> Content {
        let start = message.range.lowerBound
        if fields.isExternal {
            let external = try ONNXExternalData(fields.external, message)
            guard let needed = type.bytes(count: count), external.length.map({ $0 == needed }) ?? true else {
                let expected = type.bytes(count: count).map { "\($0) bytes" } ?? "a type other than string"
                throw message.failure(
                    .dataDisagrees, at: start, found: external.length.map { "\($0) bytes" } ?? "strings",
                    expected: expected
                ).inside("external_data")
            }
            return .external(external)
        }
        if let raw = fields.raw {
            guard fields.list == nil else {
                throw message.failure(.dataTwice, at: start, found: "raw data and a list", expected: "one of them")
            }
            guard let needed = type.bytes(count: count), raw.count == needed else {
                let expected = type.bytes(count: count).map { "\($0) bytes" } ?? "string_data"
                throw message.failure(
                    .dataDisagrees, at: raw.lowerBound, found: "\(raw.count) bytes",
                    expected: "\(expected) for \(type.name) \(fields.shape)"
                ).inside("raw_data")
            }
            return .raw(raw)
        }
        return try listed(fields, type, count, message)
    }

    private static func listed(
        _ fields: ONNXTensorFields, _ type: ONNXElementType, _ count: Int, _ message: WireMessage
    ) throws(ONNXFailure) -> Content {
        let start = message.range.lowerBound
        let wanted = ONNXNumberField(of: type)?.rawValue ?? 6
        let found = fields.list ?? (wanted, 0)
        let needed = ONNXNumberField.numbers(type, count: count)
        guard found.field == wanted || found.count == 0, found.count == needed else {
            let name = found.field == 6 ? "string_data" : "\(fieldName(found.field))"
            throw message.failure(
                .dataDisagrees, at: start, found: "\(found.count) elements of \(name)",
                expected: "\(needed) for \(type.name) \(fields.shape)")
        }
        if type == .string { return .texts(message: message.range) }
        // Floats are written as they are in memory.
        if let width = ONNXNumberField(rawValue: wanted)?.width {
            if needed == 0 { return .raw(start..<start) }
            if let packed = fields.packed, packed.count / width == needed { return .raw(packed) }
        }
        return .listed(field: wanted, message: message.range)
    }
}

extension ONNXExternalData {
    fileprivate init(_ entries: [String: String], _ message: WireMessage) throws(ONNXFailure) {
        func number(_ key: String) throws(ONNXFailure) -> Int? {
            guard let text = entries[key] else { return nil }
            guard let value = Int(text), value >= 0 else {
                throw message.failure(
                    .externalField, at: message.range.lowerBound, found: "\(key) = \"\(text)\"",
                    expected: "a count below 2^63"
                ).inside("external_data")
            }
            return value
        }
        guard let location = entries["location"], !location.isEmpty else {
            throw message.failure(
                .externalField, at: message.range.lowerBound, found: "no location", expected: "the name of a file"
            ).inside("external_data")
        }
        let offset = try number("offset") ?? 0
        let length = try number("length")
        guard !offset.addingReportingOverflow(length ?? 0).overflow else {
            throw message.failure(
                .externalField, at: message.range.lowerBound, found: "offset \(offset) and length \(length ?? 0)",
                expected: "a sum below 2^63"
            ).inside("external_data")
        }
        (self.location, self.offset, self.length) = (location, offset, length)
    }
}
