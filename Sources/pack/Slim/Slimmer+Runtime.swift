import FoundationEssentials
import PackBundle
import PackIO
import PackImport
import PackPlanner
import PackQuantize

extension Slimmer {
    /// Links the runtime for an architecture, runs it on a sample, and describes the bundle.
    func runtime(for arch: String, _ choice: Quantizer.Choice) throws -> SlimRuntime {
        let program = try link(arch, choice)
        let proof = try prove(program, arch, choice)
        let peak = try predictedPeakMemory(
            choice.draft, runtimeBytes: program.bytes.count, tokens: pipeline.metadata.maximumTokens)
        let files = try BundleFiles(
            program: program.bytes, manifest: try manifest(choice, program, arch, peak),
            card: MLBOM.Card(pipeline.imported, name: modelName, takesTexts: pipeline.tokenizerObstacle == nil))
        return SlimRuntime(arch: arch, program: program, proof: proof, files: files, peakMemory: peak)
    }

    func library(_ arch: String) throws -> RuntimeLibrary {
        try RuntimeLibrary.locate(arch: arch, executable: executablePath())
    }

    private func link(_ arch: String, _ choice: Quantizer.Choice) throws -> RuntimeLibrary.Program {
        try library(arch).program(
            operators: choice.draft.operators, kernelFamilies: choice.draft.kernelFamilies,
            frontEnd: .init(for: profile), planBytes: packing.form == .file ? choice.image.bytes.count : nil)
    }

    private func prove(
        _ program: RuntimeLibrary.Program, _ arch: String, _ choice: Quantizer.Choice
    ) throws -> BundleProof {
        let runner = try TextRunner(choice.image, threads: threads)
        if pipeline.imported.onnx != nil { return try proveTensors(program, arch, choice, runner) }
        let text = "The quick brown fox jumps over the lazy dog."
        var request = runner.tokens(text)
        var sample = BundleProof.Sample.text(text)
        if request.ids.isEmpty {
            request = ([1, 2, 3, 4], [0, 0, 0, 0])
            sample = .tokens(request.ids.map(Int.init))
        }
        return try BundleProof(
            program: program, arch: arch,
            substitute: { try link("x86_64", choice) }, plan: choice.image.bytes, sample: sample,
            expected: try runner.output(ids: request.ids, types: request.types))
    }

    private func proveTensors(
        _ program: RuntimeLibrary.Program, _ arch: String, _ choice: Quantizer.Choice, _ runner: TextRunner
    ) throws -> BundleProof {
        guard let inputs = runner.samples(1).first else {
            throw Refusal(
                facts: ErrorFacts(
                    "takes none of the inputs that were tried", file: command.path,
                    found: "free axes of \(SampleInputs.extents.map(String.init).joined(separator: ", "))",
                    expected: "an answer", hint: "export the model with fixed shapes"))
        }
        try runner.session.run(inputs)
        let expected = runner.session.outputFloats(0)
        let output = String(decoding: runner.session.outputName(0), as: UTF8.self)
        return try BundleProof(
            program: program, arch: arch, substitute: { try link("x86_64", choice) }, plan: choice.image.bytes,
            sample: .tensors(SampleRequest.json(inputs, runner.session), output: output), expected: expected)
    }

    private func manifest(
        _ choice: Quantizer.Choice, _ program: RuntimeLibrary.Program, _ arch: String, _ peak: Int
    ) throws -> Manifest {
        let description = pipeline.imported.description
        return Manifest(
            packVersion: toolVersion, target: profile.name,
            model: .init(
                architecture: description.architecture, parameters: description.parameters, files: try sourceFiles()),
            runtime: .init(arch: arch, operators: program.operators, kernels: program.kernels),
            weights: Dictionary(
                choice.draft.weights.compactMap { weight in weight.kind.map { (weight.name, $0.rawValue) } },
                uniquingKeysWith: { first, _ in first }),
            accuracy: .init(
                metric: "cosine", smallest: choice.comparison.smallest, mean: choice.comparison.mean,
                budget: command.accuracy, texts: choice.comparison.texts),
            predictedPeakMemory: peak,
            files: [
                .init(
                    name: "bootstrap", bytes: program.bytes.count, sha256: SHA256Digest(of: program.bytes).hex),
                .init(
                    name: "model.pack", bytes: choice.image.bytes.count,
                    sha256: SHA256Digest(of: choice.image.bytes).hex),
            ])
    }

    /// The files of the model's folder that say what the model is, with their digests.
    private func sourceFiles() throws -> [Manifest.File] {
        var files: [Manifest.File] = []
        if let onnx = pipeline.imported.onnx {
            return try onnx.paths.map { path in
                Manifest.File(
                    name: URL(fileURLWithPath: path).lastPathComponent, bytes: try MappedFile(path: path).size,
                    sha256: try SHA256Digest(ofFile: path).hex)
            }
        }
        for entry in try FolderWalk.entries(of: command.path)
        where entry.kind == .regular && Manifest.Source.lists(entry.path) {
            files.append(
                Manifest.File(
                    name: entry.path, bytes: entry.bytes,
                    sha256: try SHA256Digest(ofFile: command.path + "/" + entry.path).hex))
        }
        return files.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }
}
