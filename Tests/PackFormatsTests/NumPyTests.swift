import Foundation
import PackCore
import PackFormats
import PackIO
import Testing

private let fixture =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/numpy/types.npz").path

/// A Python that has NumPy; nil where there is none.
private let python: String? = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    return ["\(root)/.venv/bin/python3", "python3"].first { (try? runPython($0, "import numpy", []))?.status == 0 }
}()

private func runPython(_ python: String, _ script: String, _ arguments: [String]) throws -> (
    status: Int32, output: String
) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [python, "-c", script] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: text, as: UTF8.self))
}

private func bytes<T>(_ values: [T]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

@Suite struct NPZTests {
    static let expected: [NamedArray] = {
        let counts: [(String, DType, [UInt8])] = [
            ("b1", .bool, [0, 1, 0, 1, 0, 1]), ("i1", .i8, bytes((0..<6).map { Int8($0) })),
            ("u1", .u8, bytes((0..<6).map { UInt8($0) })), ("i2", .i16, bytes((0..<6).map { Int16($0) })),
            ("u2", .u16, bytes((0..<6).map { UInt16($0) })), ("i4", .i32, bytes((0..<6).map { Int32($0) })),
            ("u4", .u32, bytes((0..<6).map { UInt32($0) })), ("i8", .i64, bytes((0..<6).map { Int64($0) })),
            ("u8", .u64, bytes((0..<6).map { UInt64($0) })),
            ("f2", .f16, bytes([0, 0x3C00, 0x4000, 0x4200, 0x4400, 0x4500] as [UInt16])),
            ("f4", .f32, bytes((0..<6).map { Float($0) })), ("f8", .f64, bytes((0..<6).map { Double($0) })),
        ]
        return counts.map { NamedArray(name: $0, dtype: $1, shape: [2, 3], bytes: $2) } + [
            NamedArray(name: "scalar", dtype: .f32, shape: [], bytes: bytes([Float(1.5)])),
            NamedArray(name: "empty", dtype: .i64, shape: [0, 7], bytes: []),
            NamedArray(name: "fortran", dtype: .i32, shape: [2, 3, 4], bytes: bytes((0..<24).map { Int32($0) })),
            NamedArray(name: "größe/数", dtype: .i16, shape: [1], bytes: bytes([Int16(-1)])),
        ]
    }()

    @Test func readsWhatNumPyWrites() throws {
        #expect(try NPZ.read(fixture) == Self.expected)
    }

    @Test func readsBackWhatItWrites() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/a.npz"
        try NPZ.write(Self.expected, to: path)
        let sorted = Self.expected.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        #expect(try NPZ.read(path) == sorted)
        try NPZ.write(Self.expected.reversed(), to: folder.path + "/b.npz")
        #expect(try FileContents.bytes(of: path) == FileContents.bytes(of: folder.path + "/b.npz"))
        try NPZ.write([], to: path)
        #expect(try NPZ.read(path).isEmpty)
    }

    @Test(.enabled(if: python != nil, "no Python with NumPy")) func isReadByNumPy() throws {
        let folder = try TemporaryFolder()
        try NPZ.write(Self.expected, to: folder.path + "/a.npz")
        let script = """
            import sys, numpy as np
            a, b = np.load(sys.argv[1]), np.load(sys.argv[2])
            assert sorted(a.files) == sorted(b.files), (a.files, b.files)
            for name in a.files:
                assert a[name].dtype == b[name].dtype and a[name].shape == b[name].shape, name
                assert (a[name] == b[name]).all(), name
            print(len(a.files))
            """
        let result = try runPython(try #require(python), script, [folder.path + "/a.npz", fixture])
        #expect(result.output == "\(Self.expected.count)\n")
    }

    @Test(arguments: [
        (NamedArray(name: "a", dtype: .f32, shape: [2], bytes: [0, 0, 0, 0]), NumPyFailure.Problem.sizeDisagrees),
        (NamedArray(name: "a", dtype: .f32, shape: [-1], bytes: []), .headerForm),
        (NamedArray(name: "a", dtype: .f32, shape: [1 << 62, 4], bytes: []), .shapeOverflows),
        (NamedArray(name: "a", dtype: .u8, shape: .init(repeating: 1, count: 65), bytes: [0]), .rankTooHigh),
        (NamedArray(name: "", dtype: .u8, shape: [], bytes: [0]), .nameUnsafe),
        (NamedArray(name: "../a", dtype: .u8, shape: [], bytes: [0]), .nameUnsafe),
    ])
    func refusesToWrite(_ array: NamedArray, _ problem: NumPyFailure.Problem) throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/a.npz"
        expectBroken(problem) { try NPZ.write([array], to: path) }
        expectBroken(.nameRepeated) {
            let array = NamedArray(name: "a", dtype: .u8, shape: [], bytes: [0])
            try NPZ.write([array, array], to: path)
        }
        #expect(try FileContents.kind(of: path) == nil)
    }
}

