import PackFormats
import PackIO
import Testing

/// An entry that must not be read, and why.
struct HostileEntry: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let fault: ZipFault
    let entry: @Sendable () -> ZipBuilder.Entry

    init(_ name: String, _ fault: ZipFault, _ change: @escaping @Sendable (inout ZipBuilder.Entry) -> Void) {
        testDescription = name
        self.fault = fault
        entry = { ZipBuilder.Entry("name", [1, 2, 3, 4], change) }
    }

    static func named(_ name: String, _ fault: ZipFault) -> HostileEntry {
        HostileEntry("named \(name.debugDescription)", fault) { $0.name = Array(name.utf8) }
    }

    static let all = [
        named("", .nameEmpty), named("/etc/passwd", .nameAbsolute), named("../a", .nameClimbs),
        named("a/../../b", .nameClimbs), named("a/..", .nameClimbs), named("..", .nameClimbs),
        named("C:\\a", .nameDrive), named("c:a", .nameDrive), named("a\\b", .nameBackslash), named("a\0b", .nameNUL),
        named("\0", .nameNUL), named("../", .nameClimbs),
        named(String(repeating: "a/", count: 3000) + "b", .nameTooLong),
        HostileEntry("encrypted", .encrypted) { $0.flags = 1 },
        HostileEntry("strongly encrypted", .encrypted) { $0.flags = 0x40 },
        HostileEntry("masked headers", .encrypted) { $0.flags = 0x2000 },
        HostileEntry("bzip2", .unknownMethod) { $0.method = 12 },
        HostileEntry("another name in the header", .headerDisagrees) { $0.localName = Array("eman".utf8) },
        HostileEntry("a longer name in the header", .headerDisagrees) { $0.localName = Array("names".utf8) },
        HostileEntry("another method in the header", .headerDisagrees) { $0.localMethod = 8 },
        HostileEntry("another size in the header", .headerDisagrees) { $0.localBytes = 5 },
        HostileEntry("encrypted by the header only", .headerDisagrees) { $0.localFlags = 1 },
        HostileEntry("streamed by the header only", .headerDisagrees) { $0.localFlags = 8 },
        HostileEntry("no header there", .headerMissing) { $0.offset = 1 },
        HostileEntry("offset beyond the file", .headerMissing) { $0.offset = 0xFFFF_FFFE },
        HostileEntry("more stored bytes than there are", .beyondFile) { $0.compressed = 0x7FFF_FFFF },
        HostileEntry("stored, sizes differ", .sizesDisagree) { $0.bytes = 5 },
        HostileEntry("a folder with bytes", .folderWithBytes) { $0.name = Array("a/".utf8) },
        HostileEntry("a device", .otherKind) { $0.mode = 0o020644 },
        HostileEntry("more than deflate can", .sizeImpossible) {
            $0.method = 8
            $0.bytes = 0xFFFF_FFFE
        },
        HostileEntry("zip64 size without its field", .beyondFile) { $0.bytes = 0xFFFF_FFFF },
        HostileEntry("zip64 field too short", .beyondFile) {
            $0.bytes = 0xFFFF_FFFF
            $0.extra = [1, 0, 4, 0, 9, 9, 9, 9]
        },
        HostileEntry("zip64 field beyond the record", .beyondFile) {
            $0.bytes = 0xFFFF_FFFF
            $0.extra = [1, 0, 0xFF, 0xFF, 9, 9, 9, 9, 9, 9, 9, 9]
        },
        HostileEntry("zip64 size of 2^64 - 1", .beyondFile) {
            $0.bytes = 0xFFFF_FFFF
            $0.extra = [1, 0, 8, 0] + [UInt8](repeating: 0xFF, count: 8)
        },
        HostileEntry("zip64 offset of 2^63 - 1", .headerMissing) {
            $0.offset = 0xFFFF_FFFF
            $0.extra = [1, 0, 8, 0] + [UInt8](repeating: 0xFF, count: 7) + [0x7F]
        },
        HostileEntry("zip64 stored bytes of 2^63 - 1", .beyondFile) {
            $0.compressed = 0xFFFF_FFFF
            $0.extra = [1, 0, 8, 0] + [UInt8](repeating: 0xFF, count: 7) + [0x7F]
        },
    ]
}

@Suite struct HostileZipTests {
    @Test(arguments: HostileEntry.all) func findsTheFault(_ hostile: HostileEntry) throws {
        let zip = try zipDirectory(ZipBuilder([hostile.entry(), .init("good", [7])]).bytes)
        #expect(zip.entries.map(\.fault) == [hostile.fault, nil])
        #expect(throws: FormatFailure.self) { try zip.contents(of: zip.entries[0]) }
        #expect(try zip.contents(of: zip.entries[1]) == [7])
        #expect(!hostile.fault.text.isEmpty)
    }

