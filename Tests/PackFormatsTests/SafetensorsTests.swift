import PackFormats
import PackIO
import Testing

/// A file that breaks one rule.
struct HostileCase: CustomTestStringConvertible {
    let name: String
    let file: SafetensorsBuilder
    let problem: SafetensorsFailure.Problem
    var tensor: String?

    var testDescription: String { name }

    init(
        _ name: String, _ header: String, body: Int = 0, statedLength: UInt64? = nil,
        _ problem: SafetensorsFailure.Problem, tensor: String? = nil
    ) {
        self.name = name
        file = SafetensorsBuilder(header, body: body, statedLength: statedLength)
        self.problem = problem
        self.tensor = tensor
    }

    /// One tensor `a` of type F32 with its shape and offsets written out.
    static func one(
        _ name: String, _ shape: String, _ offsets: String, body: Int = 8, dtype: String = "F32",
        _ problem: SafetensorsFailure.Problem
    ) -> HostileCase {
        HostileCase(
            name, "{" + entry("a", dtype, shape, offsets) + "}", body: body, problem, tensor: "a")
    }

    static let headers = [
        HostileCase("length near 2^64", "{}", statedLength: UInt64.max - 4, .headerTooLong),
        HostileCase("length of 2^63", "{}", statedLength: 1 << 63, .headerTooLong),
        HostileCase("length beyond 100 MB", "{}", statedLength: 100_000_001, .headerTooLong),
        HostileCase("length beyond the file", "{}", statedLength: 3, .headerBeyondFile),
        HostileCase("length 0", "{}", statedLength: 0, .headerNotObject),
        HostileCase("a list", "[]", .headerNotObject),
        HostileCase("blanks before the brace", " {}", .headerNotObject),
        HostileCase("not JSON", "{x}", .headerNotJSON),
        HostileCase("cut off", "{\"a\": ", .headerNotJSON),
        HostileCase(
            "a tensor twice", "{\(entry("a", "F32", "[]", "[0,4]")), \(entry("a", "F32", "[]", "[0,4]"))}",
            body: 4, .headerNotJSON),
        HostileCase("deep nesting", "{\"a\": " + String(repeating: "[", count: 100_000), .headerNotJSON),
        HostileCase("metadata that is a list", "{\"__metadata__\": []}", .metadataNotStrings),
        HostileCase("metadata of numbers", "{\"__metadata__\": {\"a\": 1}}", .metadataNotStrings),
        HostileCase("a tensor that is a number", "{\"a\": 1}", .tensorNotObject, tensor: "a"),
        HostileCase(
            "no dtype", "{\"a\": {\"shape\": [], \"data_offsets\": [0, 4]}}", body: 4, .fieldMissing, tensor: "a"),
        HostileCase(
            "no shape", "{\"a\": {\"dtype\": \"F32\", \"data_offsets\": [0, 4]}}", body: 4, .fieldMissing,
            tensor: "a"),
        HostileCase("no offsets", "{\"a\": {\"dtype\": \"F32\", \"shape\": []}}", body: 4, .fieldMissing, tensor: "a"),
        HostileCase("another field", "{\"a\": {\"dtype\": \"F32\", \"x\": 1}}", body: 4, .fieldUnknown, tensor: "a"),
    ]

    static let shapes = [
        one("unknown dtype", "[2]", "[0, 8]", dtype: "F33", .dtypeUnknown),
        one("dtype in lower case", "[2]", "[0, 8]", dtype: "f32", .dtypeUnknown),
        one("shape that is a number", "2", "[0, 8]", .shapeNotCounts),
        one("negative extent", "[-2]", "[0, 8]", .shapeNotCounts),
        one("extent with a fraction", "[2.0]", "[0, 8]", .shapeNotCounts),
        one("extent of 2^63", "[9223372036854775808]", "[0, 8]", .shapeNotCounts),
        one("product that wraps to 0", "[4294967296, 4294967296]", "[0, 0]", body: 0, .shapeOverflows),
        one("product that wraps to the right size", "[4611686018427387906, 4]", "[0, 32]", body: 32, .shapeOverflows),
        one("bits that wrap", "[1152921504606846976]", "[0, 0]", body: 0, .shapeOverflows),
        one("too many axes", "[" + String(repeating: "1,", count: 40) + "2]", "[0, 8]", .rankTooHigh),
        one("too few bytes", "[3]", "[0, 8]", .spanDisagrees),
        one("too many bytes", "[1]", "[0, 8]", .spanDisagrees),
        one("half a byte", "[3]", "[0, 2]", body: 2, dtype: "F4", .spanDisagrees),
    ]

