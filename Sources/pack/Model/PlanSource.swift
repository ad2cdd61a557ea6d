import PackBundle
import PackIO
import PackPlanner

/// A plan to run: made of a model folder, or read from a bundle (a zip, an unpacked folder, or `model.pack` itself).
enum PlanSource {
    /// The plan at a path.
    ///
    /// - Parameter storage: How weights are stored, for a model folder; a bundle's plan is as it is.
    static func load(_ path: String, storage: WeightStorage = WeightStorage(.f32)) throws -> PlanImage {
        if try FileContents.kind(of: path) == .folder {
            let plan = path + "/model.pack"
            if (try? FileContents.kind(of: plan)) == .regular { return try file(plan) }
            return try ModelPipeline.load(path).draft(storage).makeImage()
        }
        return path.hasSuffix(".zip") ? try zip(path) : try file(path)
    }

    private static func file(_ path: String) throws -> PlanImage {
        let file = try MappedFile(path: path)
        let image = file.withBytes { bytes in PlanImage(byteCount: bytes.count) { $0.copyMemory(from: bytes) } }
        return try unwrap(image, path)
    }

    private static func zip(_ path: String) throws -> PlanImage {
        var image: PlanImage?
        let isFound = try BundleReader.read("model.pack", of: path, limit: 1 << 36) { (size) in
            var memory: UnsafeMutableRawBufferPointer?
            image = PlanImage(byteCount: size) { memory = $0 }
            return memory
        }
        guard isFound else {
            throw Refusal(facts: ErrorFacts("is not a bundle", file: path, found: "no entry model.pack"))
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
