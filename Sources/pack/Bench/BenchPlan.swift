import PackBundle
import PackIO
import PackLab
import PackPlanner

/// A plan to measure, under its name in reports.
final class BenchPlan {
    let name: String
    /// How its weights were to be stored; nil where it is only known from the plan.
    let kind: WeightKind?
    let image: PlanImage
    private let program: Program
    /// The runtime that a bundle of the plan has; nil where there is none.
    private(set) lazy var runtime: [UInt8]? = try? linked()
    private var starter: PackStarter?

    /// Where the runtime of a plan comes from.
    enum Program {
        /// It is linked from these.
        case parts(operators: [String], kernelFamilies: [String])
        /// It is in the bundle at this path.
        case bundle(String)
    }

    init(name: String, kind: WeightKind?, image: PlanImage, program: Program) {
        (self.name, self.kind, self.image, self.program) = (name, kind, image, program)
    }

    /// Starts its bundle as a process of its own.
    func start(_ request: String, threads: Int, readsPeak: Bool) throws -> ProcessStart {
        let starter = try starter ?? PackStarter(try linked(), image)
        self.starter = starter
        return try starter.start(request, threads: threads, readsPeak: readsPeak)
    }

    private func linked() throws -> [UInt8] {
        switch program {
        case .parts(let operators, let kernelFamilies):
            return try RuntimeLibrary.locate(arch: BundleProof.hostArchitecture, executable: executablePath())
                .program(operators: operators, kernelFamilies: kernelFamilies).bytes
        case .bundle(let path):
            return try bootstrap(of: path)
        }
    }

    private func bootstrap(of path: String) throws -> [UInt8] {
        let isBundle = try FileContents.kind(of: path) == .folder || BundleReader.isBundle(path)
        guard isBundle,
            let bytes = try BundleReader.bytes(
                of: "bootstrap", in: path, limit: 1 << 36, arch: BundleProof.hostArchitecture)
        else {
            throw Refusal(
                facts: ErrorFacts("has no runtime to start", file: path, expected: "a bundle with a bootstrap"))
        }
        return bytes
    }
}
