import PackFormats
import PackIO
import PackImport

/// An ONNX model that a thread reads before it is asked for.
enum EarlyReading {
    private struct Model {
        let file: ONNXFile
        /// The model as it is; nil where something of it is to be fixed.
        let imported: ONNXImport?
    }

    /// Used by the command's first thread alone.
    nonisolated(unsafe) private static var model: (path: String, made: Deferred<Model>)?

    /// Begins to read a file.
    ///
    /// - Parameters:
    ///   - imports: Whether the model is likely to be taken as it is.
    ///   - next: What the thread does when it has read it.
    static func begin(_ path: String, imports: Bool, then next: @escaping @Sendable () -> Void) {
        let made = Deferred {
            defer { next() }
            let file = try ONNXImport.read(path)
            return Model(file: file, imported: imports ? try ONNXImport(file) : nil)
        }
        model = (path, made)
    }

    /// Reads a file and imports its graph, unless that has been done.
    ///
    /// - Throws: As `ONNXImport.load` does.
    static func model(at path: String, _ specialization: ONNXSpecialization) throws -> ONNXImport {
        guard let early = model, early.path == path else { return try ONNXImport.load(path, specialization) }
        model = nil
        let made = try early.made.get()
        if specialization.isEmpty, let imported = made.imported { return imported }
        return try ONNXImport(made.file, specialization)
    }
}
