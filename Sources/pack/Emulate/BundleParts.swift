import PackBundle
import PackIO

/// What is read of a bundle to know what to send to it: of its zip, or of a folder that it has been unpacked to.
struct BundleParts {
    /// A zip or tar, or the plan in a folder; nil where a container's image has none.
    private let plan: String?
    private let archive: String?
    private let folder: String?

    /// Looks into a zip.
    init(archive: String) {
        (plan, self.archive, folder) = (archive, archive, nil)
    }

    /// Looks into the root of a container.
    init(root: String) {
        let file = root + "/model.pack"
        plan = (try? FileContents.kind(of: file)) == .regular ? file : nil
        (archive, folder) = (nil, root)
    }

    /// Whether the program of a zip is for arm64; a bundle that cannot be read is told of where it is run.
    var isARM: Bool {
        guard let archive, let first = try? BundleReader.bytes(of: "bootstrap", in: archive, limit: 1 << 28) else {
            return false
        }
        return BundleArchitecture.isARM(first)
    }

    /// Made-up tensors; nil for what takes texts, or is no bundle of pack's.
    func tensorEvents() throws -> [[UInt8]]? { try plan.flatMap { try TensorEvents.make($0) } }

    /// Events that take it to its peak of memory.
    func peakEvents() throws -> [[UInt8]] { try plan.map { try PeakEvents.make($0) } ?? [] }

    /// The peak of memory that the manifest predicts; nil without one.
    var predictedPeak: Int? {
        get throws {
            if let archive {
                return try PeakEvents.prediction(BundleReader.bytes(of: "manifest.json", in: archive, limit: 1 << 24))
            }
            guard let folder, let bytes = try? FileContents.bytes(of: folder + "/manifest.json", limit: 1 << 24) else {
                return nil
            }
            return PeakEvents.prediction(bytes)
        }
    }
}
