import PackCore
import PackFormats
import PackIO
import Testing

@Suite struct NPYTests {
    @Test(arguments: DType.allCases.filter { $0 != .string }) func readsWhatItWrites(_ dtype: DType) throws {
        let folder = try TemporaryFolder()
        for shape in [[], [3], [2, 0], [2, 1, 3]] {
            let count = shape.reduce(1, *)
            let bytes = (0..<count * dtype.size).map { UInt8(truncatingIfNeeded: $0 & 1) }
            let array = NamedArray(name: "a", dtype: dtype, shape: shape, bytes: bytes)
            try NPY.write(array, to: folder.path + "/a.npy")
            // NumPy has no types of a few bits: what holds them is another.
            let expected = NamedArray(name: "a", dtype: dtype.numpyType, shape: shape, bytes: bytes)
            #expect(try NPY.read(folder.path + "/a.npy", name: "a") == expected)
        }
    }

    @Test func refusesAFileCutOffAnywhere() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/a.npy"
        try NPY.write(NamedArray(name: "a", dtype: .f32, shape: [2], bytes: Array(repeating: 7, count: 8)), to: path)
        let whole = try FileContents.bytes(of: path)
        for count in 0..<whole.count {
            try writeQuickly(Array(whole.prefix(count)), to: path)
            #expect(throws: FormatFailure.self) { try NPY.read(path, name: "a") }
        }
        try writeQuickly(whole + [0], to: path)
        #expect(throws: FormatFailure.self) { try NPY.read(path, name: "a") }
    }

    @Test func refusesToWriteWhatDisagrees() throws {
        let folder = try TemporaryFolder()
        let array = NamedArray(name: "a", dtype: .f32, shape: [2], bytes: [1])
        #expect(throws: FormatFailure.self) { try NPY.write(array, to: folder.path + "/a.npy") }
    }
}
