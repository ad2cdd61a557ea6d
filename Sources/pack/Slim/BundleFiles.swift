import PackBundle
import PackPlanner

/// The files of a bundle.
struct BundleFiles {
    /// What changes with the runtime: the program, and the manifest that has its digest.
    let runtime: [BundleEntry]
    /// What changes with the model.
    let model: [BundleEntry]
    /// Bytes of all.
    let bytes: Int

    init(program: [UInt8], manifest: [UInt8], image: PlanImage) {
        runtime = [
            BundleEntry("bootstrap", isExecutable: true, bytes: program), BundleEntry("manifest.json", bytes: manifest),
        ]
        model = [BundleEntry("model.pack", lent: { body in body(image.bytes) })]
        bytes = program.count + manifest.count + image.bytes.count
    }
}
