/// A version of a Python package, as the version specifiers specification (PEP 440) orders them.
///
/// Two versions are equal when neither comes before the other: `1.0` and `1`.
public struct PythonVersion: Sendable {
    /// The epoch, nearly always 0.
    public let epoch: Int
    /// The numbers of the release, at least one.
    public let release: [Int]
    /// The pre-release, such as `rc1`.
    public let pre: Prerelease?
    /// The number of the post-release.
    public let post: Int?
    /// The number of the development release.
    public let dev: Int?
    /// The parts of the local version, behind `+`.
    public let local: [LocalPart]

    /// A pre-release segment.
    public struct Prerelease: Hashable, Sendable {
        /// Its phase.
        public let phase: Phase
        /// Its number.
        public let number: Int

        /// The phases in their order.
        public enum Phase: Int, Sendable {
            case alpha, beta, candidate
        }
    }

    /// A part of a local version.
    public enum LocalPart: Hashable, Sendable {
        /// Digits, without leading zeros: a commit's digits may be beyond `Int`.
        case number(String)
        /// Anything else, in lower case.
        case text(String)
    }

    init(
        epoch: Int = 0, release: [Int], pre: Prerelease? = nil, post: Int? = nil, dev: Int? = nil,
        local: [LocalPart] = []
    ) {
        self.epoch = epoch
        self.release = release
        self.pre = pre
        self.post = post
        self.dev = dev
        self.local = local
    }

    /// Whether it is a pre-release or a development release.
    public var isPrerelease: Bool { pre != nil || dev != nil }

    /// The release without zeros at its end.
    var trimmedRelease: ArraySlice<Int> {
        let last = release.lastIndex { $0 != 0 }
        return release[..<(last.map { $0 + 1 } ?? 0)]
    }

    /// The version without its local part.
    var withoutLocal: PythonVersion {
        PythonVersion(epoch: epoch, release: release, pre: pre, post: post, dev: dev)
    }

    /// The number at a place of the release, 0 behind its end.
    func component(_ index: Int) -> Int { index < release.count ? release[index] : 0 }
}

extension PythonVersion: CustomStringConvertible {
    /// The normalized text.
    public var description: String {
        var text = epoch == 0 ? "" : "\(epoch)!"
        text += release.map(String.init).joined(separator: ".")
        if let pre { text += pre.phase.letters + String(pre.number) }
        if let post { text += ".post\(post)" }
        if let dev { text += ".dev\(dev)" }
        if !local.isEmpty { text += "+" + local.map(\.text).joined(separator: ".") }
        return text
    }
}

extension PythonVersion.Prerelease.Phase {
    var letters: String {
        switch self {
        case .alpha: "a"
        case .beta: "b"
        case .candidate: "rc"
        }
    }
}

extension PythonVersion.LocalPart {
    var text: String {
        switch self {
        case .number(let digits): digits
        case .text(let text): text
        }
    }
}
