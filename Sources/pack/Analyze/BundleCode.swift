import PackBundle
import PackFit
import PackIO
import PackPlanner

/// The runtime of a bundle, and what it takes in a zip.
struct BundleCode: Sendable {
    /// The runtime; nil where there is none to link.
    let program: RuntimeLibrary.Program?
    /// Bytes of the runtime in a zip.
    let zipped: Int?
    /// What the runtime for containers has more; nil where there is none to link, or that is not asked for.
    let container: Prediction.Extra?

    /// Bytes of a plan beside which those of the runtime hardly count.
    private static let largeBytes = 2 << 20
    /// What level 9, which bundles are made with, leaves of code that level 1 has compressed.
    private static let gain = 0.93

    /// The runtime that a model with these operators of ONNX needs for the most part, compressed as a whole.
    ///
    /// - Throws: What slim would throw.
    init(likelyFor operators: [String: Int], _ library: RuntimeLibrary) throws {
        let hasConvolutions = operators["Conv"] != nil
        let program = try library.program(
            operators: ["Binary", "Unary"] + (hasConvolutions ? ["Conv", "Pool", "Concat"] : ["Linear"]),
            kernelFamilies: ["gemm_f32", "gemm_rows_f32", "binary", "unary"]
                + (hasConvolutions ? ["conv_rows", "tap_rows"] : []))
        self.program = program
        zipped = Self.zipped(program.bytes, pieces: .max)
        container = nil
    }

    /// - Parameter alike: The runtime of another way to store the weights: most of its code is the same.
    /// - Throws: What slim would throw.
    init(_ draft: PlanDraft, _ library: RuntimeLibrary?, like alike: BundleCode? = nil) throws {
        let link: @Sendable (RuntimeLibrary.FrontEnd) throws -> RuntimeLibrary.Program? = {
            try library?.program(operators: draft.operators, kernelFamilies: draft.kernelFamilies, frontEnd: $0)
        }
        let known = alike?.container
        let (linked, server) = try concurrently({ try link(.predict) }, { known == nil ? try link(.inference) : nil })
        program = linked
        guard let linked else {
            (zipped, container) = (nil, known)
            return
        }
        // Beside large weights a sample of the runtime does.
        let pieces = draft.byteCount <= Self.largeBytes ? Int.max : 3
        (zipped, container) = try concurrently(
            { Self.zipped(linked, like: alike, pieces: pieces) },
            { server.map { Self.container($0, beside: linked) } ?? known })
    }

    private static func zipped(_ program: RuntimeLibrary.Program, like alike: BundleCode?, pieces: Int) -> Int {
        guard let other = alike?.program, let known = alike?.zipped else {
            return zipped(program.bytes, pieces: pieces)
        }
        return known + deflated(program.bytes(notIn: other)) - deflated(other.bytes(notIn: program))
    }

    /// Operators and kernels hardly change it: a few bytes where code is aligned.
    private static func container(
        _ server: RuntimeLibrary.Program, beside program: RuntimeLibrary.Program
    ) -> Prediction.Extra {
        Prediction.Extra(
            bytes: server.bytes.count - program.bytes.count,
            zippedBytes: deflated(server.bytes(notIn: program)) - deflated(program.bytes(notIn: server)))
    }

    /// Kernels repeat more than other code does: level 1 would not see it.
    private static func deflated(_ bytes: [UInt8]) -> Int {
        bytes.withUnsafeBytes { ZippedSize.deflated($0, level: 5) }
    }

    private static func zipped(_ bytes: [UInt8], pieces: Int) -> Int {
        Int(Double(bytes.withUnsafeBytes { ZippedSize.sampled($0, level: 1, pieces: pieces) }) * gain)
    }
}
