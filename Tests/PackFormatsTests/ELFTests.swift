import Glibc
import PackFormats
import PackIO
import Testing

@Suite struct ELFTests {
    @Test(arguments: [(true, false), (true, true), (false, false), (false, true)])
    func readsEveryClassAndOrder(is64: Bool, isBigEndian: Bool) throws {
        var builder = ELFBuilder(is64: is64, isBigEndian: isBigEndian)
        builder.runpath = "$ORIGIN/../lib:/opt/lib"
        builder.interpreter = "/lib64/ld-linux-x86-64.so.2"
        builder.instructionSets = 8
        builder.sections = [
            (".text", [1, 2]), (".debug_info", [UInt8](repeating: 7, count: 100)), (".symtab", [0, 1, 2]),
        ]
        builder.sections.append((".strtab", [UInt8](repeating: 1, count: 50)))
        let file = try builder.read()
        #expect(file.problems.isEmpty && file.is64 == is64 && file.isBigEndian == isBigEndian)
        #expect(file.kind == .shared && file.machine == 62 && file.isDynamic)
        #expect(file.needed == ["libm.so.6", "libc.so.6"] && file.soname == "libx.so.1")
        #expect(file.runpath == ["$ORIGIN/../lib", "/opt/lib"] && file.rpath.isEmpty)
        #expect(file.interpreter == "/lib64/ld-linux-x86-64.so.2")
        #expect(file.stack == .notExecutable && file.instructionSets == 8 && file.libc == .glibc)
        #expect(file.highestVersion("GLIBC") == DottedVersion([2, 28]))
        #expect(file.highestVersion("GLIBCXX") == nil)
        #expect(file.strippable == ELFFile.Strippable(debug: 100, symbols: 53))
    }

    @Test func versionsAreComparedAsNumbers() throws {
        let names = ["GLIBC_2.9", "GLIBC_2.17", "GLIBC_PRIVATE", "GLIBC_2.40?", "GLIBC_2.3.4"]
        let file = try ELFBuilder(versions: [
            ("libc.so.6", names), ("libstdc++.so.6", ["GLIBCXX_3.4.9", "CXXABI_1.3"]),
        ]).read()
        #expect(file.highestVersion("GLIBC")?.description == "2.17")
        #expect(file.highestVersion("GLIBCXX")?.description == "3.4.9")
        #expect(file.highestVersion("CXXABI")?.description == "1.3")
        #expect(file.versions.map(\.library) == ["libc.so.6", "libstdc++.so.6"])
        #expect(file.versions.first?.weak == ["GLIBC_2.40"])
        let relative = try ELFBuilder(versions: [("libc.so.6", ["GLIBC_2.5", "GLIBC_ABI_DT_RELR"])]).read()
        #expect(relative.highestVersion("GLIBC")?.description == "2.36")
    }

    @Test func stacksAndLibraries() throws {
        #expect(try ELFBuilder(stack: 7).read().stack == .executable)
        #expect(try ELFBuilder(stack: nil).read().stack == .unstated)
        let musl = try ELFBuilder(machine: 183, needed: ["libc.musl-aarch64.so.1"], versions: []).read()
        #expect(musl.libc == .musl && musl.architecture == "arm64" && !musl.isForDevice)
        #expect(try ELFBuilder(machine: 190).read().isForDevice)
        #expect(try ELFBuilder(needed: [], versions: []).read().libc == nil)
        #expect(try ELFBuilder().read().strippable == nil)
    }

    @Test func ownProgramIsRead() throws {
        let file = try MappedFile(path: "/proc/self/exe").withBytes { bytes in Result { try ELFFile(bytes) } }.get()
        #expect(file.problems.isEmpty && file.needed.contains("libc.so.6") && file.highestVersion("GLIBC") != nil)
        #expect(file.libc == .glibc && file.interpreter?.contains("ld-linux") == true && file.strippable != nil)
    }

    private static let magic: [UInt8] = [0x7F, 0x45, 0x4C, 0x46]
    private static let zeros = [UInt8](repeating: 0, count: 60)
    private static let badBeginnings: [([UInt8], ELFFailure.Problem)] = [
        ([], .notELF), ([0x4D, 0x5A], .notELF), (magic + [2, 1], .tooShort), (magic + [9, 1] + zeros, .classUnknown),
        (magic + [2, 0] + zeros, .orderUnknown), (magic + [2, 1] + zeros.dropLast(10), .tooShort),
    ]

    @Test(arguments: badBeginnings)
    func refusesBadBeginnings(bytes: [UInt8], problem: ELFFailure.Problem) {
        #expect { _ = try ELFFile.read(bytes) } throws: { ($0 as? ELFFailure)?.problem == problem }
    }
}

/// Files that break the format behind their first header: the rest is read, and the problem said.
@Suite struct HostileELFTests {
    private func changed(_ edits: [(Int, [UInt8])], _ builder: ELFBuilder = ELFBuilder()) throws -> ELFFile {
        var bytes = builder.bytes
        for (offset, values) in edits { bytes.replaceSubrange(offset..<(offset + values.count), with: values) }
        return try ELFFile.read(bytes)
    }

    private let most = [UInt8](repeating: 0xFF, count: 8)
    private let mostSigned = [UInt8](repeating: 0xFF, count: 7) + [0x7F]

