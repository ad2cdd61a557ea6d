/// An inference request of the Open Inference Protocol, version 2, over REST, with the binary tensor extension. One is kept and
/// filled again for each request.
///
///     {"id": "…", "parameters": {"binary_data_output": true},
///      "inputs": [{"name": "…", "shape": […], "datatype": "FP32", "data": […]}, …],
///      "outputs": [{"name": "…", "parameters": {"binary_data": true}}, …]}
///
/// In place of `data` an input may have `"parameters": {"binary_data_size": n}`: its n bytes then follow the JSON object, in the order of
/// the inputs, and the header Inference-Header-Content-Length tells where the JSON object ends. Members with other names are
/// skipped. A number of candidates for masked language models may be given as the parameter `top`.
final class InferenceRequest {
    /// An input, as it was sent.
    struct Input {
        /// In `text`.
        var name = Request.ByteRange(start: 0, end: 0)
        var datatype = Request.ByteRange(start: 0, end: 0)
        /// Where the input and its datatype start in the JSON text, for errors.
        var offset = 0
        var datatypeOffset = -1
        /// Where the arrays start in the JSON text; -1 for one that is not there.
        var shape = -1
        var data = -1
        /// Where its binary data starts, and its size; -1 for none.
        var binary = 0
        var binarySize = -1
    }

    /// An output that is asked for.
    struct Output {
        var name = Request.ByteRange(start: 0, end: 0)
        var isBinary = false
        var isChosen = false
    }

    let text = ByteBuffer()
    let inputs = PlainList<Input>()
    let outputs = PlainList<Output>()
    /// The request's own name; nil if it has none.
    private(set) var id: Request.ByteRange?
    /// Whether outputs that say nothing else are to be binary.
    private(set) var wantsBinary = false
    private(set) var top: Int?
    /// The JSON object, and what follows it.
    private(set) var json = UnsafeRawBufferPointer(start: nil, count: 0)
    private(set) var binary = UnsafeRawBufferPointer(start: nil, count: 0)
    private let name = ByteBuffer()
    private let scratch = ByteBuffer()

    /// The bytes of a range of `text`.
    func bytes(_ range: Request.ByteRange) -> UnsafeRawBufferPointer { text.bytes(range.start..<range.end) }

    /// An input's name, for errors.
    func name(_ input: Int) -> [UInt8] { copied(bytes(inputs[input].name)) }

    /// Reads a request; what was held before is gone.
    func read(_ request: HTTPRequest) throws(RequestError) {
        text.clear(keeping: 1 << 20)
        scratch.clear(keeping: 1 << 20)
        inputs.clear()
        outputs.clear()
        id = nil
        wantsBinary = false
        top = nil
        let length = try jsonLength(request)
        json = request.body.part(0..<length)
        binary = request.body.part(length..<request.body.count)
        try readJSON()
        if text.overflowed || inputs.overflowed || outputs.overflowed {
            throw RequestError(.outOfMemory, found: json.count)
        }
        try placeBinaryData()
    }

    /// Bytes of the body's JSON object, by the header that says so; without it all.
    private func jsonLength(_ request: HTTPRequest) throws(RequestError) -> Int {
        var length: Int?
        var headers = HTTPHeaders(request.head)
        do throws(HTTPHeaders.Fault) {
            _ = try headers.startLine()
            while let (name, value) = try headers.next() {
                guard matchesIgnoringCase(name, "inference-header-content-length") else { continue }
                guard length == nil else { throw .badValue }
                guard let found = decimal(value), found <= request.body.count else { throw .badValue }
                length = found
            }
        } catch {
            throw RequestError(
                .contradiction,
                detail: StaticText(
                    "Inference-Header-Content-Length must be there once, as the bytes of JSON in a body of %e bytes"),
                expected: request.body.count)
        }
        return length ?? request.body.count
    }

