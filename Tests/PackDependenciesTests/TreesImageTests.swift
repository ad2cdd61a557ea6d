import CArchive
import Glibc
import PackDependencies
import PackFormats
import PackIO
import Testing

@Suite struct TreesImageTests {
    let folder = try? TemporaryFolder()

    private func root(_ name: String = "image") throws -> String { try #require(folder).path + "/" + name }

    @Test func readsALayout() throws {
        let builder = ImageBuilder([
            try layer([
                .folder("bin/"), .file("bin/app", "app", mode: 0o755), .file("./etc/x", "xx"), .link("lib", "bin"),
            ]),
            try layer([.file("/etc/x", "yyy"), .same("etc/z", "etc/x"), .file("ä", "umlaut")]),
        ])
        let tree = try FileTree.open(try builder.write(try root()))
        #expect(tree.form == .image && tree.problems.isEmpty)
        #expect(tree.files.map(\.path) == ["bin/app", "etc/x", "etc/z", "lib", "ä"])
        #expect(tree.files.map(\.bytes) == [3, 3, 3, 0, 6])
        #expect(tree.files.map(\.layer) == [0, 1, 1, 0, 1])
        #expect(tree.files[0].mode == 0o755 && tree.files[3].link == "bin")
        #expect(tree.bytes == 12)
        #expect(tree.layers.map(\.bytes) == [5, 9])
        #expect(tree.layers.map(\.hiddenBytes) == [2, 0])
        #expect(tree.layers.map(\.storedBytes) == builder.layers.map(\.count))
        #expect(tree.layers.map(\.name) == builder.layers.map { "sha256:" + ImageBuilder.digest($0) })
        #expect(contents(tree).files == ["bin/app": "app", "etc/x": "yyy", "etc/z": "yyy", "ä": "umlaut"])
        #expect(contents(tree, limit: 1).files == ["bin/app": "a", "etc/x": "y", "etc/z": "y", "ä": "u"])
        let image = try #require(tree.image)
        #expect(image.entrypoint == ["/bin/app"] && image.command.isEmpty && image.environment == ["PATH=/bin", "A=b"])
        #expect(image.workingFolder == "/srv" && image.user == "1000" && image.layerHistory == ["COPY a"])
        #expect(image.platform.description == "linux/amd64")
    }

    @Test func appliesWhiteouts() throws {
        let builder = ImageBuilder([
            try layer([
                .file("a/1", "1"), .file("a/2", "22"), .file("b/c/3", "333"), .file("d/4", "4444"), .file("e", "55555"),
                .file("f/6", "6"), .link("g", "a"), .file("h", "7"),
            ]),
            try layer([
                .file("a/new", "n"), .file("a/.wh..wh..opq", ""), .file("b/.wh.c", ""), .file("d", "file now"),
                .file(".wh.nothing", ""), .file("e/folder", "now"), .file(".wh..wh.plnk", ""), .file("f/.wh.6", ""),
                .file("f/6", "again"), .file("g/x", "no link any more"), .folder("h/"),
            ]),
        ])
        let tree = try FileTree.image(try builder.write(try root()))
        #expect(
            contents(tree).files == [
                "a/new": "n", "d": "file now", "e/folder": "now", "f/6": "again", "g/x": "no link any more",
            ])
        #expect(tree.files.allSatisfy { $0.layer == 1 })
        #expect(tree.layers.map(\.hiddenBytes) == [17, 0])
        #expect(tree.problems.isEmpty)
    }

    @Test func hardLinksReachBelow() throws {
        let builder = ImageBuilder([
            try layer([.file("a", "below")]),
            try layer([.same("b", "a"), .file(".wh.a", ""), .same("c", "nothing"), .same("d", "../x")]),
            try layer([.file("x", "1"), .same("y", "x")]), try layer([.file("x", "22")]),
        ])
        let tree = try FileTree.image(try builder.write(try root()))
        // The whiteout acts on the layers below, and so before the link is made.
        #expect(contents(tree).files == ["x": "22", "y": "1"])
        #expect(tree.problems.map(\.path).sorted() == ["b", "c", "d"])
        #expect(tree.layers.map(\.hiddenBytes) == [5, 0, 0, 0])
    }

