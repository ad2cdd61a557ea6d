/// What a wheel was built for, such as `cp313-cp313-manylinux_2_28_x86_64` (PEP 425).
public struct WheelTag: Hashable, Sendable, CustomStringConvertible {
    /// Python implementation and version: `cp313`, `py3`.
    public let python: String
    /// Binary interface: `cp313`, `abi3`, `none`.
    public let abi: String
    /// Platform: `manylinux_2_28_x86_64`, `any`.
    public let platform: String

    /// Makes a tag of its parts.
    public init(python: String, abi: String, platform: String) {
        self.python = python
        self.abi = abi
        self.platform = platform
    }

    /// The parts with hyphens between them.
    public var description: String { "\(python)-\(abi)-\(platform)" }
}

/// What the name of a wheel says (PEP 427): `name-version(-build)?-python-abi-platform.whl`.
public struct WheelName: Hashable, Sendable {
    /// The whole name.
    public let fileName: String
    /// The normalized name of the package (PEP 503).
    public let package: String
    /// The version.
    public let version: PythonVersion
    /// The build tag: digits and what follows them.
    public let build: Build?
    /// Python tags, of which each goes with each of the others.
    public let pythons: [String]
    /// ABI tags.
    public let abis: [String]
    /// Platform tags.
    public let platforms: [String]

    /// Orders wheels of one version.
    public struct Build: Hashable, Sendable {
        /// The digits.
        public let number: Int
        /// What follows them.
        public let suffix: String
    }

    /// Bytes that a name may have: what file systems take.
    static let lengthLimit = 512
    /// Tags that one part of a name may hold.
    static let tagLimit = 64

    /// Reads a file's name; `nil` if it is not the name of a wheel.
    public init?(_ fileName: some StringProtocol) {
        guard fileName.hasSuffix(".whl"), fileName.utf8.count <= Self.lengthLimit else { return nil }
        let parts = String(fileName.dropLast(4)).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 5 || parts.count == 6, Self.isProjectName(parts[0]),
            let version = PythonVersion(parts[1])
        else { return nil }
        if parts.count == 6 {
            guard let build = Build(parts[2]) else { return nil }
            self.build = build
        } else {
            build = nil
        }
        let tags = parts.suffix(3).map { part in
            part.split(separator: ".", omittingEmptySubsequences: false).map { ASCII.lowercased($0) }
        }
        guard tags.allSatisfy({ $0.count <= Self.tagLimit && !$0.contains("") }) else { return nil }
        self.fileName = String(fileName)
        self.package = PackageName.normalized(parts[0])
        self.version = version
        (pythons, abis, platforms) = (tags[0], tags[1], tags[2])
    }

    /// All tags that the name stands for.
    public var tags: [WheelTag] {
        pythons.flatMap { python in
            abis.flatMap { abi in platforms.map { WheelTag(python: python, abi: abi, platform: $0) } }
        }
    }

    private static func isProjectName(_ text: Substring) -> Bool {
        !text.isEmpty && !text.contains("__")
            && text.utf8.allSatisfy { ASCII.isAlphanumeric($0) || $0 == 0x2E || $0 == 0x5F }
    }
}

extension WheelName.Build: Comparable {
    init?(_ text: Substring) {
        let digits = text.utf8.prefix(while: ASCII.isDigit)
        guard !digits.isEmpty, let number = Int(String(Substring(digits))) else { return nil }
        self.number = number
        suffix = String(text.utf8.dropFirst(digits.count)) ?? ""
    }

    /// By number, then by the bytes of what follows.
    public static func < (left: WheelName.Build, right: WheelName.Build) -> Bool {
        left.number != right.number
            ? left.number < right.number : left.suffix.utf8.lexicographicallyPrecedes(right.suffix.utf8)
    }
}
