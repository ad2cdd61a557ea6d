import CArchive
import Glibc
import PackDependencies
import PackFormats
import PackIO
import Testing

@Suite struct TreesHostileImageTests {
    let folder = try? TemporaryFolder()

    private func root(_ name: String = "image") throws -> String { try #require(folder).path + "/" + name }

    private func good() throws -> ImageBuilder { ImageBuilder([try layer([.file("a", "aa")])]) }

    /// Expects an error about an image: words that say what is wrong, and where.
    private func expectError(_ what: String, _ place: String, _ body: () throws -> Void) {
        do {
            try body()
            Issue.record("went through: \(what)")
        } catch let error as TreeError {
            #expect(error.facts.what == what, "\(error)")
            #expect(error.facts.place?.contains(place) == true, "\(error)")
            #expect(error.facts.found?.isEmpty == false)
        } catch {
            Issue.record(error)
        }
    }

    @Test func namesWhatIsMissing() throws {
        let builder = try good()
        let blobs = [
            ("layer", builder.layers[0]), ("configuration", builder.config), ("manifest", builder.manifest),
        ]
        for (role, bytes) in blobs {
            let path = try builder.write(try root(role))
            let name = "blobs/sha256/\(ImageBuilder.digest(bytes))"
            unlink("\(path)/\(name)")
            expectError("is incomplete", "\(role) \(name)") { _ = try FileTree.image(path) }
            try AtomicFile.write(bytes + [0x20], to: "\(path)/\(name)")
            expectError("has a blob of another size than stated", "\(role) \(name)") { _ = try FileTree.image(path) }
            try AtomicFile.write([bytes[0] ^ 1] + bytes.dropFirst(), to: "\(path)/\(name)")
            expectError("has a file of another digest than stated", "\(role) \(name)") { _ = try FileTree.image(path) }
            try AtomicFile.write(bytes, to: "\(path)/\(name)")
            #expect(try FileTree.image(path).files.count == 1)
        }
        let path = try builder.write(try root("bare"))
        unlink(path + "/index.json")
        expectError("is incomplete", "index.json") { _ = try FileTree.image(path) }
    }

    @Test func blobsStayInTheLayout() throws {
        let builder = try good()
        let path = try builder.write(try root())
        let name = "\(path)/blobs/sha256/\(ImageBuilder.digest(builder.layers[0]))"
        try AtomicFile.write(builder.layers[0], to: try root("outside"))
        unlink(name)
        symlink(try root("outside"), name)
        do throws(TreeError) {
            _ = try FileTree.image(path)
            Issue.record("a blob outside the layout was read")
        } catch {
            guard case .io(.linkLeavesFolder) = error else { throw error }
        }
    }

    @Test func refusesWrongMediaTypes() throws {
        var builder = try good()
        let types = [
            ("application/vnd.oci.image.layer.v1.tar+gzip", "has a layer that is not of its media type"),
            ("application/vnd.oci.image.layer.v1.tar+zstd", "has a layer that is not of its media type"),
            ("application/vnd.cncf.helm.chart.content.v1.tar", "has a layer of an unknown media type"),
        ]
        for (index, (type, what)) in types.enumerated() {
            builder.mediaType = type
            let path = try builder.write(try root("\(index)"))
            expectError(what, "layer sha256:") { _ = try FileTree.image(path) }
        }
        builder = try good()
        builder.others = [ImageBuilder.descriptor("text/plain", [1])]
        let tree = try FileTree.image(try builder.write(try root("text")))
        #expect(tree.problems.map(\.path) == ["sha256:" + ImageBuilder.digest([1])])
        #expect(tree.files.count == 1)
        builder = try good()
        builder.others = [ImageBuilder.descriptor("application/vnd.oci.image.index.v1+json", builder.manifest)]
        try builder.write(try root("manifest"))
        // The manifest is known by its digest, so it is looked at once; alone it is no index.
        try ImageBuilder.writeIndex(builder.others, try root("manifest"))
        expectError("has a blob that is not of its media type", "blob sha256:") {
            _ = try FileTree.image(try root("manifest"))
        }
    }

    @Test func layersThatExpandTooMuchAreErrors() throws {
        // Two gigabytes of zeros as zstd frames of one repeated byte each (RFC 8878): a block of 128 KiB in 4 bytes.
        let tar = try layer([ArchiveItem(name: "a", body: [])])
        var header = Array(tar.prefix(512))
        header.replaceSubrange(124..<136, with: Array("20000000000\0".utf8))
        header.replaceSubrange(148..<156, with: [UInt8](repeating: 0x20, count: 8))
        let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
        header.replaceSubrange(148..<155, with: Array((String(repeating: "0", count: 6 - sum.count) + sum).utf8) + [0])
        // Frame: no checksum, no size, a window of 128 KiB; a raw block, then runs; the last run closes the frame.
        var bytes: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x38, 0x00, 0x10, 0x00] + header
        let run = UInt32(131_072 << 3 | 1 << 1)
        for index in 0..<16_400 {
            let block = run | (index == 16_399 ? 1 : 0)
            bytes += [UInt8(block & 255), UInt8(block >> 8 & 255), UInt8(block >> 16), 0]
        }
        var builder = ImageBuilder([bytes])
        builder.mediaType += "+zstd"
        let path = try builder.write(try root())
        do throws(TreeError) {
            _ = try FileTree.image(path)
            Issue.record("a bomb went through")
        } catch {
            #expect(error.facts.found == "more bytes than are taken of an image")
        }
    }

