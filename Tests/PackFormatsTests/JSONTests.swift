import PackFormats
import Testing

@Suite struct JSONDocumentTests {
    @Test func readsEveryKindOfValue() throws {
        let text = #" {"a": [1, -2.5e3, true, false, null], "b": {"c": "x\n\u00e9\ud83d\ude42"}, "d": {}, "e": []} "#
        let root = try JSONDocument(Array(text.utf8)).root
        let list = try #require(root["a"]).elements
        #expect(list.map(\.kind) == [.number, .number, .bool, .bool, .null])
        #expect(list[0].int == 1)
        #expect(list[1].int == nil)
        #expect(list[1].double == -2500)
        #expect(list[2].bool == true)
        #expect(list[3].bool == false)
        #expect(root["b"]?["c"]?.string == "x\né🙂")
        #expect(root["d"]?.members.isEmpty == true)
        #expect(root["e"]?.elements.isEmpty == true)
        #expect(root["f"] == nil)
        #expect(root.members.map(\.key) == ["a", "b", "d", "e"])
    }

    @Test func knowsTheEdgesOfIntegers() throws {
        let text =
            "[9223372036854775807, 9223372036854775808, -9223372036854775808, 1e2, 1000000000000000019884624838656]"
        let list = try JSONDocument(Array(text.utf8)).root.elements
        #expect(list.map(\.int) == [Int.max, nil, Int.min, nil, nil])
        #expect(list[4].double == 1e30)
    }

    @Test func tellsComposedKeysFromDecomposedOnes() throws {
        let root = try JSONDocument(Array("{\"\u{e9}\": 1, \"e\u{301}\": 2}".utf8)).root
        #expect(root["\u{e9}"]?.int == 1)
        #expect(root["e\u{301}"]?.int == 2)
    }

    @Test(arguments: [
        ("", 0, JSONFailure.Problem.ended),
        ("{", 1, .ended),
        ("[1", 2, .ended),
        ("\"a", 2, .ended),
        ("\"\\", 2, .ended),
        ("[1,]", 3, .unexpected(byte: 0x5D, expected: .value)),
        ("{\"a\" 1}", 5, .unexpected(byte: 0x31, expected: .colon)),
        ("{a: 1}", 1, .unexpected(byte: 0x61, expected: .key)),
        ("{\"a\": 1 \"b\": 2}", 8, .unexpected(byte: 0x22, expected: .commaOrEnd)),
        ("tru ", 3, .unexpected(byte: 0x20, expected: .literal)),
        ("NaN", 0, .unexpected(byte: 0x4E, expected: .value)),
        ("01", 0, .unexpected(byte: 0x30, expected: .value)),
        ("1.", 2, .ended),
        ("-x", 1, .unexpected(byte: 0x78, expected: .digit)),
        ("1 2", 2, .trailingBytes),
        ("\"\\x\"", 1, .badEscape),
        ("\"\\ud800\"", 1, .badEscape),
        ("\"\\udc00\"", 1, .badEscape),
        ("\"\\u12g4\"", 1, .badEscape),
        ("\"\n\"", 1, .unexpected(byte: 10, expected: .stringByte)),
        ("{\"a\": 1, \"b\": 2, \"a\": 3}", 18, .duplicateKey("a")),
        ("{\"a\": 1, \"\\u0061\": 3}", 10, .duplicateKey("a")),
        ("\u{feff}{}", 0, .unexpected(byte: 0xEF, expected: .value)),
    ])
    func refusesWhatIsNotJSON(text: String, offset: Int, problem: JSONFailure.Problem) {
        #expect { try JSONDocument(Array(text.utf8)) } throws: { error in
            let failure = error as? JSONFailure
            return failure?.offset == offset && failure?.problem == problem
        }
    }

    @Test(arguments: [
        [0xFF], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xC3],
    ])
    func refusesWhatIsNotUTF8(bytes: [Int]) {
        let text = [0x22] + bytes.map { UInt8($0) } + [0x22]
        #expect { try JSONDocument(text) } throws: { ($0 as? JSONFailure)?.problem == .notUTF8 }
    }

    @Test func keepsItsLimits() {
        let deep = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
        #expect { try JSONDocument(deep) } throws: { ($0 as? JSONFailure)?.problem == .tooDeep(limit: 64) }
        #expect { try JSONDocument(deep, limits: JSONLimits(bytes: 10)) } throws: {
            ($0 as? JSONFailure)?.problem == .tooLong(bytes: 1_000_000, limit: 10)
        }
    }
}
