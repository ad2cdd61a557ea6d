import Foundation
import PackBundle
import PackIO
import Testing

/// What is packed in what form, read back, and damaged.
@Suite struct FormTests {
    private static let manifest = Manifest(
        packVersion: "0", target: "lambda",
        model: .init(
            architecture: "Bert", parameters: 3,
            files: [.init(name: "model.safetensors", bytes: 4, sha256: String(repeating: "a", count: 64))]),
        runtime: .init(arch: "x86_64", operators: [], kernels: []), weights: ["w": "int8"], accuracy: nil,
        predictedPeakMemory: 5,
        files: [.init(name: "bootstrap", bytes: 1, sha256: String(repeating: "b", count: 64))])

    private static func card(_ name: String = "m") -> MLBOM.Card {
        .init(name: name, task: "none", inputs: ["x f32[n]"], outputs: ["y f32[n]"])
    }

    private static func serial(_ bom: MLBOM) throws -> String {
        struct Document: Decodable { let serialNumber: String }
        return try JSONDecoder().decode(Document.self, from: Data(bom.encoded())).serialNumber
    }

    /// The serial number follows from what is in the bundle, and has the form of a UUID of version 8.
    @Test func billsOfMaterialsAreReproducible() throws {
        let first = MLBOM(Self.manifest, Self.card())
        #expect(try first.encoded() == MLBOM(Self.manifest, Self.card()).encoded())
        #expect(
            try Self.serial(first).wholeMatch(
                of: /urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
        var other = Self.manifest
        other.files[0].sha256 = String(repeating: "c", count: 64)
        #expect(try Self.serial(MLBOM(other, Self.card())) != Self.serial(first))
    }

    @Test func manifestsListTheBillOfMaterials() throws {
        let files = try BundleFiles(program: [1, 2], manifest: Self.manifest, card: Self.card())
        let said = try JSONDecoder().decode(Manifest.self, from: Data(files.manifest))
        #expect(said.files.map(\.name) == ["bootstrap", "bom.cdx.json"])
        #expect(said.files[1].sha256 == SHA256Digest(of: files.bom).hex && said.files[1].bytes == files.bom.count)
        #expect(files.byteCount == 2 + files.manifest.count + files.bom.count)
    }

    private static let plan = BundleEntry("model.pack", bytes: Array(repeating: 7, count: 100_000))
    private static let settings = ImageWriter.Settings(name: "An Image", port: nil, labels: [:])

    private static func files(_ arch: String = "x86_64") throws -> BundleFiles {
        var manifest = manifest
        manifest.runtime.arch = arch
        return try BundleFiles(program: Array(arch.utf8), manifest: manifest, card: card())
    }

    @Test(arguments: [BundleForm.zip, .archive, .folder]) func filesComeBack(_ form: BundleForm) throws {
        let folder = try TemporaryFolder(prefix: "pack-form-test")
        let path = folder.path + "/bundle"
        try BundleWriter.write(
            [Self.files()], plan: Self.plan, as: form, Self.settings, to: path, scratch: folder.path)
        #expect(try BundleReader.bytes(of: "bootstrap", in: path, limit: 6) == Array("x86_64".utf8))
        #expect(try BundleReader.bytes(of: "model.pack", in: path, limit: 5, prefix: true) == [7, 7, 7, 7, 7])
        #expect(try BundleReader.bytes(of: "nothing", in: path, limit: 3) == nil)
        #expect(throws: BundleError.self) { try BundleReader.bytes(of: "model.pack", in: path, limit: 99_999) }
        #expect(try BundleConverter.form(of: path) == form)
        // The same in the form that another platform takes.
        for other in [BundleForm.zip, .image] {
            try BundleConverter.convert(
                path, to: other, arch: "x86_64", port: 80, at: folder.path + "/other", scratch: folder.path)
            #expect(try BundleConverter.form(of: folder.path + "/other") == other)
            #expect(
                try BundleReader.bytes(of: "model.pack", in: folder.path + "/other", limit: 1 << 20)?.count == 100_000)
        }
    }

    /// Of an image for two architectures the one that is asked for is read.
    @Test(arguments: LayerCompression.allCases) func imagesAreReadByArchitecture(_ compression: LayerCompression) throws
    {
        let folder = try TemporaryFolder(prefix: "pack-form-test")
        let path = folder.path + "/image"
        var settings = Self.settings
        settings.compression = compression
        try BundleWriter.write(
            [Self.files("x86_64"), Self.files("arm64")], plan: Self.plan, as: .image, settings, to: path,
            scratch: folder.path)
        for arch in ["x86_64", "arm64"] {
            #expect(try BundleReader.bytes(of: "bootstrap", in: path, limit: 9, arch: arch) == Array(arch.utf8))
        }
        #expect(try BundleReader.bytes(of: "bootstrap", in: path, limit: 9) == Array("x86_64".utf8))
        #expect(try BundleReader.bytes(of: "model.pack", in: path, limit: 100_000)?.count == 100_000)
        // That of the bundle, and not docker's list beside it.
        let manifest = try BundleReader.bytes(of: "manifest.json", in: path, limit: 1 << 20)
        #expect(try manifest == Self.files().manifest)
        #expect(try BundleConverter.form(of: path) == .image)
        #expect(throws: BundleError.self) {
            try BundleWriter.write(
                [Self.files("x86_64"), Self.files("arm64")], plan: Self.plan, as: .zip, settings, to: path,
                scratch: folder.path)
        }
    }

    @Test func foldersOfOthersStay() throws {
        let folder = try TemporaryFolder(prefix: "pack-form-test")
        let path = folder.path + "/bundle"
        func write(_ path: String) throws {
            try BundleWriter.write(
                [Self.files()], plan: Self.plan, as: .folder, Self.settings, to: path, scratch: folder.path)
        }
        let names = ["bom.cdx.json", "bootstrap", "manifest.json", "model.pack"]
        try write(path)
        try AtomicFile.write([1], to: path + "/model.pack")
        try write(path + "/")
        #expect(try FolderWalk.names(in: path) == names)
        #expect(try FileContents.bytes(of: path + "/model.pack").count == 100_000)
        try AtomicFile.write([1], to: path + "/notes.txt")
        #expect(try !BundleFolder.isReplaceable(path))
        #expect(throws: BundleError.self) { try write(path) }
        #expect(try FolderWalk.names(in: path) == names + ["notes.txt"])
        #expect(try FolderWalk.names(in: folder.path) == ["bundle"])
    }
}

