import PackServing
import Testing

/// The bytes of a buffer as text.
func text(_ buffer: ByteBuffer) -> String {
    String(decoding: buffer.bytes, as: UTF8.self)
}

/// Reads with a reader over a text; the bytes live for the call.
func reading<Result>(
    _ json: String, _ body: (inout JSONReader) throws(RequestError) -> Result
) throws(RequestError) -> Result {
    try reading(Array(json.utf8), body)
}

func reading<Result>(
    _ json: [UInt8], _ body: (inout JSONReader) throws(RequestError) -> Result
) throws(RequestError) -> Result {
    try json.withUnsafeBufferPointer { bytes throws(RequestError) in
        var reader = JSONReader(UnsafeRawBufferPointer(bytes))
        return try body(&reader)
    }
}

@Suite struct JSONWriterTests {
    private func written(_ value: Float) -> String {
        let out = ByteBuffer()
        out.append(json: value)
        return text(out)
    }

    /// Digits without sign, point, exponent and zeros at either end.
    private func digits(_ text: String) -> String {
        var digits = String(text.prefix { $0 != "e" }.filter { $0.isNumber })
        digits = String(digits.drop { $0 == "0" })
        while digits.hasSuffix("0") { digits.removeLast() }
        return digits
    }

    @Test(
        arguments: [
            (0, "0"), (-0.0, "-0"), (1, "1"), (-1.5, "-1.5"), (0.1, "0.1"), (1e-5, "0.00001"), (1e-6, "1e-6"),
            (123456, "123456"), (16_777_216, "16777216"), (1e14, "100000000000000"), (1e15, "1e15"), (1e16, "1e16"),
            (.greatestFiniteMagnitude, "3.4028235e38"), (.leastNonzeroMagnitude, "1e-45"),
            (.leastNormalMagnitude, "1.1754944e-38"), (.nan, "null"), (.infinity, "null"), (0.3, "0.3"),
            (33_554_432, "33554432"),
        ] as [(Float, String)])
    func floats(value: Float, expected: String) {
        #expect(written(value) == expected)
    }

    /// As many digits as Swift's own shortest description, and the same value when read back.
    @Test func randomFloatsAreShortestAndReadBack() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200_000 {
            let value = Float(bitPattern: random.next())
            guard value.isFinite, value != 0 else { continue }
            let text = written(value)
            #expect(Float(text) == value, "bits \(value.bitPattern)")
            #expect(digits(text) == digits(value.description), "bits \(value.bitPattern): \(text)")
        }
    }

    @Test func powersOfTwoReadBack() {
        for exponent in UInt32(0)..<255 {
            for fraction in [0, 1, 0x7F_FFFF] as [UInt32] {
                let value = Float(bitPattern: exponent << 23 | fraction)
                guard value != 0 else { continue }
                #expect(digits(written(value)) == digits(value.description), "bits \(value.bitPattern)")
                #expect(Float(written(value)) == value)
            }
        }
    }

    @Test func randomDoublesReadBack() {
        var random = SystemRandomNumberGenerator()
        let special: [Double] = [
            0.1, 1.0 / 3, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1e23, 0x1p53 + 2, -0x1p-1050, 1e-5,
        ]
        for value in special + (0..<20_000).map({ _ in Double(bitPattern: random.next()) }) where value.isFinite {
            let out = ByteBuffer()
            out.append(json: value)
            #expect(Double(text(out)) == value, "\(value) as \(text(out))")
        }
    }

    @Test func strings() {
        let out = ByteBuffer()
        "a\"\\\n\u{1}é漢😀\u{7F}".utf8.withContiguousStorageIfAvailable {
            out.append(jsonString: UnsafeRawBufferPointer($0))
        }
        #expect(text(out) == "\"a\\\"\\\\\\n\\u0001é漢😀\\u007f\"")
        out.clear()
        let invalid: [UInt8] = [0x61, 0xFF, 0xC3, 0x62, 0xED, 0xA0, 0x80, 0xF4, 0x90, 0x80, 0x80, 0xE2, 0x82]
        invalid.withUnsafeBytes { out.append(jsonString: $0) }
        #expect(String(validating: Array(out.bytes), as: UTF8.self) != nil)
        #expect(text(out).hasPrefix("\"a\u{FFFD}\u{FFFD}b"))
    }

    @Test func limitDropsAndTells() {
        let out = ByteBuffer(limit: 4)
        out.append("abc")
        #expect(!out.overflowed)
        out.append("de")
        #expect(out.overflowed && out.count == 3)
        out.clear()
        #expect(!out.overflowed && out.count == 0)
    }
}

