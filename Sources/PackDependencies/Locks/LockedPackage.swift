/// A package of a lock file, before anything is chosen for a target.
struct LockedPackage {
    var name: String
    var version: String?
    var line: Int?
    /// Conditions of which one must hold; none means always.
    var conditions: [Marker] = []
    var dependencies: [LockedEdge] = []
    /// What extras of it add.
    var optional: [String: [LockedEdge]] = [:]
    var wheels: [LockedFile] = []
    var hasSource = false
    /// A URL, path or repository that it comes from.
    var origin: String?

    /// Whether its conditions hold.
    func verdict(in environment: MarkerEnvironment) -> MarkerVerdict {
        guard !conditions.isEmpty else { return .yes }
        let verdicts = conditions.map { $0.evaluate(environment) }
        return verdicts.contains(.yes) ? .yes : verdicts.contains(.unknown) ? .unknown : .no
    }
}

/// A package that another one needs.
struct LockedEdge {
    var name: String
    var version: String?
    var extras: [String] = []
    var marker: Marker?
    /// Specifiers of which the version must fulfil one, where several packages have the name.
    var alternatives: [SpecifierSet] = []
    /// The requirement without its marker, where there is one.
    var text: String?
    /// The extra of the needing package by which it is needed; markers see it.
    var extra: String?
}

/// A file that a lock lists for a package.
struct LockedFile {
    var name: String
    var bytes: Int?
    var hashes: [String] = []

    /// The last component of a URL or path, `%` escapes resolved, without query and fragment.
    static func name(of url: String) -> String {
        let path = url.utf8.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        let last = path.split(separator: UInt8(ascii: "/")).last.map(Array.init) ?? []
        var result: [UInt8] = []
        var index = 0
        while index < last.count {
            if last[index] == UInt8(ascii: "%"), index + 2 < last.count,
                let byte = UInt8(String(decoding: last[(index + 1)...(index + 2)], as: UTF8.self), radix: 16)
            {
                result.append(byte)
                index += 3
            } else {
                result.append(last[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}

extension DeclaredPackage {
    /// A locked package as it would be installed on a target.
    init(_ locked: LockedPackage, file: String, target: TargetEnvironment) {
        self.init(name: locked.name, version: locked.version, place: Place(file: file, line: locked.line))
        origin = locked.origin
        take(locked.wheels, hasSource: locked.hasSource, target: target)
    }

    /// Chooses the wheel.
    mutating func take(_ files: [LockedFile], hasSource: Bool, target: TargetEnvironment) {
        let wheels = files.compactMap { file in WheelName(file.name).map { (file: file, name: $0) } }
        let choice = target.choose(among: wheels.map(\.name))
        if let index = choice.index {
            wheel = wheels[index].file.name
            zippedBytes = wheels[index].file.bytes
            hashes = wheels[index].file.hashes
        } else {
            var reasons: [String] = []
            for refused in choice.refused where !reasons.contains(refused.refusal.text) && reasons.count < 16 {
                reasons.append(refused.refusal.text)
            }
            refusals = reasons
            isSourceOnly = hasSource
        }
    }
}