    private func readJSON() throws(RequestError) {
        var reader = JSONReader(json)
        var isFirst = true
        var seen: UInt8 = 0
        try reader.enterObject()
        while try reader.nextMember(&isFirst, name: name) {
            if matches(name.bytes, "id") {
                try once(1, &seen, reader)
                id = try readString(&reader)
            } else if matches(name.bytes, "parameters") {
                try once(2, &seen, reader)
                try readParameters(&reader)
            } else if matches(name.bytes, "inputs") {
                try once(4, &seen, reader)
                try readInputs(&reader)
            } else if matches(name.bytes, "outputs") {
                try once(8, &seen, reader)
                try readOutputs(&reader)
            } else {
                try reader.skipValue(scratch)
            }
        }
        try reader.finish()
        guard seen & 4 != 0, inputs.count > 0 else {
            throw RequestError(.contradiction, detail: StaticText("a request needs inputs, and at least one of them"))
        }
    }

    // MARK: Members

    /// Refuses a member that comes twice.
    private func once(_ bit: UInt8, _ seen: inout UInt8, _ reader: JSONReader) throws(RequestError) {
        guard seen & bit == 0 else {
            throw RequestError(
                .contradiction, name: copied(name.bytes), detail: StaticText("\"%n\" is given twice, at byte %o"),
                offset: reader.offset)
        }
        seen |= bit
    }

    private func expect(
        _ kind: JSONReader.Kind, _ reader: inout JSONReader, _ expected: StaticString
    ) throws(RequestError) {
        guard try reader.kind() == kind else {
            throw RequestError(
                .wrongType, name: copied(name.bytes), detail: StaticText(expected), offset: reader.offset)
        }
    }

    private func readString(_ reader: inout JSONReader) throws(RequestError) -> Request.ByteRange {
        try expect(.string, &reader, "a string")
        let start = text.count
        try reader.readString(into: text)
        return Request.ByteRange(start: start, end: text.count)
    }

    private func readFlag(_ reader: inout JSONReader) throws(RequestError) -> Bool {
        try expect(.boolean, &reader, "true or false")
        return try reader.readBoolean()
    }

    private func readNumber(
        _ reader: inout JSONReader, _ range: ClosedRange<Int64>, _ expected: StaticString
    ) throws(RequestError) -> Int {
        try expect(.number, &reader, expected)
        let offset = reader.offset
        guard case .integer(let value) = try reader.readNumber(), range.contains(value) else {
            throw RequestError(.wrongType, name: copied(name.bytes), detail: StaticText(expected), offset: offset)
        }
        return Int(value)
    }

    private func readParameters(_ reader: inout JSONReader) throws(RequestError) {
        try expect(.object, &reader, "an object")
        var isFirst = true
        try reader.enterObject()
        while try reader.nextMember(&isFirst, name: name) {
            if matches(name.bytes, "binary_data_output") {
                wantsBinary = try readFlag(&reader)
            } else if matches(name.bytes, "top") {
                top = try readNumber(&reader, 1...100, "a whole number from 1 to 100")
            } else {
                try reader.skipValue(scratch)
            }
        }
    }

    private func readInputs(_ reader: inout JSONReader) throws(RequestError) {
        try expect(.array, &reader, "an array of objects")
        var isFirst = true
        try reader.enterArray()
        while try reader.nextElement(&isFirst) {
            try expect(.object, &reader, "an array of objects")
            try readInput(&reader)
        }
    }

