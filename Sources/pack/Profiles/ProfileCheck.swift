import PackIO
import PackProfiles
import PackReport

/// What `pack profiles --check` says to one file.
struct ProfileCheck {
    /// The file as it was given.
    let file: String
    /// What was read, if nothing is wrong.
    let profile: Profile?
    /// All that is wrong, in the order of lines.
    let faults: [ProfileError]

    /// Reads a file.
    init(file: String) {
        self.file = file
        (profile, faults) = ProfileLibrary.check(file)
    }

    /// One line a file.
    static func document(_ checks: [ProfileCheck]) -> Document {
        var table = Table([.init("FILE"), .init("CHECK"), .init("WHAT WAS READ", overflow: .wrap)])
        table.rows = checks.map { check in
            guard let profile = check.profile else {
                let count = check.faults.count
                return [Text(check.file), Text("REFUSED", .bad), Text("\(count) fault\(count == 1 ? "" : "s")")]
            }
            return [Text(check.file), Text("FINE", .good), Text(check.summary(of: profile))]
        }
        return Document([.table(table)])
    }

    private func summary(of profile: Profile) -> String {
        var parts = [
            "\(profile.name): \(profile.title), as of \(profile.asOf)", profile.packaging.rawValue,
            "\(profile.limits.count) limits", "\(profile.prices.count) prices",
        ]
        if !profile.unknownLimits.isEmpty { parts.append("\(profile.unknownLimits.count) not known") }
        let recalled = (profile.limits.values.map(\.provenance) + profile.prices.values.map(\.provenance))
            .count { !$0.verified }
        if recalled > 0 { parts.append("\(recalled) number\(recalled == 1 ? "" : "s") recalled only") }
        return parts.joined(separator: "; ")
    }

    /// `{"schema": "pack.profile-check/1", "files": [{"file", "name", "faults": [{"line", "field", "found", "expected", "hint"}]}]}`
    static func json(_ checks: [ProfileCheck]) -> JSON {
        [
            "schema": "pack.profile-check/1",
            "files": .array(
                checks.map { check in
                    [
                        "file": .string(check.file), "name": .optional(check.profile?.name),
                        "faults": .array(check.faults.map(json)),
                    ]
                }),
        ]
    }

    private static func json(_ fault: ProfileError) -> JSON {
        [
            "line": .optional(fault.line), "field": .string(fault.field), "found": .string(fault.found),
            "expected": .string(fault.expected), "hint": .optional(fault.hint),
        ]
    }
}
