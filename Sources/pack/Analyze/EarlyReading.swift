import PackFormats
import PackIO
import PackImport

/// An ONNX file that a thread reads before it is asked for.
enum EarlyReading {
    /// Used by the command's first thread alone.
    nonisolated(unsafe) private static var model: (path: String, file: Deferred<ONNXFile>)?

    /// Begins to read a file.
    ///
    /// - Parameter next: What the thread does when it has read it.
    static func begin(_ path: String, then next: @escaping @Sendable () -> Void) {
        let file = Deferred {
            defer { next() }
            return try ONNXImport.read(path)
        }
        model = (path, file)
    }

    /// Reads a file, unless it has been read.
    ///
    /// - Throws: `ImportError` for a file that is broken.
    static func file(at path: String) throws -> ONNXFile {
        guard let early = model, early.path == path else { return try ONNXImport.read(path) }
        model = nil
        return try early.file.get()
    }
}
