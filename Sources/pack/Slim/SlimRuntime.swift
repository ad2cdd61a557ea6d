import PackBundle

/// The runtime of a bundle for one architecture, linked and tried.
struct SlimRuntime {
    let arch: String
    let program: RuntimeLibrary.Program
    let proof: BundleProof
    /// What of the bundle changes with the architecture.
    let files: BundleFiles
    /// Bytes of memory at the peak of a request of one text of the greatest length, predicted.
    let peakMemory: Int
}