@Suite struct JSONReaderTests {
    private func readString(_ json: [UInt8]) throws(RequestError) -> [UInt8] {
        let out = ByteBuffer()
        try reading(json) { reader throws(RequestError) in
            try reader.readString(into: out)
            try reader.finish()
        }
        return Array(out.bytes)
    }

    @Test(arguments: [
        (#""""#, ""), (#""a\u00e9\n\/\b\f\r\t\"\\""#, "aé\n/\u{8}\u{C}\r\t\"\\"), (#""\ud83d\ude00""#, "😀"),
        (#""\ud83d""#, "\u{FFFD}"), (#""\ude00x""#, "\u{FFFD}x"), (#""\ud83d\u0041""#, "\u{FFFD}A"),
        (#""\ud83d\ud83d\ude00""#, "\u{FFFD}😀"), (#""\u0000""#, "\0"), (#""漢""#, "漢"),
    ])
    func strings(json: String, expected: String) throws {
        #expect(try readString(Array(json.utf8)) == Array(expected.utf8))
    }

    @Test func invalidUTF8IsPassedOn() throws {
        #expect(try readString([0x22, 0xFF, 0xC3, 0x22]) == [0xFF, 0xC3])
    }

    @Test(
        arguments: [
            (#""abc"#, .truncated, 4), (#""\"#, .truncated, 2), (#""\u12"#, .truncated, 5), (#""\x""#, .badEscape, 2),
            (#""\u12g4""#, .badEscape, 5), ("\"a\nb\"", .controlCharacter, 2), ("\"a\" x", .trailingBytes, 4),
            ("12", .wrongType, 0), ("", .truncated, 0), ("x", .unexpectedByte, 0),
        ] as [(String, RequestError.Kind, Int)])
    func brokenStrings(json: String, kind: RequestError.Kind, offset: Int) {
        #expect {
            _ = try readString(Array(json.utf8))
        } throws: { error in
            (error as? RequestError)?.kind == kind && (error as? RequestError)?.offset == offset
        }
    }

    @Test(
        arguments: [
            ("0", .integer(0)), ("-0", .real(-0.0)), ("12", .integer(12)), ("-9223372036854775807", .integer(-.max)),
            ("9223372036854775808", .real(9223372036854775808)),
            ("-9223372036854775808", .integer(.min)), ("1.5e3", .real(1500)), ("1E-2", .real(0.01)),
            ("1e400", .real(.infinity)), ("1e-400", .real(0)), ("0.1", .real(0.1)),
            ("1e999999999999999999999", .real(.infinity)),
        ] as [(String, JSONNumber)])
    func numbers(json: String, expected: JSONNumber) throws {
        let found = try reading(json) { reader throws(RequestError) in try reader.readNumber() }
        #expect(found == expected)
    }

    @Test(arguments: [
        "123456789012345678901234567890", "2.2250738585072011e-308", "9007199254740993", "5e-324", "0.1e-7",
        "179769313486231570000000000000000000000e270", "8.5e-323",
        "1.00000000000000011102230246251565404236316680908203125",
        "9007199254740993.00000000000000000000000000000000000000000001", "1.7976931348623158e308",
        "1.7976931348623159e308",
        "2.4703282292062327e-324", "2.4703282292062328e-324", "2.2250738585072014e-308", "-4.4501477170144023e-308",
        String(repeating: "7", count: 500) + "e-300", "0." + String(repeating: "3", count: 490) + "e-320",
    ])
    func hardNumbers(json: String) throws {
        let found = try reading(json) { reader throws(RequestError) in try reader.readNumber() }
        #expect(found.value == Double(json))
    }

    @Test func randomNumbersReadBack() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<50_000 {
            let value = Double(bitPattern: random.next())
            guard value.isFinite else { continue }
            let found = try reading(value.description) { reader throws(RequestError) in try reader.readNumber() }
            #expect(found.value == value)
            let single = Float(bitPattern: UInt32(truncatingIfNeeded: random.next() as UInt64))
            guard single.isFinite else { continue }
            let narrow = try reading(single.description) { reader throws(RequestError) in try reader.readNumber() }
            #expect(Float(narrow.value) == single)
        }
    }

    @Test(arguments: ["-", "01", "1.", "1e", "1e+", ".5", "+1", "-.5", "0x1", "1.e3", "--1", "NaN", "Infinity"])
    func brokenNumbers(json: String) {
        #expect(throws: RequestError.self) {
            try reading(json) { reader throws(RequestError) in
                _ = try reader.readNumber()
                try reader.finish()
            }
        }
    }

    @Test func longNumberIsRefused() {
        let json = "0." + String(repeating: "3", count: 600)
        #expect(throws: RequestError(.badNumber, offset: 0)) {
            try reading(json) { reader throws(RequestError) in _ = try reader.readNumber() }
        }
    }

    private func skip(_ json: String) throws(RequestError) {
        try reading(json) { reader throws(RequestError) in
            try reader.skipValue(ByteBuffer())
            try reader.finish()
        }
    }

    @Test(arguments: [
        "{}", "[]", "[[],{}]", #"{"a":[1,2,{"b":null}],"c":true}"#, " [ 1 , 2 ] ",
        #"{"a":{"b":{"c":[[[]]]}},"d":[{}]}"#,
        "null", "\"x\"", "-1.5e3",
    ])
    func valuesAreSkipped(json: String) throws {
        try skip(json)
    }

    @Test(arguments: [
        "{", "[", "[1", "[1,", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{1:1}", "[1 2]", "[}",
        "{]",
        "{\"a\":1 \"b\":2}", "tru", "truth", "nul", "[1]]", "{}{}", "//x", "[\u{00A0}1]",
    ])
    func brokenValuesAreRefused(json: String) {
        #expect(throws: RequestError.self) { try skip(json) }
    }

    @Test func nestingIsLimited() throws {
        try skip(String(repeating: "[", count: 64) + String(repeating: "]", count: 64))
        let kinds = [String(repeating: "[", count: 65), String(repeating: "[", count: 2_000_000)]
        for json in kinds {
            #expect {
                try skip(json)
            } throws: { ($0 as? RequestError)?.kind == .tooDeep }
        }
    }

    /// Every prefix and every single changed byte of a request ends in a value or an error, never a trap.
    @Test func damagedRequestsAreHandled() {
        let body = Array(
            #"{"inputs":{"a":[[1,2],[3,4.5e1]],"b":{"shape":[1],"data":[true]}},"outputs":["x","\u00e9"],"top":3}"#.utf8
        )
        let request = Request()
        for end in 0..<body.count {
            #expect(throws: RequestError.self) {
                try body[..<end].withUnsafeBytes { try request.read($0) }
            }
        }
        for index in 0..<body.count {
            for byte in [0, 0x22, 0x2C, 0x5B, 0x5D, 0x7B, 0x7D, 0x5C, 0x31, 0xFF] as [UInt8] {
                var changed = body
                changed[index] = byte
                try? changed.withUnsafeBytes { try request.read($0) }
            }
        }
    }
}
