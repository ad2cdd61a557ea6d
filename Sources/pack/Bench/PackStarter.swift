import PackIO
import PackLab
import PackPlanner

/// A bundle, unpacked, whose program is started anew for each request.
final class PackStarter {
    private let folder: TemporaryFolder

    init(_ program: [UInt8], _ plan: PlanImage) throws {
        folder = try TemporaryFolder(prefix: "pack-bench")
        try AtomicFile.write(program, to: folder.path + "/bootstrap", mode: 0o755)
        let file = try AtomicFile(path: folder.path + "/model.pack")
        try file.write(plan.bytes)
        try file.commit()
    }

    /// - Parameters:
    ///   - request: The request as JSON.
    ///   - readsPeak: Whether its memory is read; the program then answers some more times, and its times mean nothing.
    func start(_ request: String, threads: Int, readsPeak: Bool) throws -> ProcessStart {
        let path = folder.path + "/request.json"
        try AtomicFile.write(Array(request.utf8), to: path)
        let command = [folder.path + "/bootstrap", "--json", path]
        guard readsPeak else { return try start(command, threads, readsPeak: false) }
        // The answers of a small model may all be given before this process gets to look.
        for _ in 1..<Self.looks {
            let start = try start(command + ["--explain"], threads, readsPeak: true)
            if start.peakMemory != nil { return start }
        }
        return try start(command + ["--explain"], threads, readsPeak: true)
    }

    /// How often a program is started, at most, for its memory to be read.
    private static let looks = 20

    private func start(_ command: [String], _ threads: Int, readsPeak: Bool) throws -> ProcessStart {
        let start = try ProcessStart.run(
            command, variables: ["PACK_THREADS=\(threads)"], readsPeak: readsPeak)
        guard start.status == 0, !start.output.isEmpty else {
            throw Refusal(facts: ErrorFacts("the bundle did not answer", found: "exit status \(start.status)"))
        }
        return start
    }
}
