import PackBundle
import PackIO
import PackImport
import PackPasses
import PackPlanner

/// A plan to run: made of a model folder or an ONNX file, or read from a bundle of any form, or `model.pack` itself.
enum PlanSource {
    /// The plan at a path.
    ///
    /// - Parameters:
    ///   - storage: How weights are stored, for a model; a bundle's plan is as it is.
    ///   - isOptimized: Whether passes rewrite a model's graph.
    static func load(
        _ path: String, storage: WeightStorage = WeightStorage(.f32), isOptimized: Bool = true
    ) throws -> PlanImage {
        if try FileContents.kind(of: path) == .folder {
            let plan = path + "/model.pack"
            if (try? FileContents.kind(of: plan)) == .regular { return try file(plan) }
            return try model(path, storage, isOptimized)
        }
        if ONNXImport.path(at: path) != nil { return try model(path, storage, isOptimized) }
        return BundleReader.isBundle(path) ? try bundle(path) : try file(path)
    }

    private static func model(
        _ path: String, _ storage: WeightStorage, _ isOptimized: Bool
    ) throws -> PlanImage {
        let options = isOptimized ? PassOptions() : PassOptions(limit: 0)
        return try ModelPipeline.load(path, options: options).draft(storage).makeImage()
    }

    private static func file(_ path: String) throws -> PlanImage {
        let file = try MappedFile(path: path)
        let image = file.withBytes { bytes in PlanImage(byteCount: bytes.count) { $0.copyMemory(from: bytes) } }
        return try unwrap(image, path)
    }

    private static func bundle(_ path: String) throws -> PlanImage {
        var image: PlanImage?
        let isFound = try BundleReader.read("model.pack", of: path, limit: 1 << 36) { (size) in
            var memory: UnsafeMutableRawBufferPointer?
            image = PlanImage(byteCount: size) { memory = $0 }
            return memory
        }
        guard isFound else {
            throw Refusal(facts: ErrorFacts("is not a bundle", file: path, found: "no file model.pack in it"))
        }
        return try unwrap(image, path)
    }

    private static func unwrap(_ image: PlanImage?, _ path: String) throws -> PlanImage {
        guard let image else {
            throw Refusal(facts: ErrorFacts("cannot be read", file: path, found: "no memory, or an empty file"))
        }
        return image
    }
}
