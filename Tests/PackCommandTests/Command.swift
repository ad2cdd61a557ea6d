import Foundation

/// The command as a process, from the folder that the tests were built into.
struct Command {
    /// Exit status.
    let status: Int32
    /// What it wrote to standard output.
    let output: String
    /// What it wrote to standard error.
    let error: String

    /// Runs `pack` with arguments, no terminal, and an environment without settings of the user's.
    static func run(_ arguments: [String], in folder: String? = nil) throws -> Command {
        let executable = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable).deletingLastPathComponent()
            .appendingPathComponent("pack")
        process.arguments = arguments
        process.environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C"]
        if let path = ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"] {
            process.environment?["LD_LIBRARY_PATH"] = path
        }
        if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
        process.standardInput = FileHandle.nullDevice
        // Files, not pipes: neither stream can block the other.
        let scratch = try Scratch()
        let output = try scratch.file("output")
        let error = try scratch.file("error")
        process.standardOutput = output
        process.standardError = error
        try process.run()
        process.waitUntilExit()
        return Command(
            status: process.terminationStatus, output: try scratch.text("output"), error: try scratch.text("error"))
    }
}

/// A folder that goes when the object does.
final class Scratch {
    /// Its path.
    let path: String

    /// Makes the folder.
    init() throws {
        path = NSTemporaryDirectory() + "pack-tests-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// An empty file, open for writing.
    func file(_ name: String) throws -> FileHandle {
        try Data().write(to: URL(fileURLWithPath: path + "/" + name))
        return try FileHandle(forWritingTo: URL(fileURLWithPath: path + "/" + name))
    }

    /// Writes a file, making folders as needed.
    func write(_ name: String, _ bytes: [UInt8]) throws {
        let url = URL(fileURLWithPath: path + "/" + name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }

    /// A file's text.
    func text(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: path + "/" + name)), as: UTF8.self)
    }
}
