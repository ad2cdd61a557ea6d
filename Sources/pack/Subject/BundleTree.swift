import PackBundle
import PackDependencies

/// The files of a bundle in a form that is no deployment by itself: a compressed tar, or an executable that holds its plan.
enum BundleTree {
    /// nil for anything else, a damaged one included.
    static func open(_ path: String) -> FileTree? {
        guard let files = try? BundleReader.files(in: path), files.contains(where: { $0.name == "bootstrap" }) else {
            return nil
        }
        let listed = files.map { file in
            TreeFile(path: file.name, bytes: file.bytes, mode: file.name == "bootstrap" ? 0o755 : 0o644)
        }
        return .lent(path, files: listed) { name, limit in
            try BundleReader.bytes(of: name, in: path, limit: limit, prefix: true)
        }
    }
}