/// An `.npz` file that breaks one rule.
struct HostileArrays: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let file: [UInt8]
    let problem: NumPyFailure.Problem

    init(_ name: String, _ problem: NumPyFailure.Problem, _ entries: [(String, [UInt8])]) {
        (testDescription, self.problem) = (name, problem)
        file = storedZip(entries)
    }

    /// One array whose header is written out.
    static func header(
        _ name: String, _ problem: NumPyFailure.Problem, _ header: String, body: Int = 24, version: [UInt8] = [1, 0],
        length: Int? = nil
    ) -> HostileArrays {
        HostileArrays(name, problem, [("a.npy", array(header, body: body, version: version, length: length))])
    }

    static func array(_ header: String, body: Int = 24, version: [UInt8] = [1, 0], length: Int? = nil) -> [UInt8] {
        let length = length ?? header.utf8.count
        let count = (0..<(version[0] == 1 ? 2 : 4)).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
        return [0x93] + Array("NUMPY".utf8) + version + count + Array(header.utf8)
            + [UInt8](repeating: 7, count: body)
    }

    static func dictionary(_ shape: String, _ type: String = "'<f4'", _ order: String = "False") -> String {
        "{'descr': \(type), 'fortran_order': \(order), 'shape': \(shape), }\n"
    }

    static let good = array(dictionary("(2, 3)"))

    static let headers = [
        HostileArrays("another format", .magic, [("a.npy", Array("PK, and many more bytes".utf8))]),
        header("version 4", .version, dictionary("(6,)"), version: [4, 0]),
        header("version 1.1", .version, dictionary("(6,)"), version: [1, 1]),
        header("header beyond the entry", .headerCut, dictionary("(6,)"), body: 0, length: 60_000),
        header("header of 4 GiB", .headerTooLong, dictionary("(6,)"), version: [2, 0], length: 0xFFFF_FFFF),
        header("no header", .headerForm, ""),
        header("header of one byte", .headerForm, "{"),
        header("a list", .headerForm, "[]"),
        header("an open dictionary", .headerForm, "{'descr': '<f4', "),
        header("an open string", .headerForm, "{'descr': '<f4"),
        header("no shape", .headerForm, "{'descr': '<f4', 'fortran_order': False}"),
        header("shape twice", .headerForm, "{'shape': (6,), 'shape': (6,), 'descr': '<f4', 'fortran_order': False}"),
        header("another key", .headerForm, "{'x': 1}"),
        header("text behind", .headerForm, dictionary("(2, 3)") + "x"),
        header("shape that is a number", .headerForm, dictionary("6")),
        header("shape that is a number in parentheses", .headerForm, dictionary("(6)")),
        header("negative extent", .headerForm, dictionary("(-6,)")),
        header("extent with a fraction", .headerForm, dictionary("(6.0,)")),
        header("an expression", .headerForm, dictionary("(2*3,)")),
        header("order that is a number", .headerForm, dictionary("(6,)", "'<f4'", "0")),
        header("extent beyond 2^63", .shapeOverflows, dictionary("(99999999999999999999,)")),
        header("product that wraps", .shapeOverflows, dictionary("(4294967296, 4294967296)")),
        header("product that wraps but for a 0", .shapeOverflows, dictionary("(4294967296, 4294967296, 0)")),
        header("bytes that wrap", .shapeOverflows, dictionary("(4611686018427387905,)")),
        header("65 axes", .rankTooHigh, dictionary("(" + String(repeating: "1,", count: 65) + ")")),
        header("objects", .dtypeUnknown, dictionary("(3,)", "'|O'")),
        header("a structure", .dtypeUnknown, dictionary("(3,)", "[('a', '<f4')]")),
        header("dates", .dtypeUnknown, dictionary("(3,)", "'<M8[ns]'")),
        header("texts of other bytes", .textInvalid, dictionary("(3,)", "'<U2'")),
        header("a type without order", .dtypeUnknown, dictionary("(6,)", "'f4'")),
        header("no type", .dtypeUnknown, dictionary("(6,)", "''")),
        header("big-endian", .byteOrder, dictionary("(6,)", "'>f4'")),
        header("too few bytes", .sizeDisagrees, dictionary("(7,)")),
        header("too many bytes", .sizeDisagrees, dictionary("(5,)")),
        header("an exabyte", .sizeDisagrees, dictionary("(288230376151711744,)")),
    ]

    static let archives = [
        HostileArrays("not an array", .nameNotArray, [("a.txt", good)]),
        HostileArrays("no name", .nameUnsafe, [(".npy", good)]),
        HostileArrays("a path upwards", .nameUnsafe, [("../a.npy", good)]),
        HostileArrays("an absolute path", .nameUnsafe, [("/etc/a.npy", good)]),
        HostileArrays("a control character", .nameUnsafe, [("a\u{1B}.npy", good)]),
        HostileArrays("a name twice", .nameRepeated, [("a.npy", good), ("a.npy", good)]),
        HostileArrays("an empty entry", .headerCut, [("a.npy", [])]),
        HostileArrays("five bytes", .headerCut, [("a.npy", Array(good.prefix(5)))]),
    ]
}

