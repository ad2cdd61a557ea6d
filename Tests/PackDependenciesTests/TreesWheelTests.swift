import CArchive
import Glibc
import PackDependencies
import PackIO
import Testing

/// A wheel in memory, with a RECORD that `record` may change.
func wheel(
    _ stem: String, _ files: [ArchiveItem], record: (inout [String]) -> Void = { _ in }
) throws -> [UInt8] {
    var items = files + [.file("\(stem).dist-info/WHEEL", "Wheel-Version: 1.0\n")]
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    var lines = items.map { item in
        let digest = SHA256Digest(of: item.body).bytes
        // 256 bits in groups of six, the last filled with zeros.
        var bits: [Int] = []
        for byte in digest { for shift in 0..<8 { bits.append(Int(byte >> (7 - shift)) & 1) } }
        bits += [0, 0]
        let text: [UInt8] = stride(from: 0, to: 258, by: 6).map { start in
            alphabet[bits[start..<start + 6].reduce(0) { $0 << 1 | $1 }]
        }
        let name = item.name.contains(",") ? "\"\(item.name)\"" : item.name
        return "\(name),sha256=\(String(decoding: text, as: UTF8.self)),\(item.body.count)"
    }
    lines.append("\(stem).dist-info/RECORD,,")
    record(&lines)
    items.append(.file("\(stem).dist-info/RECORD", lines.joined(separator: "\r\n") + "\r\n"))
    return try archive(items, format: ARCHIVE_FORMAT_ZIP)
}

@Suite struct TreesWheelTests {
    let folder = try? TemporaryFolder()

    private let files: [ArchiveItem] = [
        .file("foo/__init__.py", "x = 1\n"), .file("foo/a,b.txt", "ab"), .file("foo-1.0.data/purelib/pure.py", "p"),
        .file("foo-1.0.data/platlib/foo/plat.so", "so"), .file("foo-1.0.data/scripts/run", "#!python\n"),
        .file("foo-1.0.data/data/share/x", "x"), .file("foo-1.0.data/headers/foo.h", "h"),
    ]

    @Test func installsWheels() throws {
        let root = try #require(folder).path
        try write(
            [
                ("foo-1.0-py3-none-any.whl", try wheel("foo-1.0", files)), ("readme", [0x61]),
                ("bar-2-py3-none-any.whl", try wheel("bar-2", [.file("bar.py", ""), .file("pure.py", "mine")])),
            ], below: root)
        let tree = try FileTree.wheels(root)
        #expect(tree.form == .wheels)
        #expect(
            tree.files.map(\.path) == [
                "bar-2.dist-info/RECORD", "bar-2.dist-info/WHEEL", "bar.py", "bin/run", "foo-1.0.dist-info/RECORD",
                "foo-1.0.dist-info/WHEEL", "foo/__init__.py", "foo/a,b.txt", "foo/plat.so",
                "include/python/foo/foo.h", "pure.py", "share/x",
            ])
        #expect(tree.layers.map(\.name) == ["bar-2-py3-none-any.whl", "foo-1.0-py3-none-any.whl"])
        #expect(tree.layers.map(\.hiddenBytes) == [4, 0])
        #expect(tree.problems == [TreeProblem(path: "readme", text: "is no wheel, and is not counted")])
        #expect(contents(tree).files["pure.py"] == "p")
        #expect(try FileTree.open(root + "/foo-1.0-py3-none-any.whl").layers.count == 1)
    }

    @Test func recordsThatLieAreProblems() throws {
        let root = try #require(folder).path
        let bytes = try wheel("foo-1.0", files) { lines in
            lines[0] = lines[0].dropLast() + "7"
            lines[2] = lines[2].replacingFirst("sha256=", with: "sha256=A")
            lines.remove(at: 4)
            lines.append("foo/gone.py,sha256=AAAA,3")
            lines.append("../../etc/passwd,sha256=AAAA,3")
        }
        try write([("foo-1.0-py3-none-any.whl", bytes)], below: root)
        let name = "foo-1.0-py3-none-any.whl/"
        let sizes = [
            TreeProblem(path: name + "foo/__init__.py", text: "has 6 bytes, and RECORD says 7"),
            TreeProblem(path: name + "foo-1.0.data/purelib/pure.py", text: "has another digest than RECORD says"),
            TreeProblem(path: name + "foo-1.0.data/scripts/run", text: "is not listed in RECORD"),
            TreeProblem(path: name + "../../etc/passwd", text: "is listed in RECORD and missing"),
            TreeProblem(path: name + "foo/gone.py", text: "is listed in RECORD and missing"),
        ]
        let tree = try FileTree.wheels(root)
        #expect(tree.problems == sizes)
        #expect(tree.files.count == 9)
        #expect(
            try FileTree.wheels(root, checkingHashes: false).problems == sizes.filter { !$0.text.contains("digest") })
    }

    @Test func linksAndUnknownPlacesAreProblems() throws {
        let root = try #require(folder).path
        let odd = try wheel("b-1", [.file("b-1.data/elsewhere/x", "x"), .file("b-1.data/y", "y")])
        try write([("a/b-1-py3-none-any.whl", odd), ("outside.whl", try wheel("c-1", []))], below: root)
        symlink("../outside.whl", root + "/a/c-1-py3-none-any.whl")
        let tree = try FileTree.wheels(root + "/a")
        #expect(tree.files.map(\.path) == ["b-1.dist-info/RECORD", "b-1.dist-info/WHEEL"])
        #expect(
            tree.problems.map(\.path) == [
                "b-1-py3-none-any.whl/b-1.data/elsewhere/x", "b-1-py3-none-any.whl/b-1.data/y", "c-1-py3-none-any.whl",
            ])
        #expect(tree.problems.last?.text.hasPrefix("cannot open") == true)
    }

    @Test func brokenWheelsAreProblems() throws {
        let root = try #require(folder).path
        let plain = try archive([.file("a.py", "a")], format: ARCHIVE_FORMAT_ZIP)
        let bare = try archive([.file("b-1.dist-info/WHEEL", "")], format: ARCHIVE_FORMAT_ZIP)
        try write(
            [("a-1-py3-none-any.whl", plain), ("b-1-py3-none-any.whl", bare), ("c-1-py3-none-any.whl", [1, 2, 3])],
            below: root)
        let tree = try FileTree.wheels(root)
        #expect(tree.files.map(\.path) == ["a.py", "b-1.dist-info/WHEEL"])
        #expect(
            tree.problems.map(\.path) == [
                "a-1-py3-none-any.whl", "b-1-py3-none-any.whl/b-1.dist-info/RECORD", "c-1-py3-none-any.whl",
            ])
        #expect(tree.problems.first?.text == "has no .dist-info/WHEEL in it")
        #expect(tree.problems.last?.text.hasPrefix("is not a whole zip file") == true)
    }
}

extension String {
    fileprivate func replacingFirst(_ text: String, with other: String) -> String {
        guard let range = firstRange(of: text) else { return self }
        return String(self[..<range.lowerBound]) + other + self[range.upperBound...]
    }
}
