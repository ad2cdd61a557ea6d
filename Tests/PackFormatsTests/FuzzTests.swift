import Glibc
import PackFormats
import PackIO
import Testing

/// Changes a good file at random. Whatever comes out is either read or refused with a typed error, and what is read
/// keeps its promises. `PACK_FUZZ_SEED` and `PACK_FUZZ_ROUNDS` repeat and lengthen a run.
@Suite struct SafetensorsFuzzTests {
    private static func setting(_ name: String) -> UInt64? {
        getenv(name).flatMap { UInt64(String(cString: $0)) }
    }

    private let seed = setting("PACK_FUZZ_SEED") ?? UInt64.random(in: 0...UInt64.max)
    private let rounds = setting("PACK_FUZZ_ROUNDS") ?? 3000

    private let original = SafetensorsBuilder(
        "{\"__metadata__\": {\"format\": \"pt\"}, \(entry("a.weight", "F32", "[2, 3]", "[0, 24]")), "
            + "\(entry("b", "BF16", "[4]", "[24, 32]")), \(entry("c", "U8", "[0, 9]", "[32, 32]"))}", body: 32
    ).bytes

    @Test func survivesChangedBytes() throws {
        print("safetensors fuzz: PACK_FUZZ_SEED=\(seed) PACK_FUZZ_ROUNDS=\(rounds)")
        var random = SeededGenerator(state: seed)
        let folder = try TemporaryFolder()
        let path = folder.path + "/a.safetensors"
        for round in 0..<rounds {
            let bytes = changed(&random)
            try write(bytes, to: path)
            do throws(FormatFailure) {
                let file = try SafetensorsFile(path: path)
                #expect(keepsItsPromises(file, bytes.count), "seed \(seed), round \(round)")
            } catch {
                guard case .safetensors = error else {
                    Issue.record("seed \(seed), round \(round): \(error)")
                    continue
                }
            }
        }
    }

    /// Writes without waiting for the disk, as thousands of rounds need it.
    private func write(_ bytes: [UInt8], to path: String) throws {
        let stream = try #require(fopen(path, "wb"))
        defer { fclose(stream) }
        #expect(fwrite(bytes, 1, bytes.count, stream) == bytes.count)
    }

    private func keepsItsPromises(_ file: SafetensorsFile, _ size: Int) -> Bool {
        var position = file.headerBytes
        for tensor in file.tensors {
            guard tensor.range.lowerBound == position, tensor.range.upperBound <= size else { return false }
            guard tensor.shape.reduce(1, *) == tensor.count, tensor.count * tensor.type.bits == tensor.range.count * 8
            else { return false }
            position = tensor.range.upperBound
        }
        return position == size
    }

    /// Some of: flipped bits, digits for digits, bytes cut out and put in, an end cut off, an honest length.
    private func changed(_ random: inout SeededGenerator) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes.remove(at: index)
            case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: index)
            case 3: bytes.removeLast(min(bytes.count, index / 8))
            case 4: bytes.insert(contentsOf: Array("9223372036854775807".utf8), at: index)
            default:
                let digits = bytes.indices.filter { (0x30...0x39).contains(bytes[$0]) }
                if let digit = digits.randomElement(using: &random) {
                    bytes[digit] = UInt8.random(in: 0x30...0x39, using: &random)
                }
            }
        }
        if Bool.random(using: &random), bytes.count > 40 {
            let length = UInt64(bytes.count - 8 - min(32, bytes.count - 8))
            withUnsafeBytes(of: length.littleEndian) { bytes.replaceSubrange(0..<8, with: $0) }
        }
        return bytes
    }
}