    static let offsets = [
        one("no offsets in the list", "[2]", "[]", .offsetsNotPair),
        one("one offset", "[2]", "[0]", .offsetsNotPair),
        one("three offsets", "[2]", "[0, 8, 8]", .offsetsNotPair),
        one("negative offset", "[2]", "[-8, 0]", .offsetsNotPair),
        one("offsets with fractions", "[2]", "[0.0, 8.0]", .offsetsNotPair),
        one("offsets that are texts", "[2]", "[\"0\", \"8\"]", .offsetsNotPair),
        one("offset beyond 2^64", "[2]", "[0, 99999999999999999999]", .offsetsNotPair),
        one("reversed offsets", "[2]", "[8, 0]", .offsetsReversed),
        one("end beyond the file", "[3]", "[0, 12]", .offsetsBeyondFile),
        one("end near 2^63", "[2]", "[0, 9223372036854775807]", .offsetsBeyondFile),
        one("gap before the first", "[1]", "[4, 8]", .gap),
        HostileCase(
            "gap", "{\(entry("a", "U8", "[2]", "[0,2]")), \(entry("b", "U8", "[2]", "[4,6]"))}", body: 6, .gap,
            tensor: "b"),
        HostileCase(
            "overlap", "{\(entry("a", "U8", "[4]", "[0,4]")), \(entry("b", "U8", "[4]", "[2,6]"))}", body: 6,
            .overlap, tensor: "b"),
        HostileCase(
            "two tensors on the same bytes",
            "{\(entry("a", "U8", "[4]", "[0,4]")), \(entry("b", "U8", "[4]", "[0,4]"))}", body: 4, .overlap,
            tensor: "b"),
        HostileCase("bytes behind the last", "{\(entry("a", "U8", "[4]", "[0,4]"))}", body: 5, .trailingBytes),
        HostileCase("bytes and no tensor", "{}", body: 1, .trailingBytes),
    ]
}

@Suite struct SafetensorsTests {
    @Test func readsTypesShapesAndMetadata() throws {
        let header = """
            {"__metadata__": {"format": "pt"}, \(entry("b", "BF16", "[2, 3]", "[4, 16]")), \
            \(entry("a", "F32", "[]", "[0, 4]")), \(entry("empty", "I64", "[0, 7]", "[16, 16]")), \
            \(entry("eight", "F8_E4M3", "[2]", "[16, 18]"))}
            """
        let file = try SafetensorsBuilder(header + "   ", body: 18).read()
        #expect(file.metadata == ["format": "pt"])
        #expect(file.tensors.map(\.name) == ["a", "b", "empty", "eight"])
        #expect(file.tensors.map(\.count) == [1, 6, 0, 2])
        #expect(file.tensors.map(\.type.dtype) == [.f32, .bf16, .i64, nil])
        #expect(file.tensors[1].range == file.headerBytes + 4..<file.headerBytes + 16)
    }

    @Test(arguments: StoredType.known)
    func readsEveryType(type: StoredType) throws {
        let file = try SafetensorsBuilder(
            "{\(entry("a", type.name, "[8]", "[0, \(type.bits)]"))}", body: type.bits
        ).read()
        #expect(file.tensors.first?.type == type)
    }

    @Test(arguments: HostileCase.headers + HostileCase.shapes + HostileCase.offsets)
    func refuses(_ hostile: HostileCase) {
        #expect { try hostile.file.read() } throws: { error in
            guard case .safetensors(let failure)? = error as? FormatFailure else { return false }
            #expect(failure.tensor == hostile.tensor)
            #expect(failure.facts.file != nil && failure.facts.found?.isEmpty == false)
            return failure.problem == hostile.problem
        }
    }

    @Test(arguments: 0..<8)
    func refusesFilesTooShortForALength(count: Int) {
        #expect { try SafetensorsFile.read([UInt8](repeating: 0, count: count)) } throws: { error in
            guard case .safetensors(let failure)? = error as? FormatFailure else { return false }
            return failure.problem == .tooShort
        }
    }

    @Test func refusesAHeaderThatIsNotUTF8() {
        var bytes = SafetensorsBuilder("{\(entry("abc", "U8", "[0]", "[0, 0]"))}").bytes
        bytes[10] = 0xFF
        #expect { try SafetensorsFile.read(bytes) } throws: { error in
            guard case .safetensors(let failure)? = error as? FormatFailure else { return false }
            return failure.problem == .headerNotJSON && failure.offset == 10
        }
    }

    @Test func readsAHundredThousandTensors() throws {
        let all = (0..<100_000).map { entry("layer.\($0)", "U8", "[1]", "[\($0), \($0 + 1)]") }
        let file = try SafetensorsBuilder("{" + all.joined(separator: ",") + "}", body: 100_000).read()
        #expect(file.tensors.count == 100_000)
    }
}
