import Glibc
import PackDependencies
import PackIO
import Testing

/// Writes files of a folder, making the folders above them.
func write(_ files: [(String, [UInt8])], below root: String) throws {
    for (name, bytes) in files {
        let parts = name.split(separator: "/")
        for count in 1..<max(1, parts.count) { mkdir("\(root)/\(parts[..<count].joined(separator: "/"))", 0o755) }
        try AtomicFile.write(bytes, to: "\(root)/\(name)")
    }
}

/// The contents of a tree's files by their paths.
func contents(_ tree: FileTree, limit: Int = 1 << 20) -> (files: [String: String], problems: [TreeProblem]) {
    var files: [String: String] = [:]
    let problems = tree.visit(Array(tree.files.indices), limit: limit) { index, bytes in
        files[tree.files[index].path] = String(decoding: bytes, as: UTF8.self)
    }
    return (files, problems)
}

@Suite struct TreesFolderTests {
    let folder = try? TemporaryFolder()

    @Test func listsAndReads() throws {
        let root = try #require(folder).path
        try write([("a/b.py", Array("one".utf8)), ("a.py", Array("three".utf8)), ("A.PY", [0x31])], below: root)
        link(root + "/a/b.py", root + "/c.py")
        symlink("a", root + "/link")
        symlink("loop", root + "/loop")
        mkfifo(root + "/pipe", 0o600)
        chmod(root + "/a.py", 0o755)
        let tree = try FileTree.folder(root)
        #expect(tree.form == .folder && tree.layers.isEmpty)
        #expect(tree.files.map(\.path) == ["A.PY", "a.py", "a/b.py", "c.py", "link", "loop"])
        #expect(tree.files.map(\.bytes) == [1, 5, 3, 3, 0, 0])
        #expect(tree.files.map(\.link) == [nil, nil, nil, nil, "a", "loop"])
        #expect(tree.files[1].mode == 0o755)
        #expect(tree.files[2].identity != nil && tree.files[2].identity == tree.files[3].identity)
        #expect(tree.bytes == 9)
        #expect(tree.problems == [TreeProblem(path: "pipe", text: "is a named pipe")])
        let read = contents(tree)
        #expect(read.files == ["A.PY": "1", "a.py": "three", "a/b.py": "one", "c.py": "one"])
        #expect(read.problems.isEmpty)
    }

    @Test func goesOnBesideWhatCannotBeRead() throws {
        let root = try #require(folder).path
        try write([("a", [1]), ("b/c", [2]), ("d", [3])], below: root)
        let tree = try FileTree.folder(root)
        unlink(root + "/a")
        unlink(root + "/b/c")
        rmdir(root + "/b")
        symlink("/etc", root + "/b")
        let read = contents(tree)
        #expect(read.files == ["d": "\u{3}"])
        #expect(read.problems.map(\.path) == ["a", "b/c"])
        #expect(read.problems.first?.text == "cannot open: No such file or directory")
    }

    @Test func unreadableFoldersAreProblems() throws {
        let root = try #require(folder).path
        try write([("a/b", [1]), ("c", [2])], below: root)
        chmod(root + "/a", 0)
        chmod(root + "/c", 0)
        let tree = try FileTree.folder(root)
        // Nothing is unreadable to root.
        if geteuid() != 0 {
            #expect(tree.files.map(\.path) == ["c"])
            #expect(tree.problems == [TreeProblem(path: "a", text: "cannot list: Permission denied")])
            #expect(contents(tree).problems == [TreeProblem(path: "c", text: "cannot open: Permission denied")])
        }
        chmod(root + "/a", 0o755)
    }

    @Test func deepFoldersEnd() throws {
        let root = try #require(folder).path
        var path = root
        for _ in 0..<300 {
            path += "/d"
            mkdir(path, 0o755)
        }
        try write([("a", [1]), ("z", [2])], below: root)
        let tree = try FileTree.folder(root)
        #expect(tree.files.map(\.path) == ["a", "z"])
        #expect(tree.problems.map(\.text) == ["is nested too deeply (expected at most 256 folders)"])
        // The folder's owner removes no more than 256 of them.
        while path.utf8.count > root.utf8.count {
            rmdir(path)
            path.removeLast(2)
        }
    }

    @Test func theFolderMustBeOne() throws {
        let root = try #require(folder).path
        try write([("a", [1])], below: root)
        #expect(throws: TreeError.io(.system(.list, path: root + "/a", code: ENOTDIR))) {
            try FileTree.folder(root + "/a")
        }
        #expect(throws: TreeError.self) { try FileTree.folder(root + "/none") }
        symlink(root, root + "/self")
        #expect(try FileTree.folder(root + "/self").files.map(\.path) == ["a", "self"])
    }
}
