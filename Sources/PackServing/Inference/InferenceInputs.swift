import PackCore

// Inputs of an inference request become those of the model, or texts.
extension InferenceRequest {
    /// The shape of an input, as it says.
    struct Shape {
        var dimensions: [8 of Int] = [0, 0, 0, 0, 0, 0, 0, 0]
        var rank = 0
        /// Number of elements.
        var count = 1
    }

    /// Refuses another datatype than the one that the model takes.
    func check(_ input: Int, _ datatype: StaticString) throws(RequestError) {
        guard matches(bytes(inputs[input].datatype), datatype) else {
            throw RequestError(
                .contradiction, name: name(input),
                known: copied(UnsafeRawBufferPointer(start: datatype.utf8Start, count: datatype.utf8CodeUnitCount)),
                detail: StaticText("the datatype of input \"%n\" must be %k, at byte %o"),
                offset: inputs[input].datatypeOffset)
        }
    }

    /// Reads an input's shape.
    func shape(_ input: Int) throws(RequestError) -> Shape {
        var shape = Shape()
        var reader = JSONReader(json, at: inputs[input].shape)
        var isFirst = true
        try reader.enterArray()
        while try reader.nextElement(&isFirst) {
            let offset = reader.offset
            guard shape.rank < 8, try reader.kind() == .number, case .integer(let extent) = try reader.readNumber(),
                extent >= 0, extent < 1 << 40
            else { throw wrongShape(input, offset) }
            let (count, overflow) = shape.count.multipliedReportingOverflow(by: Int(extent))
            guard !overflow, count < 1 << 50 else { throw wrongShape(input, offset) }
            shape.dimensions[shape.rank] = Int(extent)
            shape.count = count
            shape.rank += 1
        }
        return shape
    }

    private func wrongShape(_ input: Int, _ offset: Int) -> RequestError {
        RequestError(
            .contradiction, name: name(input),
            detail: StaticText(
                "the shape of input \"%n\" must be at most 8 extents of 0 to 2^40 and 2^50 elements, at byte %o"),
            offset: offset)
    }

    /// The binary data of an input.
    func binaryData(_ input: Int) -> UnsafeRawBufferPointer {
        binary.part(inputs[input].binary..<inputs[input].binary + max(inputs[input].binarySize, 0))
    }

    /// Refuses an input that has another number of elements than its shape says, before anything is made for them.
    func checkCount(_ input: Int, _ type: DType, _ shape: Shape, _ scratch: ByteBuffer) throws(RequestError) {
        if inputs[input].binarySize >= 0, type != .string {
            // No element takes more than 8 bytes: below 2^50 elements this does not overflow.
            guard inputs[input].binarySize == shape.count * type.size else {
                throw RequestError(
                    .contradiction, name: name(input),
                    detail: StaticText("input \"%n\" has %f bytes of binary data, its shape and datatype need %e"),
                    found: inputs[input].binarySize, expected: shape.count * type.size)
            }
            return
        }
        var found = 0
        if type == .string {
            try eachText(input, scratch) { (_) throws(RequestError) in found += 1 }
        } else {
            found = try reader(input, type, shape, scratch).countElements()
        }
        guard found == shape.count else {
            throw RequestError(.wrongCount, name: name(input), found: found, expected: shape.count)
        }
    }

    private func reader(_ input: Int, _ type: DType, _ shape: Shape, _ scratch: ByteBuffer) -> ArrayReader {
        ArrayReader(input: name(input), body: json, offset: inputs[input].data, type: type, text: scratch)
    }

    /// Writes an input's elements, whose number was checked, to their place.
    func fill(
        _ input: Int, _ type: DType, _ shape: Shape, _ scratch: ByteBuffer, _ place: UnsafeMutableRawBufferPointer,
        code: (UnsafeBufferPointer<UInt8>) throws(RequestError) -> Int64
    ) throws(RequestError) {
        if type == .string {
            var index = 0
            try eachText(input, scratch) { text throws(RequestError) in
                let code = try code(text.bindMemory(to: UInt8.self))
                if index < place.count / 8 { place.storeBytes(of: code, toByteOffset: index * 8, as: Int64.self) }
                index += 1
            }
            return
        }
        guard inputs[input].binarySize >= 0 else {
            try reader(input, type, shape, scratch).fill(place) { _ throws(RequestError) in 0 }
            return
        }
        let bytes = binaryData(input)
        guard bytes.count == place.count else {
            throw RequestError(.wrongCount, name: name(input), found: bytes.count, expected: place.count)
        }
        guard type == .bool || type.takesAnyBytes else {
            throw RequestError(
                .contradiction, name: name(input),
                detail: StaticText("input \"%n\" has a datatype that the protocol does not know; send it as JSON"))
        }
        place.copyMemory(from: bytes)
        if type == .bool { for index in 0..<place.count where place[index] != 0 { place[index] = 1 } }
    }

    // MARK: Texts

    /// Calls with each text of an input of BYTES, in order.
    func eachText(
        _ input: Int, _ scratch: ByteBuffer, _ body: (UnsafeRawBufferPointer) throws(RequestError) -> Void
    ) throws(RequestError) {
        if inputs[input].binarySize >= 0 {
            try eachBinaryText(input, body)
        } else {
            var reader = JSONReader(json, at: inputs[input].data)
            try eachText(input, &reader, scratch, depth: 0, body)
        }
    }

    /// A text is its length in 4 bytes, little-endian, and its bytes.
    private func eachBinaryText(
        _ input: Int, _ body: (UnsafeRawBufferPointer) throws(RequestError) -> Void
    ) throws(RequestError) {
        let bytes = binaryData(input)
        var offset = 0
        while offset < bytes.count {
            let rest = bytes.count - offset
            let length = rest < 4 ? Int.max : Int(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            guard length <= rest - 4 else {
                throw RequestError(
                    .contradiction, name: name(input),
                    detail: StaticText("the binary data of input \"%n\" ends within an element, at its byte %o"),
                    offset: offset)
            }
            try body(bytes.part(offset + 4..<offset + 4 + length))
            offset += 4 + length
        }
    }

    private func eachText(
        _ input: Int, _ reader: inout JSONReader, _ scratch: ByteBuffer, depth: Int,
        _ body: (UnsafeRawBufferPointer) throws(RequestError) -> Void
    ) throws(RequestError) {
        let kind = try reader.kind()
        if kind == .array, depth < ArrayReader.maximumRank {
            var isFirst = true
            try reader.enterArray()
            while try reader.nextElement(&isFirst) {
                try eachText(input, &reader, scratch, depth: depth + 1, body)
            }
            return
        }
        guard kind == .string else {
            throw RequestError(
                .wrongType, name: name(input), detail: StaticText("an array of strings"), offset: reader.offset)
        }
        scratch.clear()
        try reader.readString(into: scratch)
        try body(scratch.bytes)
    }
}