    private func readInput(_ reader: inout JSONReader) throws(RequestError) {
        var input = Input()
        var isFirst = true
        var seen: UInt8 = 0
        input.offset = reader.offset
        try reader.enterObject()
        while try reader.nextMember(&isFirst, name: name) {
            if matches(name.bytes, "name") {
                try once(1, &seen, reader)
                input.name = try readString(&reader)
            } else if matches(name.bytes, "datatype") {
                try once(2, &seen, reader)
                _ = try reader.peek()
                input.datatypeOffset = reader.offset
                input.datatype = try readString(&reader)
            } else if matches(name.bytes, "shape") {
                try once(4, &seen, reader)
                input.shape = try skipArray(&reader)
            } else if matches(name.bytes, "data") {
                try once(8, &seen, reader)
                input.data = try skipArray(&reader)
            } else if matches(name.bytes, "parameters") {
                try once(16, &seen, reader)
                try readParameters(&reader, &input)
            } else {
                try reader.skipValue(scratch)
            }
        }
        guard seen & 7 == 7 else {
            throw RequestError(
                .contradiction, detail: StaticText("an input needs name, shape and datatype, at byte %o"),
                offset: input.offset)
        }
        inputs.append(input)
    }

    private func skipArray(_ reader: inout JSONReader) throws(RequestError) -> Int {
        try expect(.array, &reader, "an array")
        let offset = reader.offset
        try reader.skipValue(scratch)
        return offset
    }

    private func readParameters(_ reader: inout JSONReader, _ input: inout Input) throws(RequestError) {
        try expect(.object, &reader, "an object")
        var isFirst = true
        var seen: UInt8 = 0
        try reader.enterObject()
        while try reader.nextMember(&isFirst, name: name) {
            if matches(name.bytes, "binary_data_size") {
                try once(1, &seen, reader)
                input.binarySize = try readNumber(&reader, 0...Int64.max, "a number of bytes")
            } else {
                try reader.skipValue(scratch)
            }
        }
    }

    private func readOutputs(_ reader: inout JSONReader) throws(RequestError) {
        try expect(.array, &reader, "an array of objects")
        var isFirst = true
        try reader.enterArray()
        while try reader.nextElement(&isFirst) {
            try expect(.object, &reader, "an array of objects")
            try readOutput(&reader)
        }
    }

    private func readOutput(_ reader: inout JSONReader) throws(RequestError) {
        var output = Output()
        var isFirst = true
        var seen: UInt8 = 0
        let offset = reader.offset
        try reader.enterObject()
        while try reader.nextMember(&isFirst, name: name) {
            if matches(name.bytes, "name") {
                try once(1, &seen, reader)
                output.name = try readString(&reader)
            } else if matches(name.bytes, "parameters") {
                try once(2, &seen, reader)
                try expect(.object, &reader, "an object")
                var isFirst = true
                try reader.enterObject()
                while try reader.nextMember(&isFirst, name: name) {
                    if matches(name.bytes, "binary_data") {
                        output.isBinary = try readFlag(&reader)
                        output.isChosen = true
                    } else {
                        try reader.skipValue(scratch)
                    }
                }
            } else {
                try reader.skipValue(scratch)
            }
        }
        guard seen & 1 != 0 else {
            throw RequestError(
                .contradiction, detail: StaticText("an output needs a name, at byte %o"), offset: offset)
        }
        outputs.append(output)
    }

    // MARK: Binary data

    /// Gives each input its part of what follows the JSON object, in which nothing may be left over.
    private func placeBinaryData() throws(RequestError) {
        var used = 0
        for index in 0..<inputs.count {
            var input = inputs[index]
            guard (input.data >= 0) != (input.binarySize >= 0) else {
                throw RequestError(
                    .contradiction, name: name(index),
                    detail: StaticText("input \"%n\" needs either data or the parameter binary_data_size"))
            }
            guard input.binarySize >= 0 else { continue }
            guard input.binarySize <= binary.count - used else {
                throw RequestError(
                    .contradiction, name: name(index),
                    detail: StaticText("input \"%n\" says %f bytes of binary data, of which the body has %e"),
                    found: input.binarySize, expected: binary.count - used)
            }
            input.binary = used
            used += input.binarySize
            inputs[index] = input
        }
        guard used == binary.count else {
            throw RequestError(
                .contradiction,
                detail: StaticText("%f bytes follow the JSON object, the inputs account for %e of them"),
                found: binary.count, expected: used)
        }
    }
}
