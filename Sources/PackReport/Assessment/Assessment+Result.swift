extension Assessment {
    /// What one rule says about one thing.
    public struct Result: Sendable {
        /// The code of the rule.
        public var rule: String
        /// How bad it is; `none` for what passes.
        public var level: Level
        /// The rule's answer.
        public var outcome: Outcome
        /// The answer in a sentence.
        public var message: String
        /// Name of the platform that it is about.
        public var target: String?
        /// The file that it is about: relative, with `/`.
        public var path: String?
        /// The line in the file, from 1.
        public var line: Int?
        /// What was measured, with its unit.
        public var measured: String?
        /// What is allowed, with its unit.
        public var limit: String?
        /// What stays the same from run to run, whatever the numbers are.
        public var fingerprint: String

        /// A rule's answer.
        public enum Outcome: String, Sendable {
            case pass
            case fail
            case unknown
        }

        /// Makes a result.
        ///
        /// - Parameter fingerprint: `nil` stands for one of the rule, the platform and the path.
        public init(
            rule: String, level: Level, outcome: Outcome, message: String, target: String? = nil,
            path: String? = nil, line: Int? = nil, measured: String? = nil, limit: String? = nil,
            fingerprint: String? = nil
        ) {
            self.rule = rule
            self.level = level
            self.outcome = outcome
            self.message = message
            self.target = target
            self.path = path
            self.line = line
            self.measured = measured
            self.limit = limit
            self.fingerprint = fingerprint ?? Fingerprint.of([rule, target ?? "", path ?? ""])
        }

        /// Whether it is for people to act on.
        public var isProblem: Bool { outcome != .pass && level != .none }
    }
}

/// Short names for things that are told apart from run to run, not secrets.
public enum Fingerprint {
    /// 16 hexadecimal digits that depend on the parts, their order and where each ends: FNV-1a of 64 bits
    /// (draft-eastlake-fnv) with a zero byte after each part.
    public static func of(_ parts: [String]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for part in parts {
            for byte in part.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            hash = hash &* 0x100_0000_01b3
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}