/// Programs that hold their plan.
@Suite struct ExecutableTests {
    private static let plan = Array("PACKPLAN".utf8) + Array(repeating: 9, count: 5000)
    private static let documents = [
        BundleEntry("manifest.json", bytes: Array("{}".utf8)), BundleEntry("bom.cdx.json", bytes: [5, 6]),
    ]

    private static func number(_ bytes: [UInt8], _ offset: Int) -> Int {
        bytes[offset..<offset + 8].reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    private static func program(_ arch: String, _ bytes: Int) throws -> RuntimeLibrary.Program {
        try RuntimeLibrary.locate(arch: arch, executable: FileManager.default.currentDirectoryPath + "/.build/pack")
            .program(operators: ["Linear"], kernelFamilies: ["gemm_f32"], planBytes: bytes)
    }

    @Test(arguments: RuntimeLibrary.architectures) func planAndDocumentsComeBack(_ arch: String) throws {
        let folder = try TemporaryFolder(prefix: "pack-executable-test")
        let path = folder.path + "/program"
        let program = try Self.program(arch, Self.plan.count)
        try ExecutableWriter.write(
            program.bytes, plan: BundleEntry("model.pack", bytes: Self.plan), documents: Self.documents, to: path)
        let file = try FileContents.bytes(of: path)
        #expect(Array(file.prefix(program.bytes.count)) == program.bytes)
        #expect(try BundleReader.bytes(of: "model.pack", in: path, limit: 1 << 20) == Self.plan)
        #expect(try BundleReader.bytes(of: "manifest.json", in: path, limit: 9) == Array("{}".utf8))
        #expect(try BundleReader.bytes(of: "bom.cdx.json", in: path, limit: 9) == [5, 6])
        #expect(try BundleReader.bytes(of: "bootstrap", in: path, limit: 1 << 30) == file)
        #expect(try BundleConverter.form(of: path) == .file)
        // The last segment is the plan's: readable alone, in pages of its own, at the address that the program was told.
        let header = 64 + 4 * 56
        #expect(file[56] == 5 && Array(file[header + 4..<header + 8]) == [4, 0, 0, 0])
        let page = Self.number(file, header + 48)
        #expect(page == (arch == "x86_64" ? 0x1000 : 0x10000) && Self.number(file, header + 8) % page == 0)
        #expect(Self.number(file, header + 16) == 0x4000_0000)
        #expect(Self.number(file, header + 32) == Self.plan.count)
    }

    /// Another plan than the one that the program was linked for, or a program that was linked for none.
    @Test func programsTakeTheirOwnPlanAlone() throws {
        let folder = try TemporaryFolder(prefix: "pack-executable-test")
        let plan = BundleEntry("model.pack", bytes: Self.plan)
        let library = try RuntimeLibrary.locate(
            arch: "x86_64", executable: FileManager.default.currentDirectoryPath + "/.build/pack")
        let others = [
            try Self.program("x86_64", Self.plan.count + 64).bytes,
            try library.program(operators: ["Linear"], kernelFamilies: ["gemm_f32"]).bytes,
        ]
        for program in others {
            #expect(throws: BundleError.self) {
                try ExecutableWriter.write(program, plan: plan, documents: [], to: folder.path + "/program")
            }
        }
        #expect(try FolderWalk.names(in: folder.path) == [])
    }

    /// Bytes of the header and the table of sections are replaced, and files cut off: what is read lies in the file, or nothing is.
    @Test func damagedFilesAreSurvived() throws {
        let folder = try TemporaryFolder(prefix: "pack-executable-test")
        let path = folder.path + "/program"
        let program = try Self.program("x86_64", Self.plan.count)
        try ExecutableWriter.write(
            program.bytes, plan: BundleEntry("model.pack", bytes: Self.plan), documents: Self.documents, to: path)
        let whole = try FileContents.bytes(of: path)
        let table = Self.number(whole, 40)
        var state: UInt64 = 5
        func below(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
        for round in 0..<300 {
            var bytes = whole
            if round % 5 == 0 {
                bytes.removeLast(below(bytes.count))
            } else {
                for _ in 0..<3 {
                    let start = round % 2 == 0 ? 0 : table
                    let place = start + below(round % 2 == 0 ? 64 : bytes.count - table)
                    bytes[place] = round % 3 == 0 ? 0xff : UInt8(below(256))
                }
            }
            try AtomicFile.write(bytes, to: path)
            for name in ["model.pack", "manifest.json"] {
                let found = try? BundleReader.bytes(of: name, in: path, limit: 1 << 20)
                #expect((found?.count ?? 0) <= bytes.count)
            }
        }
    }
}
