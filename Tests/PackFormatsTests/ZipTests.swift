import Glibc
import PackFormats
import PackIO
import Testing

/// Reads a zip's directory from bytes.
func zipDirectory(_ bytes: [UInt8], limit: Int = 1000) throws -> ZipDirectory {
    let folder = try TemporaryFolder()
    try AtomicFile.write(bytes, to: folder.path + "/a.zip")
    return try ZipDirectory(path: folder.path + "/a.zip", limit: limit)
}

@Suite struct ZipDirectoryTests {
    let text = Array("some text, some text".utf8)

    @Test func readsEntries() throws {
        let zip = try zipDirectory(
            ZipBuilder([
                .init("a/"), .init("./a//b.py", text),
                .init("c", text) {
                    $0.method = 8
                    $0.stored = deflatedPlainly(text)
                    $0.mode = 0o100755
                },
                .init("l", Array("a/b.py".utf8)) { $0.mode = 0o120777 },
                .init("d") { $0.system = 0 },
            ]).bytes)
        #expect(zip.entries.map(\.path) == ["a/", "a/b.py", "c", "l", "d"].map { $0 == "a/" ? "a" : $0 })
        #expect(zip.entries.map(\.fault) == [nil, nil, nil, nil, nil])
        #expect(zip.entries.map(\.bytes) == [0, 20, 20, 6, 0])
        #expect(zip.entries[2].compressedBytes == 25)
        #expect(zip.entries.map(\.isFolder) == [true, false, false, false, false])
        #expect(zip.entries.map(\.isLink) == [false, false, false, true, false])
        #expect(zip.entries[2].mode == 0o100755 && zip.entries[4].mode == 0)
        for index in [1, 2] {
            #expect(try zip.contents(of: zip.entries[index]) == text)
            #expect(try zip.contents(of: zip.entries[index], limit: 7) == Array(text.prefix(7)))
            #expect(try zip.contents(of: zip.entries[index], limit: 0) == [])
            #expect(try zip.contents(of: zip.entries[index], limit: -1) == [])
            #expect(try zip.contents(of: zip.entries[index], limit: 20) == text)
            var pieces: [UInt8] = []
            try zip.forEachPiece(of: zip.entries[index]) { pieces += $0 }
            #expect(pieces == text)
        }
        #expect(try zip.contents(of: zip.entries[4]) == [])
    }

    @Test func passesOverWhatStandsBefore() throws {
        for isZip64 in [false, true] {
            var builder = ZipBuilder([.init("a", text), .init("b", text)])
            builder.before = Array("#!/usr/bin/env python3\n".utf8)
            builder.comment = Array("a comment".utf8)
            builder.isZip64 = isZip64
            if isZip64 { builder.comment = [] }
            let zip = try zipDirectory(builder.bytes)
            #expect(zip.entries.map(\.fault) == [nil, nil])
            #expect(try zip.contents(of: zip.entries[1]) == text)
            #expect(builder.bytes.withUnsafeBytes { ZipDirectory.recognizes($0) })
        }
    }

    @Test func readsZip64() throws {
        var builder = ZipBuilder([
            .init("a", text) {
                $0.bytes = 0xFFFF_FFFF
                $0.localBytes = 20
                $0.extra =
                    ZipBuilder.little(7, 2) + ZipBuilder.little(1, 2) + [9]
                    + ZipBuilder.little(1, 2) + ZipBuilder.little(8, 2) + ZipBuilder.little(20, 8)
            }, .init("b", text),
        ])
        builder.isZip64 = true
        let zip = try zipDirectory(builder.bytes)
        #expect(zip.entries.map(\.fault) == [nil, nil])
        #expect(zip.entries.map(\.bytes) == [20, 20])
        #expect(try zip.contents(of: zip.entries[0]) == text)
    }

    @Test func readsAnEmptyZip() throws {
        #expect(try zipDirectory(ZipBuilder([]).bytes).entries.isEmpty)
        #expect(ZipBuilder([]).bytes.withUnsafeBytes { ZipDirectory.recognizes($0) })
        #expect(!text.withUnsafeBytes { ZipDirectory.recognizes($0) })
    }

    @Test func showsNamesThatAreNotUTF8() throws {
        let zip = try zipDirectory(ZipBuilder([.init("x") { $0.name = [0x61, 0xFF] }, .init("ä")]).bytes)
        #expect(zip.entries.map(\.path) == ["a\\xFF", "ä"])
        #expect(zip.entries.map(\.fault) == [nil, nil])
    }

    @Test func inflatesManyBytes() throws {
        let (stored, count) = deflatedZeros(4000)
        let body = [UInt8](repeating: 0, count: count)
        let entry = ZipBuilder.Entry("a", body) {
            $0.method = 8
            $0.stored = stored
        }
        let zip = try zipDirectory(ZipBuilder([entry]).bytes)
        #expect(zip.entries[0].fault == nil)
        #expect(try zip.contents(of: zip.entries[0]) == body)
        #expect(try zip.contents(of: zip.entries[0], limit: 70_000).count == 70_000)
        var (pieces, most) = (0, 0)
        try zip.forEachPiece(of: zip.entries[0]) { (pieces, most) = (pieces + $0.count, max(most, $0.count)) }
        #expect(pieces == count && most <= 1 << 16)
    }
}
