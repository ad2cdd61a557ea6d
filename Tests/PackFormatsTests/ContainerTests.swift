import Glibc
import PackFormats
import PackIO
import Testing

/// A header of a tar with what follows it, filled up to whole blocks.
private func tarEntry(
    _ name: String, _ body: [UInt8] = [], kind: Character = "0", link: String = "", prefix: String = "",
    size: [UInt8]? = nil, sum: Int? = nil
) -> [UInt8] {
    func field(_ text: [UInt8], _ count: Int) -> [UInt8] {
        Array((text + [UInt8](repeating: 0, count: count)).prefix(count))
    }
    func octal(_ value: Int, _ digits: Int) -> [UInt8] {
        let text = String(value, radix: 8)
        return Array((String(repeating: "0", count: digits - text.count) + text).utf8) + [0]
    }
    var header = field(Array(name.utf8), 100) + octal(0o644, 7) + octal(0, 7) + octal(0, 7)
    header += size ?? octal(body.count, 11)
    header += octal(0, 11) + [UInt8](repeating: 0x20, count: 8) + Array(kind.utf8) + field(Array(link.utf8), 100)
    header += field(Array("ustar".utf8), 6) + Array("00".utf8)
    header += field([], 80) + field(Array(prefix.utf8), 155) + field([], 12)
    let right = sum ?? header.reduce(0) { $0 + Int($1) }
    header.replaceSubrange(148..<156, with: octal(right, 6) + [0x20])
    return header + body + [UInt8](repeating: 0, count: (512 - body.count % 512) % 512)
}

private let tarEnd = [UInt8](repeating: 0, count: 1024)

@Suite struct TarIndexTests {
    private func index(_ bytes: [UInt8], limit: Int = 100) throws -> TarIndex {
        let folder = try TemporaryFolder()
        try AtomicFile.write(bytes, to: folder.path + "/a.tar")
        return try TarIndex(MappedFile(path: folder.path + "/a.tar"), limit: limit)
    }

    @Test func findsFiles() throws {
        let long = String(repeating: "n", count: 150)
        let record = " path=\(long)2\n"
        let pax = "\(record.utf8.count + 3)\(record)12 mtime=1.5\n"
        var parts: [[UInt8]] = []
        parts.append(tarEntry("./a", [1, 2, 3]))
        parts.append(tarEntry("folder/", kind: "5"))
        parts.append(tarEntry("b", [UInt8](repeating: 7, count: 512), prefix: "folder/deep"))
        parts.append(tarEntry("././@LongLink", Array("\(long)1".utf8) + [0], kind: "L"))
        parts.append(tarEntry("short", [4]))
        parts.append(tarEntry("PaxHeaders/x", Array(pax.utf8), kind: "x"))
        parts.append(tarEntry("short", [5]))
        parts.append(tarEntry("short", [6]))
        parts.append(tarEntry("binary", [9, 9], size: [0x80] + [UInt8](repeating: 0, count: 10) + [2]))
        let file = parts.joined() + tarEnd
        let found = try index(Array(file))
        let bytes = Array(file)
        func contents(_ name: String) -> [UInt8]? { found.range(of: name).map { Array(bytes[$0]) } }
        #expect(contents("a") == [1, 2, 3])
        #expect(contents("folder/deep/b")?.count == 512)
        #expect(contents(long + "1") == [4] && contents(long + "2") == [5] && contents("short") == [6])
        #expect(contents("binary") == [9, 9])
        #expect(found.files.count == 6)
        #expect(bytes.withUnsafeBytes { TarIndex.recognizes($0) })
        #expect(!tarEnd.withUnsafeBytes { TarIndex.recognizes($0) })
    }

    @Test func followsLinksInTheTar() throws {
        let parts = [
            tarEntry("a", [1]), tarEntry("d/l", kind: "2", link: "../a"), tarEntry("h", kind: "1", link: "d/l"),
            tarEntry("loop", kind: "2", link: "loop"), tarEntry("out", kind: "2", link: "../../etc/passwd"),
            tarEntry("root", kind: "2", link: "/a"), tarEntry("../up", [2]), tarEntry("/abs", [3]),
        ]
        let found = try index(parts.joined() + tarEnd)
        #expect(found.range(of: "d/l") == found.range(of: "a") && found.range(of: "h") == found.range(of: "a"))
        for name in ["loop", "out", "none", "../up", "up", "/abs", "abs"] {
            #expect(found.range(of: name) == nil, "\(name)")
        }
    }

