import CArchive
import Glibc
import PackDependencies
import PackFormats
import PackIO
import Testing

/// An entry of an archive that libarchive writes for a test.
struct ArchiveItem {
    var name: String
    var body: [UInt8] = []
    var kind: UInt32 = 0o100000
    var mode: UInt32 = 0o644
    var link: String?

    static func file(_ name: String, _ text: String, mode: UInt32 = 0o644) -> ArchiveItem {
        ArchiveItem(name: name, body: Array(text.utf8), mode: mode)
    }
    static func folder(_ name: String) -> ArchiveItem { ArchiveItem(name: name, kind: 0o040000, mode: 0o755) }
    static func link(_ name: String, _ target: String) -> ArchiveItem {
        ArchiveItem(name: name, kind: 0o120000, mode: 0o777, link: target)
    }
    /// A hard link, in a tar.
    static func same(_ name: String, _ target: String) -> ArchiveItem { ArchiveItem(name: name, kind: 0, link: target) }
}

/// Writes an archive in memory: format and filter as libarchive names them.
func archive(_ items: [ArchiveItem], format: Int32, filter: Int32 = ARCHIVE_FILTER_NONE, options: String = "") throws
    -> [UInt8]
{
    // Names with more than ASCII letters need a locale that has them.
    let locale = newlocale(1 << LC_CTYPE, "C.UTF-8", nil)
    let previous = uselocale(locale)
    defer {
        uselocale(previous)
        freelocale(locale)
    }
    let writer = try #require(archive_write_new())
    defer { archive_write_free(writer) }
    #expect(archive_write_set_format(writer, format) == ARCHIVE_OK)
    #expect(archive_write_add_filter(writer, filter) == ARCHIVE_OK)
    if !options.isEmpty { #expect(archive_write_set_options(writer, options) == ARCHIVE_OK) }
    var buffer = [UInt8](repeating: 0, count: 1 << 22)
    var used = 0
    try buffer.withUnsafeMutableBytes { memory in
        #expect(archive_write_open_memory(writer, memory.baseAddress, memory.count, &used) == ARCHIVE_OK)
        for item in items {
            let entry = archive_entry_new()
            defer { archive_entry_free(entry) }
            archive_entry_set_pathname(entry, item.name)
            archive_entry_set_perm(entry, item.mode)
            if item.kind == 0 {
                archive_entry_set_filetype(entry, 0o100000)
                archive_entry_set_hardlink(entry, item.link)
            } else {
                archive_entry_set_filetype(entry, item.kind)
                if let link = item.link { archive_entry_set_symlink(entry, link) }
                archive_entry_set_size(entry, Int64(item.body.count))
            }
            try #require(archive_write_header(writer, entry) == ARCHIVE_OK)
            #expect(archive_write_data(writer, item.body, item.body.count) == item.body.count)
        }
        #expect(archive_write_close(writer) == ARCHIVE_OK)
    }
    return Array(buffer[..<used])
}

@Suite struct TreesZipTests {
    let folder = try? TemporaryFolder()

    private func zip(_ name: String, _ items: [ArchiveItem], options: String = "") throws -> String {
        let path = try #require(folder).path + "/" + name
        try AtomicFile.write(try archive(items, format: ARCHIVE_FORMAT_ZIP, options: options), to: path)
        return path
    }

    @Test func listsAndReads() throws {
        let long = String(repeating: "long ", count: 1000)
        let path = try zip(
            "f",
            [
                .folder("a/"), .file("b.py", "bee", mode: 0o755), .file("a/c", long), .link("l", "a/c"),
                .file("a.b", ""),
            ])
        let tree = try FileTree.zip(path)
        #expect(tree.form == .zip)
        #expect(tree.files.map(\.path) == ["a.b", "a/c", "b.py", "l"])
        #expect(tree.files.map(\.bytes) == [0, 5000, 3, 0])
        #expect((tree.files[1].zippedBytes ?? 0) < 100)
        #expect(tree.files[2].mode == 0o755)
        #expect(tree.files[3].link == "a/c")
        #expect(tree.layers.map(\.bytes) == [5003])
        #expect(tree.problems.isEmpty)
        #expect(contents(tree).files == ["a.b": "", "a/c": long, "b.py": "bee"])
        #expect(contents(tree, limit: 2).files["a/c"] == "lo")
    }

    @Test func laterLayersWin() throws {
        let first = try zip("1", [.file("python/a.py", "one"), .file("python/b.py", "b")])
        let second = try zip("2", [.file("python/a.py", "second"), .file("bin/x", "x")])
        let function = try zip("f", [.file("python/a.py", "mine"), .file("app.py", "app")])
        let tree = try FileTree.zip(function, layers: [first, second])
        #expect(
            contents(tree).files == [
                "opt/python/a.py": "second", "opt/python/b.py": "b", "opt/bin/x": "x", "var/task/python/a.py": "mine",
                "var/task/app.py": "app",
            ])
        #expect(tree.layers.map(\.name) == [first, second, function])
        #expect(tree.layers.map(\.bytes) == [4, 7, 7])
        #expect(tree.layers.map(\.hiddenBytes) == [3, 0, 0])
        #expect(tree.files.map(\.layer) == [1, 1, 0, 2, 2])
        #expect(tree.files.map(\.path) == tree.files.map(\.path).sorted())
    }

    @Test func unsafeEntriesAreProblems() throws {
        let path = try zip(
            "f",
            [
                .file("../up", "1"), .file("/etc/x", "2"), .link("d", "/etc"), .file("d/passwd", "3"), .file("ok", "4"),
                .file("ok", "5"), .file("file", "6"), .file("file/below", "7"),
            ])
        let tree = try FileTree.zip(path)
        #expect(tree.files.map(\.path) == ["d", "file", "ok"])
        #expect(
            tree.problems == [
                TreeProblem(path: "../up", text: "has a name that climbs out of the folder"),
                TreeProblem(path: "/etc/x", text: "has an absolute name"),
                TreeProblem(path: "ok", text: "stands in the directory again, further on"),
                TreeProblem(path: "d/passwd", text: "lies below d, which is no folder"),
                TreeProblem(path: "file/below", text: "lies below file, which is no folder"),
            ])
        #expect(contents(tree).files == ["file": "6", "ok": "5"])
    }

    @Test func damagedEntriesAreProblemsOfReading() throws {
        let path = try zip("f", [.file("a", "sound"), .file("b", "unsound")], options: "zip:compression=store")
        var bytes = try FileContents.bytes(of: path)
        let place = try #require(bytes.indices.first { bytes[$0...].starts(with: Array("unsound".utf8)) })
        bytes[place] = 0x55
        try AtomicFile.write(bytes, to: path)
        let read = contents(try FileTree.zip(path))
        #expect(read.files == ["a": "sound"])
        #expect(read.problems.map(\.path) == ["b"])
        #expect(read.problems.first?.text.contains("checksum") == true)
    }

    @Test func bombsAreNotUnpackedInMemory() throws {
        let bomb = ArchiveItem(name: "zeros", body: [UInt8](repeating: 0, count: 257 << 20))
        let path = try zip("f", [bomb, .file("a", "a")], options: "zip:compression-level=1")
        let tree = try FileTree.zip(path)
        #expect(tree.doubts.map(\.path) == ["zeros"])
        #expect(tree.problems.isEmpty)
        #expect(tree.bytes == (257 << 20) + 1)
        #expect(contents(tree, limit: 3).files == ["a": "a", "zeros": "\0\0\0"])
        let whole = contents(tree, limit: .max)
        #expect(whole.files == ["a": "a"])
        #expect(whole.problems.map(\.path) == ["zeros"])
        // The same in a layer.
        var builder = ImageBuilder([try layer([bomb, .file("a", "a")], filter: ARCHIVE_FILTER_GZIP)])
        builder.mediaType += "+gzip"
        let image = try FileTree.image(try builder.write(try #require(folder).path + "/image"))
        #expect(image.bytes == (257 << 20) + 1)
        #expect(contents(image, limit: 3).files == ["a": "a", "zeros": "\0\0\0"])
        #expect(contents(image, limit: .max).problems.map(\.path) == ["zeros"])
    }

    @Test func archivesMayShrinkMeanwhile() throws {
        let text = String(repeating: "text", count: 50_000)
        let items: [ArchiveItem] = [.file("a", "a"), .file("b", text), .file("c", text)]
        let path = try zip("f", items, options: "zip:compression=store")
        let tree = try FileTree.zip(path)
        let image = try ImageBuilder([try layer(items)]).write(try #require(folder).path + "/image")
        let layerTree = try FileTree.image(image)
        truncate(path, 5000)
        let read = contents(tree)
        #expect(read.files == ["a": "a"] && read.problems.map(\.path) == ["b", "c"])
        truncate("\(image)/blobs/sha256/\(ImageBuilder.digest(try layer(items)))", 5000)
        #expect(contents(layerTree).files["a"] == "a")
        #expect(contents(layerTree).problems.last?.text == "is in a layer that was shortened meanwhile")
    }

    @Test func whatIsNoZipIsAnError() throws {
        let root = try #require(folder).path
        try AtomicFile.write(Array("no zip at all, but long enough".utf8), to: root + "/x")
        #expect(throws: TreeError.self) { try FileTree.zip(root + "/x") }
        #expect(throws: TreeError.self) { try FileTree.zip(root + "/none") }
        #expect(throws: TreeError.self) { try FileTree.zip(root) }
    }
}