    @Test func findsOverlaps() throws {
        // Two names for one entry, and an entry inside another.
        var builder = ZipBuilder([.init("a", [1, 2]), .init("a", [9]) { $0.offset = 0 }])
        #expect(try zipDirectory(builder.bytes).entries.map(\.fault) == [nil, .headerDisagrees])
        builder = ZipBuilder([.init("a", [1, 2]), .init("a", [1, 2]) { $0.offset = 0 }])
        #expect(try zipDirectory(builder.bytes).entries.map(\.fault) == [nil, .overlaps])
        let inner = Array(ZipBuilder([.init("b", [1])]).bytes.prefix(32))
        builder = ZipBuilder([.init("a", inner), .init("b", [1]) { $0.offset = 31 }])
        let zip = try zipDirectory(builder.bytes)
        #expect(zip.entries.map(\.fault) == [nil, .overlaps])
        #expect(try zip.contents(of: zip.entries[0]) == inner)
    }

    @Test func theLastOfANameStays() throws {
        let zip = try zipDirectory(ZipBuilder([.init("a", [1]), .init("b"), .init("./a", [2])]).bytes)
        #expect(zip.entries.map(\.fault) == [.repeated, nil, nil])
        #expect(try zip.contents(of: zip.entries[2]) == [2])
    }

    @Test func tellsBombs() throws {
        let (stored, count) = deflatedZeros(270_000)
        let bomb = ZipBuilder.Entry("a") {
            $0.method = 8
            $0.stored = stored
            $0.bytes = count
        }
        let zip = try zipDirectory(ZipBuilder([bomb]).bytes)
        #expect(zip.entries[0].fault == .expandsMuch)
        #expect(try zip.contents(of: zip.entries[0], limit: 1000).count == 1000)
    }

    @Test func inflatesNoMoreAndNoLessThanStated() throws {
        let (stored, count) = deflatedZeros(100)
        for stated in [0, 1, count - 1, count + 1, count + 70_000] {
            let entry = ZipBuilder.Entry("a", [UInt8](repeating: 0, count: stated)) {
                $0.method = 8
                $0.stored = stored
            }
            let zip = try zipDirectory(ZipBuilder([entry]).bytes)
            #expect(throws: FormatFailure.self, "\(stated)") { try zip.contents(of: zip.entries[0]) }
            #expect(throws: FormatFailure.self, "\(stated)") { try zip.forEachPiece(of: zip.entries[0]) { _ in } }
        }
        let trailing = ZipBuilder.Entry("a", [UInt8](repeating: 0, count: count)) {
            $0.method = 8
            $0.stored = stored + [0]
        }
        let zip = try zipDirectory(ZipBuilder([trailing]).bytes)
        #expect(throws: FormatFailure.self) { try zip.contents(of: zip.entries[0]) }
    }

    @Test(arguments: [0, 8]) func checksTheCRC(method: Int) throws {
        let entry = ZipBuilder.Entry("a", [1, 2]) {
            $0.method = method
            $0.stored = method == 8 ? deflatedPlainly([1, 2]) : nil
            $0.checksum = 5
        }
        let zip = try zipDirectory(ZipBuilder([entry]).bytes)
        do throws(FormatFailure) {
            _ = try zip.contents(of: zip.entries[0])
            Issue.record("a wrong checksum went through")
        } catch {
            guard case .zip(let failure) = error else { throw error }
            #expect(failure.problem == .damaged && failure.entry == "a")
            #expect(failure.facts.what == "has a damaged entry")
        }
    }

    @Test func refusesDirectoriesThatLie() throws {
        let entries: [ZipBuilder.Entry] = [.init("a", [1]), .init("b", [2])]
        let changes: [(String, ZipFailure.Problem, (inout ZipBuilder) -> Void)] = [
            ("count", .count, { $0.count = 3 }),
            ("count in zip64", .count, { ($0.count, $0.isZip64) = (1 << 62, true) }),
            ("size", .record, { $0.directorySize = 50 }), ("size beyond", .directory, { $0.directorySize = 1 << 30 }),
            ("offset", .directory, { $0.directoryOffset = 1 << 30 }),
            ("offset of 2^64 - 1", .directory, { ($0.directoryOffset, $0.isZip64) = (-1, true) }),
            ("size of 2^63 - 1", .directory, { ($0.directorySize, $0.isZip64) = (.max, true) }),
            ("both", .directory, { ($0.directorySize, $0.directoryOffset, $0.isZip64) = (.max, .max, true) }),
        ]
        for (name, problem, change) in changes {
            var builder = ZipBuilder(entries)
            change(&builder)
            do throws(FormatFailure) {
                let folder = try? TemporaryFolder()
                let path = (folder?.path ?? "") + "/a.zip"
                try? AtomicFile.write(builder.bytes, to: path)
                _ = try ZipDirectory(path: path)
                Issue.record("\(name) went through")
            } catch {
                guard case .zip(let failure) = error else { throw error }
                #expect(failure.problem == problem, "\(name)")
            }
        }
        #expect(throws: FormatFailure.self) { try zipDirectory(ZipBuilder(entries).bytes, limit: 1) }
        #expect(try zipDirectory(ZipBuilder(entries).bytes, limit: 2).entries.count == 2)
    }

    @Test func refusesWhatIsCutOff() throws {
        let file = ZipBuilder([.init("a", [1, 2, 3]), .init("b", [4])]).bytes
        for count in 0..<file.count {
            #expect(throws: FormatFailure.self) { try zipDirectory(Array(file[..<count])) }
        }
    }
}