    @Test func refusesDamage() throws {
        let good = tarEntry("a", [1])
        let damaged: [[UInt8]] = [
            tarEntry("a", [1], sum: 5) + tarEnd, Array(good.dropLast(512)), good + [1, 2, 3],
            tarEntry("a", [1], size: Array("77777777777".utf8) + [0]) + tarEnd,
            tarEntry("a", [1], size: [0xFF] + [UInt8](repeating: 0xFF, count: 11)) + tarEnd,
            tarEntry("a", [1], size: [0x80, 0, 0, 0, 0x7F] + [UInt8](repeating: 0xFF, count: 7)) + tarEnd,
            tarEntry("a", [1], size: Array("00000000x01".utf8) + [0]) + tarEnd,
        ]
        for bytes in damaged { #expect(throws: FormatFailure.self) { try index(bytes) } }
        #expect(try index(good + tarEnd).files.count == 1)
        #expect(throws: FormatFailure.self) { try index(good + good + tarEnd, limit: 1) }
    }

    @Test func survivesHostileRecords() throws {
        for text in [
            "", "9", "99999999999999999999 path=a\n", "0 path=a\n", "-5 path=a\n", "5 a=\n", "8 path=\n", "3 =",
            "12 size=-12\n",
        ] {
            let bytes = tarEntry("p", Array(text.utf8), kind: "x") + tarEntry("a", [1]) + tarEnd
            _ = try? index(bytes)
        }
        let size = tarEntry("p", Array("28 size=9223372036854775807\n".utf8), kind: "x") + tarEntry("a", [1]) + tarEnd
        #expect(throws: FormatFailure.self) { try index(size) }
    }
}

@Suite struct ImageDocumentTests {
    private let digest = String(repeating: "0", count: 64)

    @Test func readsDockersDocuments() throws {
        let text = """
            [{"Config": "c.json", "RepoTags": null, "Layers": ["a/layer.tar", "b/layer.tar"]}, {"Config": "d", "Layers": []}]
            """
        let list = try DockerManifest.list(Array(text.utf8), file: "manifest.json")
        #expect(list.map(\.config) == ["c.json", "d"])
        #expect(list.map(\.layers) == [["a/layer.tar", "b/layer.tar"], []])
        for bad in ["{}", "[1]", "[{}]", "[{\"Config\": 1}]", "[{\"Config\": \"c\", \"Layers\": [1]}]", "["] {
            #expect(throws: FormatFailure.self, "\(bad)") { try DockerManifest.list(Array(bad.utf8), file: "f") }
        }
    }

    @Test func readsConfigurations() throws {
        let text = """
            {"os": "linux", "architecture": "arm64", "rootfs": {"diff_ids": ["sha256:\(digest)"]}, "config": null}
            """
        let config = try ImageConfig(Array(text.utf8), file: "c")
        #expect(config.platform == ImagePlatform(os: "linux", architecture: "arm64"))
        #expect(config.layerDigests == [digest] && config.user == nil && config.entrypoint.isEmpty)
        for (old, new) in [
            ("\"linux\"", "5"), ("\"arm64\"", "null"), ("{\"diff_ids\": [\"sha256:\(digest)\"]}", "null"),
            ("sha256:0", "sha256:g"), ("\"config\": null", "\"config\": []"),
            ("\"config\": null", "\"config\": {\"Env\": [1]}"), ("\"config\": null", "\"config\": {\"User\": 1}"),
        ] {
            let changed = text.split(separator: old, maxSplits: 1).joined(separator: new)
            #expect(changed != text && changed.contains(new))
            #expect(throws: FormatFailure.self, "\(changed)") { try ImageConfig(Array(changed.utf8), file: "c") }
        }
    }

    @Test func namesTheFieldThatIsWrong() {
        do throws(FormatFailure) {
            _ = try ImageDocument(Array("{\"manifests\": [{\"mediaType\": \"x\", \"digest\": 7}]}".utf8), file: "f")
            Issue.record("went through")
        } catch {
            #expect(error.facts.place?.contains("$.manifests[0].digest") == true)
            #expect(error.facts.found == "7" || error.facts.found == "an object")
        }
    }
}
