import Glibc
import PackFormats
import PackIO
import Testing

@Suite struct CheckpointTests {
    let folder = try? TemporaryFolder()

    private func write(_ name: String, _ bytes: [UInt8]) throws {
        try AtomicFile.write(bytes, to: try #require(folder).path + "/" + name)
    }

    private func write(_ name: String, _ text: String) throws {
        try write(name, Array(text.utf8))
    }

    private func open() throws -> Checkpoint? {
        try Checkpoint(in: ContainedFolder(path: try #require(folder).path))
    }

    private func index(_ map: String) throws {
        try write(Checkpoint.indexName, "{\"metadata\": {\"total_size\": 8}, \"weight_map\": \(map)}")
    }

    private let first = SafetensorsBuilder("{\(entry("a", "F32", "[1]", "[0, 4]"))}", body: 4).bytes
    private let second = SafetensorsBuilder("{\(entry("b", "I32", "[1]", "[0, 4]"))}", body: 4).bytes

    @Test func isNothingInAnEmptyFolder() throws {
        #expect(try open() == nil)
    }

    @Test func readsOneFile() throws {
        try write(Checkpoint.fileName, first)
        let checkpoint = try #require(try open())
        #expect(checkpoint.names == ["a"])
        #expect(checkpoint.tensor(named: "a")?.withBytes { Array($0) } == [0, 1, 2, 3])
        #expect(checkpoint.tensor(named: "b") == nil)
    }

    @Test func readsShards() throws {
        try write("1.safetensors", first)
        try write("2.safetensors", second)
        try index("{\"a\": \"1.safetensors\", \"b\": \"2.safetensors\"}")
        let checkpoint = try #require(try open())
        #expect(checkpoint.names == ["a", "b"])
        #expect(checkpoint.bytes == 8)
        #expect(checkpoint.parameters == 1)
        #expect(checkpoint.types == ["F32": 1, "I32": 1])
    }

    @Test(arguments: ["../1.safetensors", "/etc/passwd", "..", "x/1.safetensors", ""])
    func refusesShardsOutsideTheFolder(name: String) throws {
        try index("{\"a\": \"\(name)\"}")
        #expect { try open() } throws: { error in
            guard case .io(.unsafeName(name, _))? = error as? FormatFailure else { return false }
            return true
        }
    }

    @Test func refusesShardsBehindLinksThatLeaveTheFolder() throws {
        symlink("/etc/passwd", try #require(folder).path + "/1.safetensors")
        try index("{\"a\": \"1.safetensors\"}")
        #expect { try open() } throws: { error in
            guard case .io(.linkLeavesFolder)? = error as? FormatFailure else { return false }
            return true
        }
    }

    @Test func namesTheShardThatIsMissing() throws {
        try write("1.safetensors", first)
        try index("{\"a\": \"1.safetensors\", \"b\": \"2.safetensors\"}")
        #expect { try open() } throws: { error in
            guard case .shards(.missing("2.safetensors", _))? = error as? FormatFailure else { return false }
            return true
        }
    }

    @Test func namesTheTensorThatIsNotInItsShard() throws {
        try write("1.safetensors", first)
        try index("{\"a\": \"1.safetensors\", \"c\": \"1.safetensors\"}")
        #expect { try open() } throws: { error in
            guard case .shards(.absent("c", _, "1.safetensors"))? = error as? FormatFailure else { return false }
            return true
        }
    }

    @Test func refusesATensorInTwoShards() throws {
        try write("1.safetensors", first)
        try write("2.safetensors", first)
        try write("3.safetensors", second)
        try index("{\"a\": \"1.safetensors\", \"b\": \"3.safetensors\", \"x\": \"2.safetensors\"}")
        #expect { try open() } throws: { error in
            guard case .shards(.repeated("a", _))? = error as? FormatFailure else { return false }
            return true
        }
    }

    @Test(arguments: ["{}", "[]", "{\"weight_map\": []}", "{\"weight_map\": {\"a\": 1}}"])
    func refusesAnIndexOfAnotherForm(text: String) throws {
        try write(Checkpoint.indexName, text)
        #expect { try open() } throws: { error in
            guard case .form? = error as? FormatFailure else { return false }
            return true
        }
    }

    @Test func opensTwentyGigabytesByTheirHeadersOnly() throws {
        let root = try #require(folder).path
        let (shards, size) = (8, 2_500_000_000)
        var map: [String] = []
        for shard in 0..<shards {
            let header = "{\(entry("t\(shard)", "F32", "[\(size / 4)]", "[0, \(size)]"))}"
            let bytes = SafetensorsBuilder(header).bytes
            try write("\(shard).safetensors", bytes)
            // A hole: the file has its length, and takes no space.
            #expect(truncate("\(root)/\(shard).safetensors", bytes.count + size) == 0)
            map.append("\"t\(shard)\": \"\(shard).safetensors\"")
        }
        try index("{" + map.joined(separator: ",") + "}")
        #expect(try open()?.bytes == shards * size)
    }
}
