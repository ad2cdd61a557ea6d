import PackCore
import PackFormats
import PackIO
import Testing

/// Texts in NumPy's files: str (`<U`) and bytes (`|S`).
@Suite struct NPYTextTests {
    /// A file with the given header and elements.
    private func file(_ type: String, _ shape: String, _ elements: [UInt8], isFortran: Bool = false) -> [UInt8] {
        var text = Array(
            "{'descr': '\(type)', 'fortran_order': \(isFortran ? "True" : "False"), 'shape': \(shape), }".utf8)
        text += [UInt8](repeating: 0x20, count: 63 - (10 + text.count) % 64) + [0x0A]
        return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.count & 0xFF), UInt8(text.count >> 8)] + text + elements
    }

    private func utf32(_ texts: [String], width: Int) -> [UInt8] {
        texts.flatMap { text in
            var scalars = text.unicodeScalars.map(\.value)
            scalars += [UInt32](repeating: 0, count: width - scalars.count)
            return scalars.flatMap { value in withUnsafeBytes(of: value.littleEndian) { Array($0) } }
        }
    }

    private func read(_ bytes: [UInt8]) throws -> NamedArray {
        let folder = try TemporaryFolder()
        try writeQuickly(bytes, to: folder.path + "/a.npy")
        return try NPY.read(folder.path + "/a.npy", name: "a")
    }

    private func array(_ shape: [Int], _ texts: [String]) -> NamedArray {
        NamedArray(name: "a", shape: shape, texts: texts.map { Array($0.utf8) })
    }

    @Test(arguments: [[], ["a"], ["", ""], ["é青😀", "a", ""], ["a\u{0}b"]]) func readsWhatItWrites(texts: [String])
        throws
    {
        let folder = try TemporaryFolder()
        let given = array([1, texts.count], texts)
        try NPY.write(given, to: folder.path + "/a.npy")
        #expect(try NPY.read(folder.path + "/a.npy", name: "a") == given)
        try NPZ.write([given], to: folder.path + "/a.npz")
        #expect(try NPZ.read(folder.path + "/a.npz") == [given])
    }

    @Test func readsWhatNumPyWrites() throws {
        #expect(try read(file("<U3", "(2,)", utf32(["é青😀", "a"], width: 3))) == array([2], ["é青😀", "a"]))
        #expect(try read(file("|S3", "(2,)", Array("abcd\u{0}\u{0}".utf8))) == array([2], ["abc", "d"]))
        #expect(try read(file("|S2", "()", Array("é".utf8))) == array([], ["é"]))
        let columns = file("<U1", "(2, 2)", utf32(["a", "c", "b", "d"], width: 1), isFortran: true)
        #expect(try read(columns) == array([2, 2], ["a", "b", "c", "d"]))
        for type in ["<U0", "|S0", "<U1"] { #expect(try read(file(type, "(0, 3)", [])) == array([0, 3], [])) }
    }

    @Test(
        arguments: [
            ("<U1", "(1,)", [0, 0xD8, 0, 0]), ("<U1", "(1,)", [0, 0, 0x11, 0]),
            ("<U1", "(1,)", [0xFF, 0xFF, 0xFF, 0xFF]),
            ("|S2", "(1,)", [0xC3, 0x28]), ("|S1", "(1,)", [0x80]), (">U1", "(1,)", [0, 0, 0, 0x61]),
            ("<U2", "(1,)", [0x61, 0, 0, 0]),
            ("<U0", "(5,)", []), ("|S0", "(1099511627776,)", []), ("<U99999999999999999999", "(1,)", [0, 0, 0, 0]),
            ("<U-1", "(1,)", [0, 0, 0, 0]), ("<U", "(1,)", [0, 0, 0, 0]),
            ("<U268435456", "(4294967296, 4294967296)", []),
        ] as [(String, String, [UInt8])])
    func refuses(type: String, shape: String, elements: [UInt8]) {
        #expect(throws: FormatFailure.self) { try read(file(type, shape, elements)) }
    }

    @Test func refusesToWriteWhatDisagrees() throws {
        let folder = try TemporaryFolder()
        #expect(throws: FormatFailure.self) { try NPY.write(array([2], ["a"]), to: folder.path + "/a.npy") }
        #expect(throws: FormatFailure.self) {
            try NPY.write(
                NamedArray(name: "a", dtype: .string, shape: [1], bytes: [0, 0, 0, 0, 0, 0, 0, 0]),
                to: folder.path + "/a.npy")
        }
    }
}
