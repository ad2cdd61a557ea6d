/// Why a wheel can't be installed on a target. The parts that hold are all given.
public struct WheelRefusal: Hashable, Sendable {
    /// The version of the C library that it needs at least, where the target's is older.
    public var libc: (String)?
    /// The operating system or machine that it is for, or the other C library.
    public var platform: String?
    /// The Python that it is for.
    public var python: String?
    /// The newest C library of the target, in words.
    var available: String

    /// The reason, a predicate of the wheel: "needs glibc 2.28; the platform has glibc 2.26".
    public var text: String {
        var parts: [String] = []
        let made = [python, platform].compactMap(\.self)
        if !made.isEmpty { parts.append("is for " + made.joined(separator: " on ")) }
        if let libc { parts.append("needs \(libc); the platform has \(available)") }
        return parts.isEmpty ? "has tags that fit only one by one" : parts.joined(separator: " and ")
    }
}

extension TargetEnvironment {
    /// Why a wheel can't be installed; `nil` if it can.
    public func refusal(of wheel: WheelName) -> WheelRefusal? {
        guard !accepts(wheel) else { return nil }
        var refusal = WheelRefusal(available: libcWords)
        let platforms = wheel.platforms.map { ($0, PlatformTag($0)) }
        refusal.python = pythonReason(wheel)
        let sameLibc = platforms.compactMap { needed($0.1) }.min { ($0.major, $0.minor) < ($1.major, $1.minor) }
        if platforms.contains(where: { takes($0.1) }) { return refusal }
        if let sameLibc {
            refusal.libc = "\(sameLibc.name) \(sameLibc.major).\(sameLibc.minor)"
        } else {
            refusal.platform = platformReason(platforms.map(\.1))
        }
        return refusal
    }

    private var libcWords: String {
        switch libc {
        case .glibc(let major, let minor): "glibc \(major).\(minor)"
        case .musl(let major, let minor): "musl \(major).\(minor)"
        }
    }

    private func takes(_ tag: PlatformTag) -> Bool {
        switch (tag, libc) {
        case (.any, _), (.linux(machine), _): true
        case (.glibc(let wanted, let minor, machine), .glibc(let major, let most)):
            (wanted, minor) <= (major, most)
        case (.musl(let wanted, let minor, machine), .musl(let major, let most)):
            wanted == major && minor <= most
        default: false
        }
    }

    /// The C library that a tag for this machine needs, if it is the target's kind.
    private func needed(_ tag: PlatformTag) -> (name: String, major: Int, minor: Int)? {
        switch (tag, libc) {
        case (.glibc(let major, let minor, machine), .glibc): ("glibc", major, minor)
        case (.musl(let major, let minor, machine), .musl): ("musl", major, minor)
        default: nil
        }
    }

    /// What the tags are for, once each.
    private func platformReason(_ tags: [PlatformTag]) -> String {
        var words: [String] = []
        for tag in tags {
            let word =
                switch tag {
                case .any: "any platform"
                case .linux(let other),
                    .glibc(_, _, let other) where other != machine,
                    .musl(_, _, let other) where other != machine:
                    other
                case .glibc: "glibc"
                case .musl: "musl"
                case .other(let system): system
                }
            if !words.contains(word) { words.append(word) }
        }
        return words.prefix(4).joined(separator: ", ")
    }

    /// The Python that a wheel is for, if its Python and ABI tags don't fit whatever the platform is.
    private func pythonReason(_ wheel: WheelName) -> String? {
        let own = "linux_\(machine)"
        for python in wheel.pythons {
            for abi in wheel.abis where accepts(WheelTag(python: python, abi: abi, platform: own)) { return nil }
        }
        var words: [String] = []
        for python in wheel.pythons {
            let word = Self.pythonWords(python, abis: wheel.abis)
            if !words.contains(word) { words.append(word) }
        }
        return words.prefix(4).joined(separator: ", ")
    }

    /// `cp312` as "CPython 3.12"; newer Pythons count too for `abi3`.
    private static func pythonWords(_ tag: String, abis: [String]) -> String {
        let names = ["cp": "CPython", "pp": "PyPy", "py": "Python", "gp": "GraalPy", "graalpy": "GraalPy"]
        let letters = String(tag.prefix { $0.isLetter })
        let digits = tag.dropFirst(letters.count)
        guard let name = names[letters], let major = digits.first else { return DependencyError.excerpt(tag) }
        let rest = digits.dropFirst().prefix { $0 != "_" }
        var words = name + " \(major)" + (rest.isEmpty ? "" : ".\(rest)")
        if letters == "cp" && abis.contains("abi3") { words += " or newer" }
        if abis.contains(where: { $0 == "\(tag)t" }) { words += ", free-threaded" }
        return words
    }
}
