import Glibc
import PackIO
import Testing

@Suite struct MappedFileTests {
    let folder = try? TemporaryFolder()

    @Test func lendsTheBytesOfAFile() throws {
        let path = try #require(folder).path + "/a"
        try AtomicFile.write(Array("hello".utf8), to: path)
        let file = try MappedFile(path: path)
        #expect(file.size == 5)
        #expect(file.withBytes { Array($0) } == Array("hello".utf8))
        #expect(file.withBytes(in: 1..<3) { Array($0) } == Array("el".utf8))
        #expect(file.withBytes(in: 4..<90) { $0.count } == 1)
    }

    @Test func mapsAnEmptyFile() throws {
        let path = try #require(folder).path + "/empty"
        try AtomicFile.write([], to: path)
        #expect(try MappedFile(path: path).withBytes { $0.count } == 0)
    }

    @Test(arguments: ["/dev/null", "/tmp", "/proc/self/fd"])
    func refusesWhatIsNotAFile(path: String) {
        #expect { try MappedFile(path: path) } throws: { error in
            guard case .notRegular(path, _)? = error as? IOFailure else { return false }
            return true
        }
    }

    @Test func doesNotWaitForAPipe() throws {
        let path = try #require(folder).path + "/pipe"
        #expect(mkfifo(path, 0o600) == 0)
        #expect(throws: IOFailure.notRegular(path: path, found: .fifo)) { try MappedFile(path: path) }
    }

    @Test func namesTheFileThatIsNotThere() {
        #expect(throws: IOFailure.system(.open, path: "/no/such", code: ENOENT)) { try MappedFile(path: "/no/such") }
        #expect(IOFailure.system(.open, path: "/no/such", code: ENOENT).facts.file == "/no/such")
    }

    @Test func refusesFilesBeyondTheLimit() throws {
        let path = try #require(folder).path + "/large"
        try AtomicFile.write([UInt8](repeating: 0, count: 100), to: path)
        #expect(throws: IOFailure.tooLarge(path: path, bytes: 100, limit: 99)) {
            try FileContents.bytes(of: path, limit: 99)
        }
        #expect(try FileContents.bytes(of: path, limit: 100).count == 100)
    }
}

@Suite struct AtomicFileTests {
    let folder = try? TemporaryFolder()

    @Test func leavesNothingWithoutCommit() throws {
        let root = try #require(folder).path
        do {
            let file = try AtomicFile(path: root + "/a")
            try file.write(Array("x".utf8))
        }
        #expect(try FolderWalk.names(in: root).isEmpty)
    }

    @Test func replacesAFileAndSetsItsMode() throws {
        let root = try #require(folder).path
        try AtomicFile.write([1], to: root + "/a")
        try AtomicFile.write([2, 3], to: root + "/a", mode: 0o755)
        let entries = try FolderWalk.entries(of: root)
        #expect(entries.map(\.path) == ["a"])
        #expect(entries.first?.mode == 0o755)
        #expect(try FileContents.bytes(of: root + "/a") == [2, 3])
    }

    @Test func namesTheFileThatCannotBeWritten() {
        #expect(throws: IOFailure.system(.create, path: "/no/such/a", code: ENOENT)) {
            try AtomicFile(path: "/no/such/a")
        }
    }
}

@Suite struct FolderTests {
    let folder = try? TemporaryFolder()

    @Test func walksInOrderAndKeepsItsBounds() throws {
        let root = try #require(folder).path
        mkdir(root + "/b", 0o755)
        try AtomicFile.write([1, 2], to: root + "/b/x")
        try AtomicFile.write([1], to: root + "/a")
        symlink(root, root + "/loop")
        let entries = try FolderWalk.entries(of: root)
        #expect(entries.map(\.path) == ["a", "b", "b/x", "loop"])
        #expect(entries.map(\.bytes) == [1, 0, 2, 0])
        #expect(throws: IOFailure.tooManyEntries(path: root, limit: 3)) {
            try FolderWalk.entries(of: root, maximumCount: 3)
        }
        #expect(throws: IOFailure.self) { try FolderWalk.entries(of: root, maximumDepth: 1) }
    }

    @Test(arguments: ["", ".", "..", "../a", "/etc/passwd", "a/b", "a\\b", "a\0b"])
    func refusesNamesThatLeaveTheFolder(name: String) throws {
        let root = try ContainedFolder(path: #require(folder).path)
        #expect(throws: IOFailure.unsafeName(name, folder: root.path)) { try root.file(name) }
        #expect(!root.contains(name))
    }

    @Test func refusesLinksThatLeaveTheFolder() throws {
        let root = try ContainedFolder(path: #require(folder).path)
        symlink("/etc/passwd", root.path + "/out")
        #expect(throws: IOFailure.linkLeavesFolder(path: root.path + "/out", target: "/etc/passwd")) {
            try root.file("out")
        }
        try AtomicFile.write([1], to: root.path + "/real")
        symlink("real", root.path + "/in")
        #expect(try root.contents(of: "in") == [1])
    }

    @Test func followsTheLinksOfAHubCache() throws {
        let cache = try #require(folder).path + "/models--a"
        for path in ["", "/blobs", "/snapshots", "/snapshots/0123"] { mkdir(cache + path, 0o755) }
        try AtomicFile.write([7], to: cache + "/blobs/digest")
        symlink("../../blobs/digest", cache + "/snapshots/0123/config.json")
        #expect(try ContainedFolder(path: cache + "/snapshots/0123").contents(of: "config.json") == [7])
    }

    @Test func removesItselfWithItsContent() throws {
        let path = try TemporaryFolder().path
        #expect(try FileContents.kind(of: path) == nil)
    }
}

@Suite struct DigestAndSuggestionTests {
    @Test func digestsAsTheStandardSays() throws {
        // FIPS 180-4's example: the digest of "abc".
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        #expect(SHA256Digest(of: Array("abc".utf8)).hex == expected)
        let folder = try TemporaryFolder()
        try AtomicFile.write(Array("abc".utf8), to: folder.path + "/a")
        #expect(try SHA256Digest(ofFile: folder.path + "/a").description == "sha256:" + expected)
    }

    @Test(arguments: [("lamda", "lambda"), ("cloudrun", "cloud-run"), ("Lambda", "lambda"), ("xyz", nil), ("", nil)])
    func suggestsTheNearest(name: String, expected: String?) {
        #expect(Suggestion.nearest(to: name, among: ["lambda", "cloud-run", "kubernetes"]) == expected)
    }
}
