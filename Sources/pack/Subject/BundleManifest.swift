import PackDependencies
import PackFit
import PackFormats

/// What the manifest of a bundle that `pack slim` made says about it.
struct BundleManifest {
    /// The profile that it was made for.
    let target: String
    /// The processor that its runtime is for.
    let architecture: String
    /// Bytes of memory at the peak.
    let peakMemory: Int
    /// The smallest cosine with the original's answers; `nil` where nothing was compared.
    let accuracy: Double?
    private let bytes: Int

    /// Reads the manifest at the root of a deployment; `nil` where there is none, or it is another program's.
    init?(in tree: FileTree) {
        guard let index = tree.files.firstIndex(where: { $0.path == "manifest.json" && $0.bytes < 16 << 20 }),
            tree.files.contains(where: { $0.path == "bootstrap" })
        else { return nil }
        var text: [UInt8] = []
        _ = tree.visit([index], limit: 16 << 20) { text = Array($1) }
        guard let root = try? JSONDocument(text).root, root["schema"]?.string == "pack.manifest/1",
            let target = root["target"]?.string, let architecture = root["runtime"]?["arch"]?.string,
            let peak = root["predictedPeakMemory"]?.int, peak >= 0
        else { return nil }
        self.target = target
        self.architecture = architecture
        peakMemory = peak
        accuracy = root["accuracy"]?["smallest"]?.double
        bytes = tree.bytes
    }

    /// Tells platforms what the bundle needs: nothing of the C library, no files to write.
    func apply(to facts: inout FitFacts) {
        facts.missing = nil
        facts.written = Known(0, .computed)
        facts.peakMemory = Known(bytes: peakMemory, .computed, note: "as its manifest predicts")
        facts.architectures = [.init(name: architecture)]
        facts.libc = .nothing
        facts.missingLibraries = []
        facts.entryPoint = .program(name: "bootstrap", isExecutable: true)
        facts.startup = Analysis.startup(ofBundle: bytes)
    }
}
