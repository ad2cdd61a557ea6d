/// The part of a deployment that a platform refuses.
public struct Culprit: Hashable, Sendable {
    /// The package that it belongs to, with its version: `tokenizers 0.20.1`; `nil` for a file of no package.
    public var package: String?
    /// The file's path in the deployment.
    public var file: String
    /// What it needs: `glibc 2.38`, `arm64`, `libgomp.so.1`.
    public var needs: String
    /// What would work instead, where that is known: "tokenizers 0.19.1".
    public var instead: String?
    /// How many other files are refused for the same reason.
    public var others: Int

    /// Describes a culprit.
    public init(package: String? = nil, file: String, needs: String, instead: String? = nil, others: Int = 0) {
        self.package = package
        self.file = file
        self.needs = needs
        self.instead = instead
        self.others = others
    }

    /// In words: `numpy 2.3.0 (numpy/core.so, and 3 more files) needs glibc 2.38; numpy 2.2.0 works`.
    public var text: String {
        let more = others > 0 ? ", and \(others) more file\(others == 1 ? "" : "s")" : ""
        let who = package.map { "\($0) (\(file)\(more))" } ?? file + more
        return "\(who) needs \(needs)" + (instead.map { "; \($0) works" } ?? "")
    }
}
