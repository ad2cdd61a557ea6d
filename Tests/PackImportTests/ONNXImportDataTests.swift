import Glibc
import PackFormats
import PackIO
import PackImport
import PackLab
import Testing

/// Changes a good file at random: it is imported, with or without problems, or refused with a typed error.
/// `PACK_FUZZ_SEED` and `PACK_FUZZ_ROUNDS` repeat and lengthen a run.
@Suite struct ONNXImportFuzzTests {
    private static func setting(_ name: String) -> UInt64? {
        getenv(name).flatMap { UInt64(String(cString: $0)) }
    }

    /// SplitMix64 (Steele et al. 2014).
    private static func next(_ state: inout UInt64) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int(truncatingIfNeeded: (word ^ (word >> 31)) >> 2)
    }

    @Test func survivesChangedBytes() throws {
        let seed = Self.setting("PACK_FUZZ_SEED") ?? UInt64.random(in: 0...UInt64.max)
        let rounds = Self.setting("PACK_FUZZ_ROUNDS") ?? 300
        print("onnx import fuzz: PACK_FUZZ_SEED=\(seed) PACK_FUZZ_ROUNDS=\(rounds)")
        let original = ONNXExport.bytes(of: try ImportedModel.load(Fixture.path("bert-embedding-dense")).graph)
        let folder = try TemporaryFolder()
        let path = folder.path + "/model.onnx"
        var state = seed
        for round in 0..<rounds {
            var bytes = original
            for _ in 0...Self.next(&state) % 4 {
                bytes[Self.next(&state) % bytes.count] ^= UInt8(1 << (Self.next(&state) % 8))
            }
            let stream = try #require(fopen(path, "wb"))
            #expect(fwrite(bytes, 1, bytes.count, stream) == bytes.count)
            fclose(stream)
            do throws(ImportError) {
                _ = try ONNXImport.load(path)
            } catch {
                #expect(error.facts.file != nil, "seed \(seed), round \(round): \(error)")
            }
        }
    }
}

/// All models of the `onnx` package's test data, where `PACK_ONNX_DATA` names its folder.
@Suite(.enabled(if: getenv("PACK_ONNX_DATA") != nil))
struct ONNXImportDataTests {
    private let path = getenv("PACK_ONNX_DATA").map { String(cString: $0) } ?? ""

    @Test func importsEveryModelOrSaysWhyNot() throws {
        var runnable = 0
        var refused = 0
        for entry in try FolderWalk.entries(of: path) where entry.path.hasSuffix(".onnx") {
            let onnx = try ONNXImport.load("\(path)/\(entry.path)")
            if onnx.problems.isEmpty { runnable += 1 } else { refused += 1 }
        }
        print("onnx data: \(runnable) models imported, \(refused) refused")
        #expect(runnable > 50)
    }
}
