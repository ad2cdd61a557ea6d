import Foundation
import PackDependencies
import PackIO
import Testing

/// The interpreter that writes archives for these tests, if there is one.
private let python = ["/usr/bin/python3", "/usr/local/bin/python3"].first {
    FileManager.default.isExecutableFile(atPath: $0)
}

/// Archives that Python's `zipfile` and `tarfile` wrote.
@Suite(.enabled(if: python != nil, "no Python")) struct TreesPythonTests {
    let folder = try? TemporaryFolder()

    private func run(_ script: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(python))
        process.arguments = ["-c", script] + arguments
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }

    @Test func readsItsZips() throws {
        let path = try #require(folder).path + "/a.zip"
        let script = """
            import sys, zipfile
            with zipfile.ZipFile(sys.argv[1], "w") as file:
                file.writestr("stored.txt", "stored")
                file.writestr("deflated.txt", "deflated " * 1000, zipfile.ZIP_DEFLATED)
                file.writestr("ü.txt", "umlaut")
                with file.open("streamed.txt", "w", force_zip64=True) as entry: entry.write(b"wide")
                link = zipfile.ZipInfo("link"); link.external_attr = 0o120777 << 16; link.create_system = 3
                file.writestr(link, "stored.txt")
                file.writestr("lzma.txt", "unsupported", zipfile.ZIP_LZMA)
            class Pipe:
                def __init__(self, file): self.file = file
                def write(self, data): return self.file.write(data)
                def flush(self): self.file.flush()
            with open(sys.argv[1] + "2", "wb") as raw, zipfile.ZipFile(Pipe(raw), "w", zipfile.ZIP_DEFLATED) as file:
                file.writestr("piped.txt", "piped " * 1000)
            """
        try run(script, [path])
        let tree = try FileTree.zip(path)
        #expect(
            contents(tree).files == [
                "stored.txt": "stored", "deflated.txt": String(repeating: "deflated ", count: 1000), "ü.txt": "umlaut",
                "streamed.txt": "wide",
            ])
        #expect(tree.files.first { $0.path == "link" }?.link == "stored.txt")
        #expect(tree.problems == [TreeProblem(path: "lzma.txt", text: "is compressed in a way that is not supported")])
        let piped = try FileTree.zip(path + "2")
        #expect(piped.problems.isEmpty)
        #expect(contents(piped).files == ["piped.txt": String(repeating: "piped ", count: 1000)])
    }

    @Test func readsItsTars() throws {
        let root = try #require(folder).path
        let script = """
            import io, sys, tarfile
            for name, form in [("gnu", tarfile.GNU_FORMAT), ("pax", tarfile.PAX_FORMAT)]:
                with tarfile.open(sys.argv[1] + "/" + name, "w", format=form) as file:
                    for path, text in [("ü/" + "x" * 200, b"long"), ("opt/a", b"a" * 20000)]:
                        entry = tarfile.TarInfo(path); entry.size = len(text); entry.mode = 0o750
                        file.addfile(entry, io.BytesIO(text))
                    link = tarfile.TarInfo("opt/l"); link.type = tarfile.SYMTYPE; link.linkname = "a"; file.addfile(link)
                    same = tarfile.TarInfo("opt/h"); same.type = tarfile.LNKTYPE; same.linkname = "opt/a"; file.addfile(same)
            """
        try run(script, [root])
        for form in ["gnu", "pax"] {
            let builder = ImageBuilder([try FileContents.bytes(of: "\(root)/\(form)")])
            let tree = try FileTree.image(try builder.write("\(root)/\(form)-image"))
            let long = "ü/" + String(repeating: "x", count: 200)
            #expect(tree.files.map(\.path) == ["opt/a", "opt/h", "opt/l", long])
            #expect(tree.files.map(\.bytes) == [20000, 20000, 0, 4] && tree.bytes == 20004)
            #expect(tree.files[0].mode == 0o750)
            #expect(contents(tree).files[long] == "long")
            #expect(tree.problems.isEmpty)
        }
    }
}
