extension TargetEnvironment {
    /// The second number of its Python 3 release; 0 for one that names none.
    var pythonMinor: Int { python.count > 1 ? python[1] : 0 }

    /// Its own ABI tag: `cp313`, with an `m` up to 3.7.
    var abiTag: String { "cp3\(pythonMinor)" + (pythonMinor < 8 ? "m" : "") }

    /// Whether a wheel with this tag can be installed on the target's CPython.
    public func accepts(_ tag: WheelTag) -> Bool { rank(of: tag) != nil }

    /// Whether a wheel can be installed: one of its tags is accepted.
    public func accepts(_ wheel: WheelName) -> Bool { rank(of: wheel) != nil }

    /// The platform tags that can be installed, the most special first, without `any`: what `pip --platform` wants.
    public var platformTags: [String] {
        var tags: [String] = []
        switch libc {
        case .glibc(let major, let minor):
            let oldest = oldestGlibcMinor
            for minor in stride(from: min(minor, 1000), through: oldest, by: -1) where major == 2 {
                tags.append("manylinux_2_\(minor)_\(machine)")
                if let legacy = [17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"][minor] {
                    tags.append("\(legacy)_\(machine)")
                }
            }
        case .musl(let major, let minor):
            for minor in stride(from: min(minor, 1000), through: 0, by: -1) {
                tags.append("musllinux_\(major)_\(minor)_\(machine)")
            }
        }
        return tags + ["linux_\(machine)"]
    }

    /// The oldest glibc 2 for which tags are made; x86 had Python wheels before the others.
    private var oldestGlibcMinor: Int { machine == "x86_64" || machine == "i686" ? 5 : 17 }

    /// The place of a wheel in the order of preference, lowest first; `nil` if it can't be installed.
    func rank(of wheel: WheelName) -> TagRank? { wheel.tags.compactMap { rank(of: $0) }.min() }

    /// The place of a tag in the order of preference of Python's `packaging`, lowest first.
    func rank(of tag: WheelTag) -> TagRank? {
        guard python.first == 3 else { return nil }
        if tag.platform == "any" {
            guard tag.abi == "none" else { return nil }
            if tag.python == "cp3\(pythonMinor)" { return TagRank(class: 5, step: 0, platform: 0) }
            return genericStep(tag.python).map { TagRank(class: 6, step: $0, platform: 0) }
        }
        guard let platform = platformRank(tag.platform) else { return nil }
        let isOwn = tag.python == "cp3\(pythonMinor)"
        switch tag.abi {
        case abiTag: return isOwn ? TagRank(class: 0, step: 0, platform: platform) : nil
        case "abi3":
            guard let minor = Self.minor(tag.python, prefix: "cp3"), (2...max(2, pythonMinor)).contains(minor),
                minor <= pythonMinor
            else { return nil }
            return TagRank(class: isOwn ? 1 : 3, step: pythonMinor - minor, platform: platform)
        case "none":
            if isOwn { return TagRank(class: 2, step: 0, platform: platform) }
            return genericStep(tag.python).map { TagRank(class: 4, step: $0, platform: platform) }
        default: return nil
        }
    }

    /// The place of `py313`, `py3`, `py312`… in this order.
    private func genericStep(_ tag: String) -> Int? {
        if tag == "py3" { return 1 }
        guard let minor = Self.minor(tag, prefix: "py3"), minor <= pythonMinor else { return nil }
        return minor == pythonMinor ? 0 : 1 + pythonMinor - minor
    }

    /// Newer C libraries first, plain `linux` last.
    private func platformRank(_ text: String) -> Int? {
        switch (PlatformTag(text), libc) {
        case (.linux(machine), _): return 1_000_000
        case (.glibc(2, let minor, machine), .glibc(let major, let most)):
            guard minor >= oldestGlibcMinor, major > 2 || (major == 2 && minor <= most) else { return nil }
            return 2 * (1000 - min(minor, 1000)) + (text.hasPrefix("manylinux_") ? 0 : 1)
        case (.musl(let wanted, let minor, machine), .musl(let major, let most)):
            return wanted == major && minor <= most ? 2 * (1000 - min(minor, 1000)) : nil
        default: return nil
        }
    }

    /// The number behind a prefix, without leading zeros.
    static func minor(_ tag: String, prefix: String) -> Int? {
        guard tag.hasPrefix(prefix) else { return nil }
        let digits = tag.dropFirst(prefix.count)
        guard (1...3).contains(digits.utf8.count), digits.utf8.allSatisfy(ASCII.isDigit), let minor = Int(digits),
            String(minor) == digits
        else { return nil }
        return minor
    }
}

/// A place in the order in which tags are preferred.
struct TagRank: Comparable {
    let `class`: Int
    let step: Int
    let platform: Int

    static func < (left: TagRank, right: TagRank) -> Bool {
        (left.class, left.step, left.platform) < (right.class, right.step, right.platform)
    }
}
