/// What a page in a browser shows. Texts are plain: the renderer escapes them.
public struct Page: Sendable {
    /// What it is about, such as the name of the project.
    public var title: String
    /// A line below the title.
    public var subtitle: String
    /// What stands at the end, such as the tool's version.
    public var footer: String
    /// How it came out as a whole; `nil` where nothing was judged as a whole.
    public var outcome: Assessment.Outcome?
    /// What each platform says.
    public var cards: [Card]
    /// Parts with a title each, in order.
    public var sections: [Section]
    /// Where the bytes are.
    public var treemap: TreemapNode?

    /// Makes a page.
    public init(
        title: String, subtitle: String, footer: String, outcome: Assessment.Outcome? = nil, cards: [Card] = [],
        sections: [Section] = [], treemap: TreemapNode? = nil
    ) {
        self.title = title
        self.subtitle = subtitle
        self.footer = footer
        self.outcome = outcome
        self.cards = cards
        self.sections = sections
        self.treemap = treemap
    }

    /// A part with a title.
    public struct Section: Sendable {
        /// Its title, which the links at the top name too.
        public var title: String
        /// What it consists of.
        public var blocks: [Document.Block]

        /// Makes a section.
        public init(_ title: String, _ blocks: [Document.Block]) {
            self.title = title
            self.blocks = blocks
        }
    }

    /// What one platform says.
    public struct Card: Sendable {
        /// The platform.
        public var name: String
        /// Its answer.
        public var outcome: Assessment.Result.Outcome
        /// The answer in words, as `FITS`.
        public var words: String
        /// What the answer hangs on, in a sentence.
        public var reason: String
        /// The limits, as bars.
        public var limits: [Limit]

        /// Makes a card.
        public init(
            name: String, outcome: Assessment.Result.Outcome, words: String, reason: String, limits: [Limit] = []
        ) {
            self.name = name
            self.outcome = outcome
            self.words = words
            self.reason = reason
            self.limits = limits
        }
    }

    /// How much of a limit is used.
    public struct Limit: Sendable {
        /// Its name, as `package.unpacked`.
        public var name: String
        /// The share that is used: 1 is all of it, more is over it; `nil` where it is not known or no number.
        public var use: Double?
        /// What is used, with its unit.
        public var used: String
        /// What is allowed, with its unit.
        public var allowed: String
        /// Whether it keeps to the limit.
        public var outcome: Assessment.Result.Outcome

        /// Makes a limit.
        public init(
            name: String, use: Double?, used: String, allowed: String, outcome: Assessment.Result.Outcome
        ) {
            self.name = name
            self.use = use
            self.used = used
            self.allowed = allowed
            self.outcome = outcome
        }
    }
}