    @Test func longPathsAndManyWhiteoutsEnd() throws {
        let deep = String(repeating: "a/", count: 2040)
        let whiteouts = (0..<200).map { ArchiveItem.file(String(repeating: "a/", count: 10 * $0) + ".wh..wh..opq", "") }
        let builder = ImageBuilder([
            try layer([.file(deep + "b", "deep"), .file(deep + String(repeating: "b", count: 40), "too long")]),
            try layer([.file(deep + "c", "c")] + whiteouts), try layer([.file("a", "file")]),
        ])
        let tree = try FileTree.image(try builder.write(try root()))
        #expect(tree.files.map(\.path) == ["a"])
        #expect(tree.layers.map(\.hiddenBytes) == [4, 1, 0])
        #expect(tree.problems.count == 1)
    }

    @Test func indexesAreLookedAtOnce() throws {
        // Each index names the next one many times: without memory that would be 50^3 ways.
        let path = try good().write(try root())
        var bytes = ImageBuilder.index([try good().descriptor])
        for _ in 0..<2 {
            _ = try ImageBuilder.blob(bytes, path)
            let one = ImageBuilder.descriptor("application/vnd.oci.image.index.v1+json", bytes)
            bytes = ImageBuilder.index(Array(repeating: one, count: 50))
        }
        try AtomicFile.write(bytes, to: path + "/index.json")
        #expect(try FileTree.image(path).files.map(\.path) == ["a"])
        #expect(try FileTree.image(path).problems.isEmpty)
    }

    @Test func absentPlatformsCountForNothing() throws {
        var builder = try good()
        var other = builder
        other.architecture = "arm64"
        builder.others = [other.descriptor]
        let path = try builder.write(try root())
        #expect(try FileTree.image(path).image?.platform.architecture == "amd64")
        expectError("is incomplete", "manifest") { _ = try FileTree.image(path, architecture: "arm64") }
    }

    @Test func indexesInThemselvesEnd() throws {
        let path = try good().write(try root())
        var bytes = ImageBuilder.index([])
        for _ in 0..<6 {
            _ = try ImageBuilder.blob(bytes, path)
            bytes = ImageBuilder.index([ImageBuilder.descriptor("application/vnd.oci.image.index.v1+json", bytes)])
        }
        try AtomicFile.write(bytes, to: path + "/index.json")
        expectError("nests indexes too deeply", "blob sha256:") { _ = try FileTree.image(path) }
    }

