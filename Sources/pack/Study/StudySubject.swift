import ArgumentParser
import Glibc
import PackBundle
import PackIO
import PackImport
import PackLab
import PackPlanner

/// A model to be studied: its bundle, unpacked, and the forms of it that stacks serve.
final class StudySubject {
    /// What it is called in reports.
    let name: String
    /// The path that was given.
    let path: String
    /// The processor that its bundle is for.
    let arch: String
    /// How the weights of its linear layers are stored.
    let precision: String
    /// Bytes of the bundle.
    let bytes: Bytes
    /// Requests as JSON.
    let requests: [[UInt8]]
    /// The model folder that it was made of, and the ONNX file; nil where they are not known.
    let modelFolder: String?
    let onnx: String?
    private let folder: TemporaryFolder
    /// Keeps the exported ONNX file.
    private let peers: PeerSet?

    /// Sizes of a bundle.
    struct Bytes {
        var runtime: Int
        var weights: Int
        var unpacked: Int
        var zipped: Int
    }

    /// The folder with `bootstrap` and `model.pack`.
    var programFolder: String { folder.path + "/task" }
    /// A folder that may be written to.
    var scratch: String { folder.path }

    /// What is read of a bundle, at most.
    private static let limit = 1 << 36

    /// Takes a bundle (a zip, the tar of an image, an unpacked folder), or makes one of a model folder or an ONNX file.
    ///
    /// - Parameters:
    ///   - path: What was given.
    ///   - model: The model that a bundle was made of, for stacks.
    ///   - quantize: How weights of a bundle that is made are stored.
    init(_ path: String, model: String?, quantize: Slim.Quantization) throws {
        self.path = path
        folder = try TemporaryFolder(prefix: "pack-study")
        let isModel = try Self.isModel(path)
        var bundle = path
        if isModel {
            guard model == nil else {
                throw ValidationError("--model goes with bundles: \(path) is a model itself")
            }
            bundle = folder.path + "/bundle.tar"
            try BundleOfModel.make(
                of: path, target: "kubernetes", output: bundle,
                options: ["--quantize", quantize.rawValue, "--arch", BundleProof.hostArchitecture])
        }
        name = Self.name(of: path)
        guard mkdir(folder.path + "/task", 0o755) == 0 else {
            throw IOFailure.system(.create, path: folder.path + "/task", code: errno)
        }
        let program = try Self.file("bootstrap", of: bundle, limit: 1 << 28)
        arch = try Self.architecture(of: program, path)
        let manifest = try Self.file("manifest.json", of: bundle, limit: 1 << 24)
        let image = try PlanSource.load(bundle)
        let task = folder.path + "/task"
        try AtomicFile.write(program, to: task + "/bootstrap", mode: 0o755)
        let file = try AtomicFile(path: task + "/model.pack")
        try file.write(image.bytes)
        try file.commit()
        try AtomicFile.write(manifest, to: task + "/manifest.json")
        let weights = image.bytes.count
        bytes = Bytes(
            runtime: program.count, weights: weights, unpacked: program.count + manifest.count + weights,
            zipped: 1000 + program.withUnsafeBytes { ZippedSize.deflated($0, level: 6) }
                + manifest.withUnsafeBytes { ZippedSize.deflated($0, level: 6) }
                + ZippedSize.deflated(image.bytes, level: 6))
        precision = PlanShapes.precision(
            of: try LocalSession.open(image, threads: 1, instructionSet: nil).plan)
        requests = try StudyRequests.make(image, file: path)
        let source = isModel ? path : model
        modelFolder = try source.flatMap { try FileContents.kind(of: $0) == .folder ? $0 : nil }
        peers = try source.map { try Self.exported($0) } ?? nil
        onnx = peers?.model
    }

    /// The ONNX file of a model; a folder of Hugging Face is exported.
    private static func exported(_ model: String) throws -> PeerSet {
        let pipeline = try ModelPipeline.load(model)
        return try PeerSet([], pipeline.imported, isFixed: false, python: "", precisions: [])
    }

    private static func isModel(_ path: String) throws -> Bool {
        guard let kind = try FileContents.kind(of: path) else {
            throw IOFailure.system(.read, path: path, code: ENOENT)
        }
        if kind == .folder { return try FileContents.kind(of: path + "/model.pack") == nil }
        return ONNXImport.path(at: path) != nil
    }

    private static func file(_ name: String, of bundle: String, limit: Int) throws -> [UInt8] {
        let isBundle = try FileContents.kind(of: bundle) == .folder || BundleReader.isBundle(bundle)
        guard isBundle,
            let bytes = try BundleReader.bytes(
                of: name, in: bundle, limit: limit, arch: BundleProof.hostArchitecture)
        else {
            throw Refusal(
                facts: ErrorFacts(
                    "is not a bundle", file: bundle, found: "no file \(name) in it",
                    expected: "a bundle of pack slim, a model folder or an ONNX file"))
        }
        return bytes
    }

    /// By the head of the ELF file; a bundle for another processor than this machine's cannot be measured.
    private static func architecture(of program: [UInt8], _ path: String) throws -> String {
        let isELF = program.count >= 20 && Array(program[0..<4]) == [0x7F, 0x45, 0x4C, 0x46]
        let arch = isELF ? [0x3E: "x86_64", 0xB7: "arm64"][Int(program[18])] : nil
        guard let arch, arch == BundleProof.hostArchitecture else {
            throw Refusal(
                facts: ErrorFacts(
                    "is for another processor, and cannot be measured here", file: path, found: arch ?? "no program",
                    expected: BundleProof.hostArchitecture,
                    hint: "pack slim MODEL --arch \(BundleProof.hostArchitecture)"))
        }
        return arch
    }

    /// The file's name without what tells its form.
    private static func name(of path: String) -> String {
        var name = path.split(separator: "/").last.map(String.init) ?? path
        for end in [".zip", ".tar.zst", ".tar", ".onnx"] where name.hasSuffix(end) && name.count > end.count {
            name.removeLast(end.count)
        }
        for end in ["-x86_64", "-arm64"] where name.hasSuffix(end) { name.removeLast(end.count) }
        return name
    }
}
