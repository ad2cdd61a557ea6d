import PackBundle
import PackIO
import PackPlanner
import PackProfiles

/// A bundle that lies beside its place until it is judged: whether it fits is known only when it is compressed.
struct SlimDraft {
    /// Bytes of the bundle in the form that was asked for; of a folder those of its files.
    let bytes: Int
    /// Bytes of its files where it runs, for the architecture with the most.
    let unpackedBytes: Int
    /// Bytes of the bundle in the form that the target takes.
    let deployedBytes: Int

    private let form: BundleForm
    private let folder: TemporaryFolder
    private let make: (_ form: BundleForm, _ path: String) throws -> Void

    private var path: String { folder.path + "/bundle" }

    /// Writes the draft.
    init(
        _ files: [BundleFiles], _ plan: PlanImage, _ form: BundleForm, _ settings: ImageWriter.Settings,
        for profile: Profile
    ) throws {
        let folder = try TemporaryFolder(prefix: "pack-slim")
        (self.form, self.folder) = (form, folder)
        let entry = BundleEntry("model.pack", lent: { body in body(plan.bytes) })
        let make = { (form: BundleForm, path: String) throws in
            try BundleWriter.write(files, plan: entry, as: form, settings, to: path, scratch: folder.path)
        }
        self.make = make
        let sum = (files.map(\.byteCount).max() ?? 0) + plan.bytes.count
        let path = folder.path + "/bundle"
        if form != .folder { try make(form, path) }
        bytes = form == .folder ? sum : try MappedFile(path: path).size
        unpackedBytes = form == .file ? bytes : sum
        guard form != BundleForm(for: profile), profile.packaging == .zip else {
            // An image's limit is that of its files.
            deployedBytes = bytes
            return
        }
        // For its size alone.
        try make(.zip, path + ".zip")
        deployedBytes = try MappedFile(path: path + ".zip").size
    }

    /// Puts the bundle in its place.
    func write(to place: String) throws {
        if form == .folder { return try make(.folder, place) }
        let file = try AtomicFile(path: place, mode: form == .file ? 0o755 : 0o644)
        let bytes = try MappedFile(path: path)
        try bytes.withBytes { (buffer) throws(IOFailure) in try file.write(buffer) }
        try file.commit()
    }
}