    @Test func whatLeadsOutIsAProblem() throws {
        let builder = ImageBuilder([
            try layer([
                .file("../up", "1"), .file("a/../../b", "2"), .file(".wh.", ""), .file(".wh...", ""),
                .file(".wh..", ""),
                .file("../.wh.x", ""), ArchiveItem(name: "dev", kind: 0o020000),
                ArchiveItem(name: "pipe", kind: 0o010000),
                .link("etc", "/etc"), .file("etc/passwd", "3"), .file("f", "4"), .file("f/g", "5"), .file("ok", "6"),
            ])
        ])
        let tree = try FileTree.image(try builder.write(try root()))
        #expect(tree.files.map(\.path) == ["etc", "f", "ok"])
        #expect(
            tree.problems.map(\.path) == [
                "../up", "a/../../b", ".wh.", ".wh...", ".wh..", "../.wh.x", "dev", "pipe", "etc/passwd", "f/g",
            ])
    }

    @Test(arguments: [
        (ARCHIVE_FILTER_GZIP, "application/vnd.oci.image.layer.v1.tar+gzip"),
        (ARCHIVE_FILTER_ZSTD, "application/vnd.oci.image.layer.v1.tar+zstd"),
        (ARCHIVE_FILTER_GZIP, "application/vnd.docker.image.rootfs.diff.tar.gzip"),
    ])
    func readsCompressedLayers(filter: Int32, type: String) throws {
        let text = String(repeating: "text ", count: 100_000)
        var builder = ImageBuilder([try layer([.file("a", text), .file("b", "bee")], filter: filter)])
        builder.mediaType = type
        let tree = try FileTree.image(try builder.write(try root()))
        #expect(tree.files.map(\.bytes) == [500_000, 3])
        #expect((tree.layers.first?.storedBytes ?? .max) < 5000)
        #expect(contents(tree).files == ["a": text, "b": "bee"])
    }

    @Test func readsTars() throws {
        let builder = ImageBuilder([try layer([.file("a", "aa")]), try layer([.file("b", "b")])])
        let path = try builder.write(try root())
        try AtomicFile.write(try ImageBuilder.tar(path), to: path + ".tar")
        try AtomicFile.write(try builder.dockerArchive(), to: path + "-docker.tar")
        for file in [path + ".tar", path + "-docker.tar"] {
            let tree = try FileTree.open(file)
            #expect(tree.form == .image && tree.problems.isEmpty)
            #expect(contents(tree).files == ["a": "aa", "b": "b"])
            #expect(tree.image?.entrypoint == ["/bin/app"])
            #expect(tree.layers.map(\.bytes) == [2, 1])
        }
        // Layers may be links to others of the archive, as older ones have them.
        let name = "\(ImageBuilder.digest(builder.layers[0])).tar"
        let linked = try builder.dockerArchive { items in
            items = items.map { $0.name == name ? ArchiveItem(name: "sub/real", body: $0.body) : $0 }
            items.append(.link(name, "sub/x/../real"))
        }
        try AtomicFile.write(linked, to: path + "-linked.tar")
        #expect(contents(try FileTree.image(path + "-linked.tar")).files == ["a": "aa", "b": "b"])
    }

    @Test func choosesThePlatform() throws {
        let amd = ImageBuilder([try layer([.file("which", "amd")])])
        var arm = ImageBuilder([try layer([.file("which", "arm")])])
        arm.architecture = "arm64"
        arm.statesPlatform = false
        let path = try root()
        try amd.write(path)
        try arm.writeBlobs(path)
        // The second image is in an index inside the index; attestations count for nothing.
        let attestation = ImageBuilder.descriptor(
            "application/vnd.oci.image.manifest.v1+json", [1],
            ", \"platform\": {\"os\": \"unknown\", \"architecture\": \"unknown\"}")
        let inner = ImageBuilder.index([arm.descriptor, attestation])
        _ = try ImageBuilder.blob(inner, path)
        let nested = ImageBuilder.descriptor("application/vnd.oci.image.index.v1+json", inner)
        try ImageBuilder.writeIndex([amd.descriptor, nested, attestation], path)
        #expect(contents(try FileTree.image(path, architecture: "x86_64")).files == ["which": "amd"])
        #expect(contents(try FileTree.image(path, architecture: "arm64")).files == ["which": "arm"])
        let both = ["linux/amd64", "linux/arm64"]
        #expect(throws: TreeError.platform(path: path, wanted: nil, found: both)) { try FileTree.image(path) }
        #expect(throws: TreeError.platform(path: path, wanted: "linux/riscv64", found: both)) {
            try FileTree.image(path, architecture: "riscv64")
        }
    }

    @Test func takesTheFirstOfSeveralImages() throws {
        let path = try root()
        let first = ImageBuilder([try layer([.file("which", "first")])])
        let second = ImageBuilder([try layer([.file("which", "second")])])
        try first.write(path)
        try second.writeBlobs(path)
        try ImageBuilder.writeIndex([first.descriptor, first.descriptor, second.descriptor], path)
        let tree = try FileTree.image(path)
        #expect(contents(tree).files == ["which": "first"])
        #expect(tree.problems.map(\.path) == [ImageBuilder.digest(first.manifest)])
    }
}