    @Test(arguments: [
        "[]", "{}", "{\"manifests\": {}}", "{\"manifests\": [1]}", "{\"manifests\": [{}]}", "nonsense", "",
        "{\"manifests\": [{\"mediaType\": 1, \"digest\": \"\", \"size\": 1}]}",
        "{\"manifests\": [{\"mediaType\": \"x\", \"digest\": \"sha256:../../etc/passwd\", \"size\": 1}]}",
        "{\"manifests\": [{\"mediaType\": \"x\", \"digest\": \"md5:00\", \"size\": 1}]}",
        "{\"manifests\": [{\"mediaType\": \"x\", \"digest\": \"sha256:\(String(repeating: "0", count: 64))\", \"size\": -1}]}",
        "{\"manifests\": [{\"mediaType\": \"x\", \"digest\": \"sha256:\(String(repeating: "0", count: 64))\", \"size\": 1e99}]}",
    ])
    func refusesIndexes(text: String) throws {
        let path = try good().write(try root())
        try AtomicFile.write(Array(text.utf8), to: path + "/index.json")
        do throws(TreeError) {
            _ = try FileTree.image(path)
            Issue.record("went through")
        } catch {
            guard case .format = error else { throw error }
        }
        try AtomicFile.write(Array("{\"imageLayoutVersion\": \"2.0.0\"}".utf8), to: path + "/oci-layout")
        expectError("has an image layout of an unknown version", "oci-layout") { _ = try FileTree.image(path) }
    }

    @Test func refusesWrongCounts() throws {
        var builder = try good()
        builder.digestCount = 0
        let path = try builder.write(try root())
        expectError("has a wrong number of layers", "diff_ids") { _ = try FileTree.image(path) }
        try AtomicFile.write(try builder.dockerArchive(), to: path + ".tar")
        expectError("has a wrong number of layers", "diff_ids") { _ = try FileTree.image(path + ".tar") }
    }

    @Test func checksDockerArchives() throws {
        let builder = try good()
        let path = try root("docker.tar")
        let name = "\(ImageBuilder.digest(builder.layers[0])).tar"
        try AtomicFile.write(try builder.dockerArchive { $0.removeAll { $0.name == name } }, to: path)
        expectError("is incomplete", "layer \(name)") { _ = try FileTree.image(path) }
        let other = try layer([.file("b", "b")])
        try AtomicFile.write(
            try builder.dockerArchive { items in
                items = items.map { $0.name == name ? .init(name: name, body: other) : $0 }
            },
            to: path)
        expectError("has a file of another digest than stated", "layer \(name)") { _ = try FileTree.image(path) }
        let config = "\(ImageBuilder.digest(builder.config)).json"
        try AtomicFile.write(
            try builder.dockerArchive { items in
                items = items.map { $0.name == config ? .init(name: config, body: builder.config + [0x20]) : $0 }
            }, to: path)
        expectError("has a file of another digest than stated", config) { _ = try FileTree.image(path) }
    }

    @Test func layersThatEndEarlyAreErrors() throws {
        for filter in [ARCHIVE_FILTER_NONE, ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_ZSTD] {
            let text = (0..<9000).map { "\($0 &* 7919 % 8191)" }.joined(separator: " ")
            let whole = try layer([.file("a", text)], filter: filter)
            var builder = ImageBuilder([Array(whole.prefix(whole.count / 2))])
            builder.mediaType += [ARCHIVE_FILTER_GZIP: "+gzip", ARCHIVE_FILTER_ZSTD: "+zstd"][filter] ?? ""
            let path = try builder.write(try root("\(filter)"))
            expectError("has a layer that cannot be read", "layer sha256:") { _ = try FileTree.image(path) }
        }
    }

    @Test func sizesAreThoseOfBytesThatAreThere() throws {
        // A header in GNU's form that states a terabyte, and nothing behind it.
        var bytes = try layer([.file("a", "aa")], format: ARCHIVE_FORMAT_TAR_USTAR)
        bytes.replaceSubrange(124..<136, with: [0x80, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0])
        bytes.replaceSubrange(148..<156, with: [UInt8](repeating: 0x20, count: 8))
        let sum = bytes[..<512].reduce(0) { $0 + Int($1) }
        let digits = String(sum, radix: 8)
        bytes.replaceSubrange(
            148..<155, with: Array((String(repeating: "0", count: 6 - digits.count) + digits).utf8) + [0])
        let path = try ImageBuilder([bytes]).write(try root())
        expectError("has a layer that cannot be read", "layer sha256:") { _ = try FileTree.image(path) }
    }
}
