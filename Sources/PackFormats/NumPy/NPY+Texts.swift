import PackCore

/// Texts of NumPy's files: elements of a fixed size, zeros behind shorter ones, so that zeros at the end of a text are lost.
extension NPYHeader {
    /// Bytes of an element and their meaning, if a type's name is one of texts.
    static func texts(_ name: String, _ code: String) throws(NumPyFault) -> (bytes: Int, isUTF32: Bool)? {
        guard let kind = code.first, kind == "U" || kind == "S", let length = Int(code.dropFirst()),
            (0...1 << 28).contains(length)
        else { return nil }
        guard kind == "S" || name.first != ">" else {
            throw NumPyFault(.byteOrder, found: "'\(name)'", expected: "'<\(code)'")
        }
        return kind == "U" ? (length * 4, true) : (length, false)
    }
}

extension NamedArray {
    /// The most bytes that an array of texts may take in a file.
    private static let textLimit = 1 << 32

    /// An array of a file, from its elements in row-major order.
    init(name: String, _ header: NPYHeader, _ bytes: [UInt8]) throws(NumPyFault) {
        guard header.dtype == .string else {
            self.init(name: name, dtype: header.dtype, shape: header.shape, bytes: bytes)
            return
        }
        var texts: [[UInt8]] = []
        for start in stride(from: 0, to: bytes.count, by: Swift.max(header.itemBytes, 1)) {
            let element = bytes[start..<start + header.itemBytes]
            texts.append(try header.isUTF32 ? Self.utf8(element, texts.count) : Self.plain(element, texts.count))
        }
        self.init(name: name, shape: header.shape, texts: texts)
    }

    /// The text of UTF-32.
    private static func utf8(_ element: ArraySlice<UInt8>, _ index: Int) throws(NumPyFault) -> [UInt8] {
        var text: [UInt8] = []
        var zeros = 0
        for at in stride(from: element.startIndex, to: element.endIndex, by: 4) {
            let value = (0..<4).reduce(UInt32(0)) { $0 | UInt32(element[at + $1]) << UInt32($1 * 8) }
            if value == 0 {
                zeros += 1
                continue
            }
            guard let scalar = Unicode.Scalar(value), let encoded = UTF8.encode(scalar) else {
                throw NumPyFault(
                    .textInvalid, found: "\(value) in element \(index)", expected: "Unicode scalars, no surrogates")
            }
            text += [UInt8](repeating: 0, count: zeros) + encoded
            zeros = 0
        }
        return text
    }

    /// The text of bytes, which must be UTF-8.
    private static func plain(_ element: ArraySlice<UInt8>, _ index: Int) throws(NumPyFault) -> [UInt8] {
        let text = Array(
            element.prefix((element.lastIndex { $0 != 0 } ?? element.startIndex - 1) + 1 - element.startIndex))
        guard text.withUnsafeBufferPointer({ UTF8Decoding.isValid($0) }) else {
            throw NumPyFault(.textInvalid, found: "other bytes in element \(index)", expected: "UTF-8")
        }
        return text
    }

    /// What a file holds of the array: the header, and the elements.
    func encoded() throws(NumPyFault) -> (header: [UInt8], elements: [UInt8]) {
        guard dtype == .string else {
            let header = try NPYHeader(dtype: dtype, shape: shape)
            try check(header.byteCount, bytes.count)
            return (try header.encoded(), bytes)
        }
        let scalars = texts.map { String(decoding: $0, as: UTF8.self).unicodeScalars }
        let width = Swift.max(scalars.reduce(0) { Swift.max($0, $1.count) }, 1)
        let header = try NPYHeader(dtype: .string, shape: shape, itemBytes: width * 4, isUTF32: true)
        let (size, overflow) = texts.count.multipliedReportingOverflow(by: width * 4)
        guard !overflow, size <= Self.textLimit else {
            throw NumPyFault(
                .tooLarge, found: "\(texts.count) texts, the longest of \(width)",
                expected: "at most \(Self.textLimit) bytes when all are as long")
        }
        try check(header.byteCount, size)
        var elements: [UInt8] = []
        elements.reserveCapacity(size)
        for text in scalars {
            for scalar in text {
                for shift in 0..<4 { elements.append(UInt8(truncatingIfNeeded: scalar.value >> UInt32(shift * 8))) }
            }
            elements += [UInt8](repeating: 0, count: (width - text.count) * 4)
        }
        return (try header.encoded(), elements)
    }

    private func check(_ expected: Int, _ found: Int) throws(NumPyFault) {
        guard expected == found else {
            throw NumPyFault(
                .sizeDisagrees, found: "\(found) bytes", expected: "\(expected) for \(shape) of \(dtype)")
        }
    }
}
