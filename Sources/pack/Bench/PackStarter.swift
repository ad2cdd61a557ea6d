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
        let start = try ProcessStart.run(
            [folder.path + "/bootstrap", "--json", path] + (readsPeak ? ["--explain"] : []),
            variables: ["PACK_THREADS=\(threads)"], readsPeak: readsPeak)
        guard start.status == 0, !start.output.isEmpty else {
            throw Refusal(facts: ErrorFacts("the bundle did not answer", found: "exit status \(start.status)"))
        }
        return start
    }
}
