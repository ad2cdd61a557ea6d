import PackIO
import PackImport

/// An ONNX model that threads read before it is asked for, as it is, and whose bundles they predict.
enum EarlyReading {
    private struct Model {
        let imported: ONNXImport
        /// Made for an argument that is the file itself: what else there is in a folder may be a project.
        let reading: ModelReading?
    }

    /// Used by the command's first thread alone.
    nonisolated(unsafe) private static var model: (file: String, made: Deferred<Model>)?

    /// Begins to read the model of an argument, if it has one.
    ///
    /// - Parameter next: What the thread does when it has read it, or at once where there is none.
    static func begin(_ arguments: [String], then next: @escaping @Sendable () -> Void) {
        for path in arguments {
            guard let file = ONNXImport.path(at: path) else { continue }
            let made = Deferred {
                defer { next() }
                let imported = try ONNXImport.load(file)
                let reading = file == path ? try ModelReading.onnx(path, imported, predicts: true) : nil
                return Model(imported: imported, reading: reading)
            }
            model = (file, made)
            return
        }
        next()
    }

    /// Reads the model of a file at a path, unless that has been done.
    ///
    /// - Throws: As `ONNXImport.load` does, and what makes a path unusable.
    static func reading(_ path: String, file: String, _ specialization: ONNXSpecialization) throws -> ModelReading {
        guard let early = model, early.file == file, specialization.isEmpty else {
            return try ModelReading.onnx(path, ONNXImport.load(file, specialization))
        }
        model = nil
        let made = try early.made.get()
        if file == path, let reading = made.reading { return reading }
        return try ModelReading.onnx(path, made.imported)
    }
}
