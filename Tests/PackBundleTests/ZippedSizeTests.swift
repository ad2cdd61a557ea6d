import CPackSystem
import Glibc
import PackBundle
import PackIO
import Synchronization
import Testing

/// A folder of the test's own.
private func folder() throws -> TemporaryFolder { try TemporaryFolder(prefix: "pack-zipped-test") }

/// Bytes that deflate finds something in: words of a small alphabet, in an order that a generator makes.
private func words(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed
    var bytes: [UInt8] = []
    while bytes.count < count {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes += Array("word\(state >> 52) ".utf8)
    }
    return Array(bytes.prefix(count))
}

/// Bytes that nothing finds anything in.
private func noise(_ count: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
}

/// Bytes of the zip that libarchive writes of the same entries.
private func written(_ entries: [BundleEntry], in folder: TemporaryFolder) throws -> Int {
    try ZipWriter.write(entries, to: folder.path + "/a.zip")
    return try MappedFile(path: folder.path + "/a.zip").size
}

@Suite struct ZippedSizeTests {
    @Test func emptyZipHasItsEndAlone() {
        #expect(ZippedSize.measure([])?.bytes == 22)
    }

    @Test func headersAreCounted() throws {
        let made = try #require(ZippedSize.measure([ZippedFile(nameBytes: 5, size: 0, source: .nothing)]))
        #expect(made.bytes == 30 + 5 + 46 + 5 + 22)
        #expect(made.entryBytes == [86])
        #expect(made.stored == [0])
    }

    @Test func whatDoesNotShrinkIsStored() throws {
        let made = try #require(ZippedSize.measure([ZippedFile(name: "n", bytes: noise(3_000_000))]))
        #expect(made.stored == [3_000_000])
    }

    @Test func manyEntriesTakeTheWideEnd() throws {
        let files = (0..<70_000).map { _ in ZippedFile(nameBytes: 1, size: 0, source: .nothing) }
        let made = try #require(ZippedSize.measure(files))
        #expect(made.bytes == 70_000 * (31 + 47) + 22 + 56 + 20)
    }

    @Test(arguments: [1, 100, 70_000, 1 << 20, (1 << 20) + 1, 5_000_000])
    func sizesAreThoseOfARealZip(size: Int) throws {
        let folder = try folder()
        let bytes = words(size)
        let real = try written([BundleEntry("a", bytes: bytes)], in: folder)
        let made = try #require(ZippedSize.measure([ZippedFile(name: "a", bytes: bytes)], level: 9))
        // libarchive adds times and owners: 24 bytes before the data, 40 with what follows it and the directory's.
        #expect(abs(made.bytes - real) <= 100 + real / 500, "\(made.bytes) and \(real)")
    }

    @Test func threadsChangeNothing() throws {
        let files = [7_000_000, 3, 2_000_000, 40_000].enumerated().map { index, size in
            ZippedFile(name: "f\(index)", bytes: words(size, seed: UInt64(index)))
        }
        let one = try #require(ZippedSize.measure(files, threads: 1))
        let four = try #require(ZippedSize.measure(files, threads: 4))
        #expect(one.stored == four.stored)
        #expect(one.bytes == four.bytes)
        #expect(one.bytes == one.entryBytes.reduce(22, +))
    }

    @Test func filesOnDiskGiveTheSame() throws {
        let folder = try folder()
        let bytes = words(2_500_000)
        try AtomicFile.write(bytes, to: folder.path + "/a")
        let onDisk = ZippedSize.measure([ZippedFile(name: "a", size: bytes.count, path: folder.path + "/a")])
        let inMemory = ZippedSize.measure([ZippedFile(name: "a", bytes: bytes)])
        #expect(try #require(onDisk).bytes == inMemory?.bytes)
        #expect(try #require(onDisk).problems.isEmpty)
    }

    @Test func filesThatCannotBeReadAreProblems() throws {
        let folder = try folder()
        try AtomicFile.write(words(5000), to: folder.path + "/short")
        try AtomicFile.write(words(5000), to: folder.path + "/good")
        #expect(symlink(folder.path + "/good", folder.path + "/link") == 0)
        #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
        let names = ["missing", "short", "good", "link", "pipe"]
        let files = names.map { name in
            ZippedFile(name: name, size: name == "short" ? 3_000_000 : 5000, path: folder.path + "/" + name)
        }
        let made = try #require(ZippedSize.measure(files))
        #expect(made.problems.map(\.index) == [0, 1, 3, 4])
        #expect(made.problems[0].failure == .system(.open, path: folder.path + "/missing", code: ENOENT))
        #expect(made.problems[1].failure == .truncated(path: folder.path + "/short", bytes: 5000, expected: 3_000_000))
        #expect(made.problems[2].failure == .system(.open, path: folder.path + "/link", code: ELOOP))
        #expect(made.problems[3].failure == .notRegular(path: folder.path + "/pipe", found: .fifo))
        #expect(made.stored[2] > 0 && made.stored[2] < 5000)
        #expect(made.stored[0] == 0)
    }

    @Test func linksAreFollowedWhereAskedFor() throws {
        let folder = try folder()
        try AtomicFile.write(words(5000), to: folder.path + "/good")
        #expect(symlink(folder.path + "/good", folder.path + "/link") == 0)
        let file = ZippedFile(name: "link", size: 5000, path: folder.path + "/link", followingLinks: true)
        #expect(try #require(ZippedSize.measure([file])).problems.isEmpty)
    }

    @Test func absurdSizesAreProblems() throws {
        let files = [1 << 50, Int.max, 10].map { ZippedFile(nameBytes: 1, size: $0, source: .path("/nowhere")) }
        let made = try #require(ZippedSize.measure(Array(files.dropFirst())))
        #expect(made.problems.map(\.index) == [0, 1])
        #expect(made.problems[0].failure == .tooLarge(path: "/nowhere", bytes: .max, limit: 1 << 50))
    }

    @Test func progressCountsAndCancels() throws {
        let files = (0..<20).map { _ in ZippedFile(name: "a", bytes: [UInt8](repeating: 7, count: 1_500_000)) }
        let most = Mutex(0)
        let made = ZippedSize.measure(files) { done, all in
            most.withLock { $0 = max($0, done) }
            return all == 30_000_000
        }
        #expect(made != nil)
        #expect(most.withLock { $0 } == 30_000_000)
        let calls = Mutex(0)
        let cancelled = ZippedSize.measure(files, threads: 2) { _, _ in
            calls.withLock { $0 += 1 }
            return false
        }
        #expect(cancelled == nil)
        #expect(calls.withLock { $0 } <= 2)
    }
}
