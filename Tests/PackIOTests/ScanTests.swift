import Glibc
import PackIO
import Testing

@Suite struct EscapedPathTests {
    @Test(arguments: [
        ([0x61, 0x2F, 0x62], "a/b"), ([0xC3, 0xA4], "ä"), ([0xFF], "\\xFF"), ([0x5C], "\\x5C"),
        (Array("\\xFF".utf8), "\\x5CxFF"), ([0xC3, 0x28], "\\xC3("), ([0xE2, 0x82], "\\xE2\\x82"),
        ([0xED, 0xA0, 0x80], "\\xED\\xA0\\x80"), ([0xF0, 0x9F, 0x98, 0x80, 0x80], "😀\\x80"),
        ([0xC0, 0x80, 0xF5, 0x80], "\\xC0\\x80\\xF5\\x80"), ([0xE0, 0x80, 0x80], "\\xE0\\x80\\x80"), ([], ""),
    ])
    func showsAndReadsBack(bytes: [UInt8], text: String) {
        #expect(EscapedPath.text(bytes) == text)
        #expect(EscapedPath.bytes(text) == bytes)
    }

    @Test func whatIsNoEscapeStands() {
        #expect(EscapedPath.bytes("a\\x5") == Array("a\\x5".utf8))
        #expect(EscapedPath.bytes("\\xZZ") == Array("\\xZZ".utf8))
    }
}

@Suite struct FolderScanTests {
    let folder = try? TemporaryFolder()

    @Test func goesInOrderOfPaths() throws {
        let root = try #require(folder).path
        for name in ["a", "a/c", "b"] { mkdir("\(root)/\(name)", 0o755) }
        let names = ["a-b", "a.b", "a/b", "a/c/d", "a/c-d", "a0", "b/z", "z"]
        for name in names { try AtomicFile.write([1], to: "\(root)/\(name)") }
        symlink("..", root + "/b/loop")
        let scan = try FolderScan(folder: root)
        #expect(scan.files.map(\.path) == ["a-b", "a.b", "a/b", "a/c-d", "a/c/d", "a0", "b/loop", "b/z", "z"])
        #expect(scan.files.first { $0.path == "b/loop" }?.link == "..")
        #expect(scan.failures.isEmpty)
        #expect(throws: IOFailure.tooManyEntries(path: root, limit: 11)) {
            try FolderScan(folder: root, maximumCount: 11)
        }
        #expect(throws: IOFailure.system(.list, path: root + "/no", code: ENOENT)) {
            try FolderScan(folder: root + "/no")
        }
    }

    @Test func goesOnBesideWhatIsTooDeep() throws {
        let root = try #require(folder).path
        mkdir(root + "/a", 0o755)
        mkdir(root + "/a/b", 0o755)
        try AtomicFile.write([1], to: root + "/a/b/c")
        try AtomicFile.write([1], to: root + "/d")
        let scan = try FolderScan(folder: root, maximumDepth: 2)
        #expect(scan.files.map(\.path) == ["d"])
        #expect(scan.failures.map(\.path) == ["a/b"])
        #expect(scan.failures.first?.failure == .tooDeep(path: root + "/a/b", limit: 2))
    }

    @Test func tellsNamesThatAreNotUTF8Apart() throws {
        let root = try #require(folder).path
        for name: [UInt8] in [[0xFF], [0xFE], Array("\\xFF".utf8)] {
            let path = (Array(root.utf8) + [0x2F] + name).map { CChar(bitPattern: $0) } + [0]
            close(open(path, O_CREAT | O_WRONLY, 0o644))
        }
        #expect(try FolderScan(folder: root).files.map(\.path) == ["\\x5CxFF", "\\xFE", "\\xFF"])
        var reader = try FolderReader(folder: root)
        for path in ["\\x5CxFF", "\\xFE", "\\xFF"] { try reader.withBytes(of: path, limit: 9) { #expect($0.isEmpty) } }
        // The folder cannot remove a name that is not UTF-8.
        for byte: UInt8 in [0xFE, 0xFF] {
            unlink((Array(root.utf8) + [0x2F, byte]).map { CChar(bitPattern: $0) } + [0])
        }
    }
}

@Suite struct FolderReaderTests {
    let folder = try? TemporaryFolder()

    @Test(arguments: [0, 1, 256 << 10, (256 << 10) + 1, 3 << 20]) func lendsFilesOfAllSizes(count: Int) throws {
        let root = try #require(folder).path
        mkdir(root + "/a", 0o755)
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        try AtomicFile.write(bytes, to: root + "/a/b")
        var reader = try FolderReader(folder: root)
        try reader.withBytes(of: "a/b", limit: .max) { #expect($0.elementsEqual(bytes)) }
        try reader.withBytes(of: "a/b", limit: 300_000) { #expect($0.elementsEqual(bytes.prefix(300_000))) }
        try reader.withBytes(of: "a/b", limit: -1) { #expect($0.isEmpty) }
    }

    @Test func followsNoLinks() throws {
        let root = try #require(folder).path
        mkdir(root + "/a", 0o755)
        try AtomicFile.write([5], to: root + "/a/b")
        symlink("a", root + "/l")
        symlink("a/b", root + "/f")
        mkfifo(root + "/p", 0o644)
        var reader = try FolderReader(folder: root)
        for path in ["l/b", "f", "p", "a", "../x", "a/../a/b", "/etc/passwd", "", "a//b", "a/b/c"] {
            #expect(throws: IOFailure.self, "\(path)") { try reader.withBytes(of: path, limit: 9) { _ in } }
        }
        try reader.withBytes(of: "a/b", limit: 9) { #expect(Array($0) == [5]) }
    }

    @Test func survivesAFileThatShrinks() throws {
        let path = try #require(folder).path + "/a"
        try AtomicFile.write([UInt8](repeating: 9, count: 1 << 20), to: path)
        var reader = try FolderReader(folder: try #require(folder).path)
        var last: UInt8?
        #expect(throws: IOFailure.truncated(path: path, bytes: 10, expected: 1 << 20)) {
            try reader.withBytes(of: "a", limit: .max) { bytes in
                truncate(path, 10)
                last = bytes[(1 << 20) - 1]
            }
        }
        #expect(last == 0)
    }

    @Test func faultsElsewhereStillEndTheProcess() async {
        await #expect(processExitsWith: .failure) {
            let folder = try TemporaryFolder()
            try AtomicFile.write([UInt8](repeating: 9, count: 1 << 20), to: folder.path + "/a")
            var reader = try FolderReader(folder: folder.path)
            try reader.withBytes(of: "a", limit: .max) { _ in }
            let file = try MappedFile(path: folder.path + "/a")
            truncate(folder.path + "/a", 0)
            let byte = file.withBytes { $0[1 << 19] }
            print(byte)
        }
    }
}

@Suite struct SHA256HasherTests {
    @Test func piecesMakeTheWhole() {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
        var hasher = SHA256Hasher()
        for start in stride(from: 0, to: 1000, by: 70) {
            bytes[start..<min(1000, start + 70)].withUnsafeBytes { hasher.update($0) }
        }
        #expect(hasher.digest == SHA256Digest(of: bytes))
        #expect(SHA256Hasher().digest.hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }
}
