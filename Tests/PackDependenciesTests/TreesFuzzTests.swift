import CArchive
import Glibc
import PackDependencies
import PackIO
import Testing

/// Changes good images and wheels at random. `PACK_FUZZ_SEED` and `PACK_FUZZ_ROUNDS` repeat and lengthen a run.
@Suite struct TreesFuzzTests {
    private static func setting(_ name: String) -> UInt64? { getenv(name).flatMap { UInt64(String(cString: $0)) } }

    private let seed = setting("PACK_FUZZ_SEED") ?? UInt64.random(in: 0...UInt64.max)
    private let rounds = setting("PACK_FUZZ_ROUNDS") ?? 500

    /// SplitMix64.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
            return value ^ value >> 31
        }
    }

    private func items() -> [ArchiveItem] {
        [
            .folder("a/"), .file("a/b", "some text"), .file("c", String(repeating: "c", count: 700)), .link("d", "a/b"),
            .same("e", "c"), .file("f/.wh.g", ""), .file("f/.wh..wh..opq", ""),
            .file(String(repeating: "long/", count: 30), "l"),
        ]
    }

    /// A layer that changed and whose digest is right again: the tar reader and the stack see it.
    @Test func fuzzSurvivesChangedLayers() throws {
        print("layer fuzz: PACK_FUZZ_SEED=\(seed) PACK_FUZZ_ROUNDS=\(rounds)")
        var random = Generator(state: seed)
        let folder = try TemporaryFolder()
        let originals = try [ARCHIVE_FILTER_NONE, ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_ZSTD].map {
            try layer(items(), filter: $0)
        }
        for round in 0..<rounds {
            let layers = (0..<2).map { _ in
                changed(originals[Int.random(in: 0..<originals.count, using: &random)], &random)
            }
            try write(try ImageBuilder(layers).dockerArchive(), folder.path + "/image")
            check(folder.path + "/image", "seed \(seed), round \(round)")
        }
    }

    /// Documents, headers and blobs of a layout's tar and of a docker-archive.
    @Test func fuzzSurvivesChangedImages() throws {
        print("image fuzz: PACK_FUZZ_SEED=\(seed) PACK_FUZZ_ROUNDS=\(rounds)")
        var random = Generator(state: seed)
        let folder = try TemporaryFolder()
        let builder = ImageBuilder([try layer(items()), try layer([.file("b", "b")])])
        let originals = [
            try builder.dockerArchive(), try ImageBuilder.tar(try builder.write(folder.path + "/layout")),
        ]
        for round in 0..<rounds {
            let bytes = changed(originals[Int.random(in: 0..<2, using: &random)], &random)
            try write(bytes, folder.path + "/image")
            check(folder.path + "/image", "seed \(seed), round \(round)")
        }
    }

    @Test func fuzzSurvivesChangedWheels() throws {
        print("wheel fuzz: PACK_FUZZ_SEED=\(seed) PACK_FUZZ_ROUNDS=\(rounds)")
        var random = Generator(state: seed)
        let folder = try TemporaryFolder()
        let original = try wheel(
            "foo-1", [.file("foo.py", "x = 1"), .file("foo-1.data/scripts/x", "x"), .link("l", "m")])
        for round in 0..<rounds {
            try write(changed(original, &random), folder.path + "/foo-1-py3-none-any.whl")
            check(folder.path, "seed \(seed), round \(round)")
        }
    }

    /// Writes without waiting for the disk, as thousands of rounds need it.
    private func write(_ bytes: [UInt8], _ path: String) throws {
        let stream = try #require(fopen(path, "wb"))
        defer { fclose(stream) }
        #expect(fwrite(bytes, 1, bytes.count, stream) == bytes.count)
    }

    /// Whatever is read keeps the promises of trees; what is not is refused with this module's error.
    private func check(_ path: String, _ round: Comment) {
        do throws(TreeError) {
            let tree = try FileTree.open(path)
            let paths = tree.files.map { Array($0.path.utf8) }
            #expect(zip(paths, paths.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) }, round)
            for file in tree.files {
                let parts = file.path.split(separator: "/", omittingEmptySubsequences: false)
                #expect(!parts.contains { $0.isEmpty || $0 == "." || $0 == ".." }, round)
                #expect(file.bytes >= 0, round)
                #expect(tree.form == .folder || tree.layers.indices.contains(file.layer), round)
            }
            #expect(tree.layers.allSatisfy { $0.hiddenBytes >= 0 && $0.hiddenBytes <= $0.bytes }, round)
            var lent = 0
            let problems = tree.visit(Array(tree.files.indices), limit: 1 << 16) { index, bytes in
                #expect(bytes.count == min(tree.files[index].bytes, 1 << 16), round)
                lent += 1
            }
            #expect(lent + problems.count == tree.files.count { $0.link == nil }, round)
        } catch {
            #expect(!error.facts.what.isEmpty)
        }
    }

    private func changed(_ original: [UInt8], _ random: inout Generator) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...4, using: &random) where bytes.count > 1 {
            // Headers and names stand near starts of blocks.
            let block = Int.random(in: 0...(bytes.count - 1) / 512, using: &random) * 512
            let index =
                Bool.random(using: &random)
                ? Int.random(in: 0..<bytes.count, using: &random)
                : min(bytes.count - 1, block + Int.random(in: 0..<512, using: &random))
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[index] = [0, 0xFF, 0x2E, 0x2F].randomElement(using: &random) ?? 0
            case 2: fixSum(&bytes, block, changing: min(index % 512, 147))
            case 3: bytes.removeLast(min(bytes.count - 1, index / 4))
            case 4:
                let end = min(bytes.count, index + 8)
                bytes.replaceSubrange(index..<end, with: [UInt8](repeating: 0xFF, count: end - index))
            default: bytes[index] = UInt8.random(in: 0...255, using: &random)
            }
        }
        return bytes
    }

    /// Changes a byte of what may be a tar's header, and makes its sum right again.
    private func fixSum(_ bytes: inout [UInt8], _ block: Int, changing offset: Int) {
        guard block + 512 <= bytes.count else { return }
        bytes[block + offset] = bytes[block + offset] &+ 1
        bytes.replaceSubrange(block + 148..<block + 156, with: [UInt8](repeating: 0x20, count: 8))
        let digits = String(bytes[block..<block + 512].reduce(0) { $0 + Int($1) }, radix: 8)
        let field = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
        bytes.replaceSubrange(block + 148..<block + 155, with: Array(field.utf8.prefix(6)) + [0])
    }
}
