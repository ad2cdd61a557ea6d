import PackBundle
import PackFit
import PackPlanner
import PackProfiles
import PackQuantize

/// What `pack slim` has made, for its report.
struct SlimResult {
    /// What one step did to the bytes of the thing at hand.
    struct Step {
        let name: String
        let before: Int
        let after: Int
    }

    /// A weight, how it is stored and by how much that changes it.
    struct StoredWeight {
        let name: String
        let kind: WeightKind
        let bytes: Int
        /// Root of the mean squared error over root of the mean square.
        let error: Double
    }

    let model: String
    let output: String?
    /// Paths of the deployment files that were written.
    let manifests: [String]
    let target: String
    /// What the target takes.
    let packaging: Profile.Packaging
    /// What the bundle is packed in.
    let form: BundleForm
    /// Bytes of the bundle.
    let bytes: Int
    let unpacked: Int
    let plan: Int
    let weightBytes: Int
    /// One for each architecture, the first one first.
    let runtimes: [SlimRuntime]
    /// The operators and kernels of the runtime with their bytes; empty where they were not asked for.
    let parts: [RuntimeLibrary.Part]
    let weights: [StoredWeight]
    let comparison: Comparison
    let budget: Double
    let steps: [Step]
    let passes: PassEffects
    /// Whether the bundle takes texts, and not tensors.
    let takesTexts: Bool
    let fit: Fit
    let notes: [String]

    /// The runtime that the report is about.
    var runtime: SlimRuntime { runtimes[0] }

    /// Whether a bundle must not be written: its target would refuse it, or its answers differ too much.
    var isRefused: Bool { fit.verdict == .doesNotFit || comparison.smallest < budget }
}
