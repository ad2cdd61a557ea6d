import Glibc
import PackCore
import PackFormats
import PackGraph
import PackIO
import PackImport
import PackPasses

/// The tiny models of the repository.
enum Fixture {
    static let models =
        folder(of: #filePath).split(separator: "/").dropLast(2).reduce("") { $0 + "/" + $1 } + "/Fixtures/models"

    private static func folder(of file: String) -> String {
        String(file[..<(file.lastIndex(of: "/") ?? file.endIndex)])
    }

    static let names =
        ["bert", "distilbert", "roberta"].flatMap { family in
            ["hidden", "classification", "tokens", "answers", "masked"].map { "\(family)-\($0)" }
        } + ["bert-embedding", "bert-embedding-dense", "roberta-embedding-max"]

    static func path(_ name: String) -> String { "\(models)/\(name)" }

    /// Inputs and outputs by name.
    static func reference(_ name: String) throws -> [String: Tensor] {
        try tensors(path(name) + "/reference.safetensors")
    }

    static func tensors(_ path: String) throws -> [String: Tensor] {
        let checkpoint = try Checkpoint(file: path)
        var result: [String: Tensor] = [:]
        for name in checkpoint.names {
            guard let view = checkpoint.tensor(named: name), let dtype = view.record.type.dtype else { continue }
            let constant = try Constant(dtype, view.record.shape, bytes: view.withBytes { Array($0) })
            result[name] = try Tensor(constant)
        }
        return result
    }
}

/// A copy of a tiny model that a test may spoil; gone with the object.
final class SpoiltModel {
    private let folder: TemporaryFolder
    var path: String { folder.path }

    init(_ name: String) throws {
        folder = try TemporaryFolder()
        for entry in try FolderWalk.entries(of: Fixture.path(name)) {
            let target = "\(folder.path)/\(entry.path)"
            if entry.kind == .folder {
                mkdir(target, 0o755)
            } else {
                try AtomicFile.write(FileContents.bytes(of: "\(Fixture.path(name))/\(entry.path)"), to: target)
            }
        }
    }

    func write(_ name: String, _ text: String) throws {
        try AtomicFile.write(Array(text.utf8), to: "\(path)/\(name)")
    }

    func remove(_ name: String) {
        unlink("\(path)/\(name)")
    }

    /// Replaces a part of a file's text, which must be there.
    func replace(_ old: String, by new: String, in name: String = "config.json") throws {
        let bytes = try FileContents.bytes(of: "\(path)/\(name)")
        guard let start = bytes.firstRange(of: Array(old.utf8)) else { throw Missing(text: old) }
        try AtomicFile.write(
            bytes[..<start.lowerBound] + Array(new.utf8) + bytes[start.upperBound...], to: "\(path)/\(name)")
    }

    /// What importing it throws.
    func error() -> ImportError? {
        do throws(ImportError) {
            _ = try ImportedModel.load(path)
            return nil
        } catch {
            return error
        }
    }

    private struct Missing: Error {
        let text: String
    }
}

extension AtomicFile {
    static func write(_ bytes: ArraySlice<UInt8>, to path: String) throws(IOFailure) {
        try write(Array(bytes), to: path)
    }
}

extension [UInt8] {
    /// Where another sequence of bytes stands in this one.
    func firstRange(of other: [UInt8]) -> Range<Int>? {
        guard !other.isEmpty, count >= other.count else { return nil }
        return (0...(count - other.count)).first { self[$0..<$0 + other.count].elementsEqual(other) }
            .map { $0..<$0 + other.count }
    }
}
