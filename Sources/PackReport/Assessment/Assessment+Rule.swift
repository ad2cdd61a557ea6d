extension Assessment {
    /// Something that is checked.
    public struct Rule: Sendable {
        /// A stable code like `PK101`.
        public var code: String
        /// A dotted name like `package.unpacked`.
        public var id: String
        /// What it checks, in a few words.
        public var title: String
        /// What it means and what helps, as plain text.
        public var help: String
        /// The same in Markdown, written by us: it is not escaped.
        public var helpMarkdown: String
        /// How bad it is to break it, unless a result says otherwise.
        public var level: Level

        /// Makes a rule.
        public init(
            code: String, id: String, title: String, help: String, helpMarkdown: String, level: Level = .error
        ) {
            self.code = code
            self.id = id
            self.title = title
            self.help = help
            self.helpMarkdown = helpMarkdown
            self.level = level
        }
    }

    /// How bad a result is.
    public enum Level: String, Sendable {
        case error
        case warning
        case note
        case none
    }
}