    @Test func programHeadersOutOfRange() throws {
        for offset in [most, mostSigned, [0, 0, 0, 0, 1, 0, 0, 0]] {
            let file = try changed([(32, offset)])
            #expect(file.needed.isEmpty && file.highestVersion("GLIBC") == nil)
        }
        #expect(try changed([(56, [0xFF, 0xFF])]).problems.map(\.problem).contains(.programHeadersBeyondFile))
        #expect(try changed([(54, [0, 0])]).problems.map(\.problem) == [.programHeadersBeyondFile])
    }

    @Test func sectionHeadersOutOfRange() throws {
        let builder = ELFBuilder(sections: [(".debug_line", [1, 2, 3])])
        for offset in [most, mostSigned, [0, 0, 0, 0, 1, 0, 0, 0]] {
            #expect(try changed([(40, offset)], builder).strippable == nil)
        }
        let many = try changed([(60, [0xFF, 0xFF])], builder)
        #expect(many.strippable == nil && many.problems.map(\.problem) == [.sectionsBeyondFile])
        #expect(many.needed.count == 2)
    }

    @Test func dynamicOutOfRange() throws {
        // The second program header's offset and length.
        #expect(try changed([(64 + 56 + 8, mostSigned)]).problems.map(\.problem) == [.dynamicBeyondFile])
        #expect(try changed([(64 + 56 + 32, mostSigned)]).problems.map(\.problem) == [.dynamicBeyondFile])
    }

    @Test func namesOutOfRange() throws {
        let bytes = ELFBuilder().bytes
        // The entry DT_STRTAB, with DT_STRSZ behind it.
        let dynamic = try #require(
            bytes.indices.last { Array(bytes[$0..<min(bytes.count, $0 + 8)]) == [5, 0, 0, 0, 0, 0, 0, 0] })
        #expect(try changed([(dynamic + 8, mostSigned)]).problems.map(\.problem).contains(.addressUnmapped))
        let length = dynamic + 24
        #expect(try changed([(length, [3, 0, 0, 0, 0, 0, 0, 0])]).problems.map(\.problem).contains(.textUnended))
    }

    @Test func versionListsThatLoop() throws {
        // Lists lead forward only, so the worst is a list whose entries' lists overlap.
        let names = (0..<200).map { "GLIBC_2.\($0)" }
        var builder = ELFBuilder(versions: (0..<200).map { ("lib\($0)", names) })
        builder.needed = ["libc.so.6"]
        var bytes = builder.bytes
        let start = try #require(bytes.indices.first { Array(bytes[$0..<min(bytes.count, $0 + 4)]) == [1, 0, 200, 0] })
        for index in 0..<200 {
            // Every library counts 65,535 versions and the next one begins 16 bytes later, within the entries.
            let place = start + index * (16 + 200 * 16)
            bytes.replaceSubrange((place + 2)..<(place + 4), with: [0xFF, 0xFF])
            bytes.replaceSubrange((place + 12)..<(place + 16), with: [16, 0, 0, 0])
        }
        let file = try ELFFile.read(bytes)
        #expect(file.versions.reduce(0) { $0 + $1.names.count } <= 65_536)
    }

    @Test func cutOffAtEveryByte() throws {
        let bytes = ELFBuilder(sections: [(".debug_line", [1, 2, 3]), (".symtab", [1])]).bytes
        for count in 0..<bytes.count {
            if let file = try? ELFFile.read(Array(bytes[..<count])) { #expect(file.needed.count <= 2) }
        }
    }

    private static func setting(_ name: String) -> UInt64? {
        getenv(name).flatMap { UInt64(String(cString: $0)) }
    }

    /// `PACK_FUZZ_SEED` and `PACK_FUZZ_ROUNDS` repeat and lengthen a run.
    @Test func survivesChangedBytes() throws {
        let seed = HostileELFTests.setting("PACK_FUZZ_SEED") ?? UInt64.random(in: 0...UInt64.max)
        let rounds = HostileELFTests.setting("PACK_FUZZ_ROUNDS") ?? 3000
        print("ELF fuzz: PACK_FUZZ_SEED=\(seed) PACK_FUZZ_ROUNDS=\(rounds)")
        var random = SeededGenerator(state: seed)
        var builder = ELFBuilder(runpath: "$ORIGIN", interpreter: "/lib/ld-linux.so.2", instructionSets: 1)
        builder.sections = [(".debug_info", [1, 2, 3, 4]), (".symtab", [5]), (".strtab", [6, 0])]
        let originals = [true, false].flatMap { is64 in
            [true, false].map { big in
                builder.is64 = is64
                builder.isBigEndian = big
                return builder.bytes
            }
        }
        for round in 0..<rounds {
            var bytes = originals[Int(round) % originals.count]
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                change(&bytes, &random)
            }
            do throws(ELFFailure) {
                let file = try ELFFile.read(bytes)
                if let strippable = file.strippable {
                    #expect(
                        strippable.debug <= bytes.count && strippable.symbols <= bytes.count,
                        "seed \(seed), round \(round)")
                }
                #expect(file.needed.allSatisfy { $0.utf8.count <= 3 * 4096 }, "seed \(seed), round \(round)")
            } catch {
                #expect(error.offset <= bytes.count, "seed \(seed), round \(round)")
            }
        }
    }

    private func change(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        guard bytes.count > 16 else { return }
        let index = Int.random(in: 0..<(bytes.count - 8), using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes.replaceSubrange(index..<(index + 8), with: most)
        case 2: bytes.replaceSubrange(index..<(index + 8), with: mostSigned)
        case 3: bytes.replaceSubrange(index..<(index + 4), with: [UInt8](repeating: 0xFF, count: 4))
        default: bytes.removeLast(min(bytes.count - 8, index / 16))
        }
    }
}
