/// What every check and every finding is called: a code that never changes, a dotted id, a title, and what to do.
///
/// PK1xx: the package; PK2xx: memory and time; PK3xx: processor, C library, shared libraries; PK4xx: the model;
/// PK5xx: dependencies; PK6xx: budgets and growth; PK9xx: what could not be judged.
public enum RuleCatalog {
    /// A check or a kind of finding.
    public struct Entry: Hashable, Sendable {
        /// `PK101`: part of reports and of configurations, never given to anything else.
        public var code: String
        /// `package.zipped`.
        public var id: String
        /// A few words.
        public var title: String
        /// One or two sentences that say what to do.
        public var help: String

        init(_ code: String, _ id: String, _ title: String, _ help: String) {
            self.code = code
            self.id = id
            self.title = title
            self.help = help
        }
    }

    /// All entries by code.
    public static let all = package + running + platform + model + dependencies + budgets + unjudged

    /// The entry of an id or a code.
    public static func entry(_ name: String) -> Entry? { byName[name] }

    /// The entry of a check of platforms.
    public static func entry(of check: Check.ID) -> Entry {
        byName[check.rawValue] ?? Entry("PK999", check.rawValue, check.rawValue, "")
    }

    /// The code of a check of platforms.
    public static func code(of check: Check.ID) -> String { entry(of: check).code }

    /// Whether a code or an id is that of a check of platforms.
    public static func isCheck(_ name: String) -> Bool {
        entry(name).map { Check.ID(rawValue: $0.id) != nil } ?? false
    }

    private static let byName: [String: Entry] = {
        var names: [String: Entry] = [:]
        for entry in all {
            names[entry.code] = entry
            names[entry.id] = entry
        }
        return names
    }()
}
