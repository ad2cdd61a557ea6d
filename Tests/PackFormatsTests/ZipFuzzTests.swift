import Glibc
import PackFormats
import PackIO
import Testing

/// Changes a good zip at random. `PACK_FUZZ_SEED` and `PACK_FUZZ_ROUNDS` repeat and lengthen a run.
@Suite struct ZipFuzzTests {
    private static func setting(_ name: String) -> UInt64? { getenv(name).flatMap { UInt64(String(cString: $0)) } }

    private let seed = setting("PACK_FUZZ_SEED") ?? UInt64.random(in: 0...UInt64.max)
    private let rounds = setting("PACK_FUZZ_ROUNDS") ?? 2000

    @Test func fuzzSurvivesChangedBytes() throws {
        print("zip fuzz: PACK_FUZZ_SEED=\(seed) PACK_FUZZ_ROUNDS=\(rounds)")
        var random = SeededGenerator(state: seed)
        let folder = try TemporaryFolder()
        let originals = originals()
        for round in 0..<rounds {
            let original = originals[Int.random(in: 0..<originals.count, using: &random)]
            let bytes = changed(original, &random)
            let path = folder.path + "/a.zip"
            try write(bytes, to: path)
            do throws(FormatFailure) {
                let zip = try ZipDirectory(path: path, limit: 100)
                #expect(keepsItsPromises(zip, bytes.count), "seed \(seed), round \(round)")
            } catch {
                guard case .zip = error else {
                    Issue.record("seed \(seed), round \(round): \(error)")
                    continue
                }
            }
        }
    }

    private func originals() -> [[UInt8]] {
        let text = Array("some text".utf8)
        var builder = ZipBuilder([
            .init("a/"), .init("a/b", text),
            .init("c", [UInt8](repeating: 0, count: 2581)) {
                $0.method = 8
                $0.stored = deflatedZeros(10).bytes
            },
            .init("d", text) {
                $0.bytes = 0xFFFF_FFFF
                $0.localBytes = text.count
                $0.extra = ZipBuilder.little(1, 2) + ZipBuilder.little(8, 2) + ZipBuilder.little(text.count, 8)
            },
        ])
        let plain = builder.bytes
        builder.isZip64 = true
        return [plain, builder.bytes]
    }

    /// Writes without waiting for the disk, as thousands of rounds need it.
    private func write(_ bytes: [UInt8], to path: String) throws {
        let stream = try #require(fopen(path, "wb"))
        defer { fclose(stream) }
        #expect(fwrite(bytes, 1, bytes.count, stream) == bytes.count)
    }

    private func keepsItsPromises(_ zip: ZipDirectory, _ size: Int) -> Bool {
        var taken: [Range<Int>] = []
        for entry in zip.entries where entry.isReadable {
            guard entry.dataOffset >= 0, entry.compressedBytes <= size - entry.dataOffset else { return false }
            let range = entry.headerOffset..<entry.dataOffset + entry.compressedBytes
            guard !taken.contains(where: { $0.overlaps(range) }) else { return false }
            taken.append(range)
            guard let bytes = try? zip.contents(of: entry, limit: 10_000) else { continue }
            guard bytes.count == min(entry.bytes, 10_000) else { return false }
            guard !entry.path.hasPrefix("/"), !entry.path.split(separator: "/").contains("..") else { return false }
            if entry.bytes <= 10_000, zipChecksum(bytes) != entry.checksum { return false }
        }
        return true
    }

    private func changed(_ original: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[index] = [0, 0xFF, 0x7F, 0x80].randomElement(using: &random) ?? 0
            case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: index)
            case 3: bytes.remove(at: index)
            case 4:
                let end = min(bytes.count, index + 8)
                bytes.replaceSubrange(index..<end, with: [UInt8](repeating: 0xFF, count: end - index))
            default: bytes[index] = UInt8.random(in: 0...255, using: &random)
            }
        }
        return bytes
    }
}
