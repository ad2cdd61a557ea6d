import Foundation
import PackBundle
import PackIO
import Testing

/// Programs linked from the runtime that `make runtime` leaves, whole and damaged.
@Suite struct LinkerTests {
    private static let operators = ["Linear", "Softmax"]
    private static let families = ["gemm_f32", "softmax"]

    private static func object(_ arch: String) throws -> [UInt8] {
        try FileContents.bytes(of: "build/runtime/\(arch)/runtime.o", limit: 1 << 28)
    }

    /// Links an object that lies where a command would look for it.
    private static func link(_ bytes: [UInt8], _ arch: String, in folder: TemporaryFolder) throws -> [UInt8] {
        let place = "\(folder.path)/runtime/\(arch)"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        try AtomicFile.write(bytes, to: place + "/runtime.o")
        let library = try RuntimeLibrary.locate(arch: arch, executable: folder.path + "/pack")
        return try library.program(operators: operators, kernelFamilies: families).bytes
    }

    @Test(arguments: RuntimeLibrary.architectures) func programsAreTheSameEachTime(_ arch: String) throws {
        let folder = try TemporaryFolder(prefix: "pack-linker-test")
        let object = try Self.object(arch)
        let program = try Self.link(object, arch, in: folder)
        #expect(try Self.link(object, arch, in: folder) == program)
        #expect(Array(program[0..<7]) == [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
        // An executable (e_type 2) for the machine of the object.
        #expect(Array(program[16..<20]) == [2, 0] + object[18..<20])
        #expect(program.count < object.count)
    }

    @Test(arguments: RuntimeLibrary.architectures) func unknownOperatorsAreNamed(_ arch: String) throws {
        let library = try RuntimeLibrary.locate(
            arch: arch, executable: FileManager.default.currentDirectoryPath + "/.build/pack")
        #expect(throws: BundleError.self) {
            try library.program(operators: ["Nonsense"], kernelFamilies: [])
        }
    }

    @Test(arguments: RuntimeLibrary.architectures) func everyPartIsListedOnce(_ arch: String) throws {
        let library = try RuntimeLibrary.locate(
            arch: arch, executable: FileManager.default.currentDirectoryPath + "/.build/pack")
        let program = try library.program(operators: Self.operators, kernelFamilies: Self.families)
        let parts = try library.parts(of: program)
        let names = parts.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(Set(parts.filter(\.isKept).map(\.name)) == Set(Self.operators + Self.families))
        #expect(parts.prefix(4).allSatisfy { $0.isKept && $0.bytes > 0 })
    }

    /// The larger front end for HTTP is in programs that ask for it alone.
    @Test(arguments: RuntimeLibrary.architectures) func frontEndsAreLinkedWhereTheyAreAskedFor(_ arch: String) throws {
        let library = try RuntimeLibrary.locate(
            arch: arch, executable: FileManager.default.currentDirectoryPath + "/.build/pack")
        let path = Array("/v2/health/ready".utf8)
        let programs = try RuntimeLibrary.FrontEnd.allCases.map {
            try library.program(operators: Self.operators, kernelFamilies: Self.families, frontEnd: $0)
        }
        #expect(programs.map(\.frontEnd) == [.predict, .inference])
        #expect(programs.map { $0.bytes.firstRange(of: path) != nil } == [false, true])
        #expect(try library.completeBytes() > programs[1].bytes.count)
    }

    /// Bytes of the headers, the symbols and the relocations are replaced, and objects cut off. Each is an error or a
    /// program; none is a crash.
    @Test(arguments: RuntimeLibrary.architectures) func damagedObjectsAreRefused(_ arch: String) throws {
        let folder = try TemporaryFolder(prefix: "pack-linker-test")
        let object = try Self.object(arch)
        var random = Numbers(state: 17)
        var refused = 0
        for round in 0..<150 {
            var bytes = object
            if round % 10 == 0 {
                bytes.removeLast(random.below(bytes.count))
            } else {
                let from = round % 3 == 0 ? 0 : round % 3 == 1 ? bytes.count / 2 : 0
                let end = round % 3 == 0 ? 64 : bytes.count
                for _ in 0..<(round % 3 == 0 ? 1 : 64) {
                    let place = from + random.below(end - from - 8)
                    let width = [1, 4, 8][random.below(3)]
                    let value = [0, 0xff, 0x7f, UInt8(random.below(256))][random.below(4)]
                    for index in 0..<width { bytes[place + index] = value }
                }
            }
            do { _ = try Self.link(bytes, arch, in: folder) } catch is BundleError { refused += 1 }
        }
        #expect(refused > 30)
    }

    private struct Numbers {
        var state: UInt64

        mutating func below(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
    }
}
