import Glibc
import PackFormats
import PackIO
import Testing
import WireBuilding

extension ONNXFile {
    static func read(_ bytes: [UInt8], beside files: [String: [UInt8]] = [:]) throws -> ONNXFile {
        let folder = try TemporaryFolder()
        for (name, content) in files { try writeQuickly(content, to: folder.path + "/" + name) }
        try writeQuickly(bytes, to: folder.path + "/model.onnx")
        return try ONNXFile(path: folder.path + "/model.onnx")
    }
}

/// The failure of an ONNX file, if reading it fails so.
func onnxFailure(_ body: () throws -> Void) -> ONNXFailure? {
    do {
        try body()
        return nil
    } catch {
        guard case .onnx(let failure)? = error as? FormatFailure else { return nil }
        return failure
    }
}

/// Writes a file without waiting for the disk, as thousands of rounds need it.
func writeQuickly(_ bytes: [UInt8], to path: String) throws {
    let stream = try #require(fopen(path, "wb"))
    defer { fclose(stream) }
    #expect(fwrite(bytes, 1, bytes.count, stream) == bytes.count)
}