@Suite struct HostileNPZTests {
    @Test(arguments: HostileArrays.headers + HostileArrays.archives) func refuses(_ hostile: HostileArrays) throws {
        expectBroken(hostile.problem) { _ = try read(hostile.file) }
    }

    @Test func theCasesAreHostileByOneRuleOnly() throws {
        let arrays = try read(storedZip([("a.npy", HostileArrays.good)]))
        #expect(arrays.map(\.shape) == [[2, 3]])
    }

    @Test func refusesWhatIsCutOff() throws {
        let file = try FileContents.bytes(of: fixture)
        for count in stride(from: 0, to: file.count, by: 7) {
            #expect(throws: FormatFailure.self) { try read(Array(file[..<count])) }
        }
    }

    @Test func refusesDamagedElements() throws {
        var file = storedZip([("a.npy", HostileArrays.good)])
        let element = try #require(file.firstIndex(of: 7))
        file[element] = 8
        expectBroken(.entryDamaged) { _ = try read(file) }
    }

    @Test func keepsToTheLimit() throws {
        expectBroken(.tooLarge) { _ = try NPZ.read(fixture, limit: 100) }
        #expect(throws: FormatFailure.self) { try NPZ.read(fixture + ".absent") }
        #expect(throws: FormatFailure.self) { try NPZ.read("/dev/zero") }
    }

    /// A deflated entry of 64 MB in 64 KB whose header says 24 bytes.
    @Test(.enabled(if: python != nil, "no Python with NumPy")) func stopsAtABomb() throws {
        let folder = try TemporaryFolder()
        let script = """
            import sys, zipfile
            with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as file:
                text = b"{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }"
                file.writestr("a.npy", b"\\x93NUMPY\\x01\\x00" + bytes([len(text), 0]) + text + bytes(64 << 20))
            """
        _ = try runPython(try #require(python), script, [folder.path + "/bomb.npz"])
        expectBroken(.sizeDisagrees) { _ = try NPZ.read(folder.path + "/bomb.npz") }
        // The same with a directory that tells lies about the size.
        var file = try FileContents.bytes(of: folder.path + "/bomb.npz")
        let directory = try #require(file.indices.last { file[$0...].starts(with: [0x50, 0x4B, 1, 2]) })
        let size = UInt32(HostileArrays.array(HostileArrays.dictionary("(6,)")).count - 1).littleEndian
        withUnsafeBytes(of: size) { file.replaceSubrange(directory + 24..<directory + 28, with: $0) }
        #expect(throws: FormatFailure.self) { try read(file) }
    }

    @Test func survivesChangedBytes() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(state: seed)
        let original = try FileContents.bytes(of: fixture)
        for _ in 0..<500 {
            var file = original
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                file[Int.random(in: 0..<file.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if let arrays = try? read(file) {
                for array in arrays {
                    let sizes = array.shape.reduce(array.dtype.size, *)
                    #expect(sizes == array.bytes.count, "seed \(seed)")
                }
            }
        }
    }

    private func read(_ file: [UInt8]) throws -> [NamedArray] {
        let folder = try TemporaryFolder()
        try AtomicFile.write(file, to: folder.path + "/a.npz")
        return try NPZ.read(folder.path + "/a.npz")
    }
}

/// Expects that a rule of NumPy's files is broken.
private func expectBroken(_ problem: NumPyFailure.Problem, _ body: () throws -> Void) {
    #expect {
        try body()
    } throws: { error in
        guard case .numpy(let failure)? = error as? FormatFailure else { return false }
        #expect(failure.facts.found?.isEmpty == false)
        if failure.problem != problem { Issue.record("\(failure)") }
        return failure.problem == problem
    }
}

/// A zip file with stored entries (PKWARE's APPNOTE.TXT), right but for what is in the entries.
private func storedZip(_ entries: [(String, [UInt8])]) -> [UInt8] {
    func little(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    var file: [UInt8] = []
    var directory: [UInt8] = []
    for (name, body) in entries {
        let text = Array(name.utf8)
        var common = little(0, 6) + little(0x21, 2)
        for (value, count) in [
            (Int(checksum(body)), 4), (body.count, 4), (body.count, 4), (text.count, 2), (0, 2),
        ] { common += little(value, count) }
        directory += [0x50, 0x4B, 1, 2] + little(20, 2) + little(20, 2) + common
        directory += little(0, 10) + little(file.count, 4) + text
        file += [0x50, 0x4B, 3, 4] + little(20, 2) + common + text + body
    }
    var end: [UInt8] = [0x50, 0x4B, 5, 6] + little(0, 4)
    for (value, count) in [(entries.count, 2), (entries.count, 2), (directory.count, 4), (file.count, 4), (0, 2)] {
        end += little(value, count)
    }
    return file + directory + end
}

/// CRC-32 as zip files have it.
private func checksum(_ bytes: [UInt8]) -> UInt32 {
    var sum = UInt32.max
    for byte in bytes {
        sum ^= UInt32(byte)
        for _ in 0..<8 {
            let isOdd = sum & 1 == 1
            sum >>= 1
            if isOdd { sum ^= 0xEDB8_8320 }
        }
    }
    return ~sum
}
