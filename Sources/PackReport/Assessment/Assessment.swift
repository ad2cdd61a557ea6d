/// What was judged and how it came out, apart from any form of output. Texts are plain: the renderers escape them.
public struct Assessment: Sendable {
    /// The version of the tool, as in `1.2.0`.
    public var toolVersion: String
    /// What was judged, in a few words.
    public var title: String
    /// How it came out as a whole.
    public var outcome: Outcome
    /// The exit status that goes with it: 0, 1 or 2.
    public var exitStatus: Int
    /// Path of the configuration, relative with `/`: where results without a file are shown.
    public var configuration: String
    /// The rules that results refer to, each code once.
    public var rules: [Rule] = []
    /// What the rules say, in the order of reports.
    public var results: [Result] = []
    /// Measured numbers beside their limits and their former values.
    public var measures: [Measure] = []
    /// What changed most since the baseline, the largest first.
    public var changes: [Change] = []
    /// What takes the most, the largest first.
    public var contributors: [Contributor] = []
    /// Where the bytes are.
    public var treemap: TreemapNode?
    /// What could not be done, a sentence each.
    public var problems: [String] = []

    /// How it came out.
    public enum Outcome: String, Sendable {
        case passes
        case fails
        case couldNotJudge = "could-not-judge"
    }

    /// Makes an assessment without results.
    ///
    /// - Parameter exitStatus: `nil` stands for what `pack gate` gives: 0 passes, 1 fails, 2 could not judge.
    public init(
        toolVersion: String, title: String, outcome: Outcome, configuration: String, exitStatus: Int? = nil
    ) {
        self.toolVersion = toolVersion
        self.title = title
        self.outcome = outcome
        self.configuration = configuration
        self.exitStatus = exitStatus ?? outcome.exitStatus
    }

    /// The rule of a code, if there is one.
    public func rule(_ code: String) -> Rule? { rules.first { $0.code == code } }
}

extension Assessment.Outcome {
    /// What `pack gate` exits with.
    public var exitStatus: Int {
        switch self {
        case .passes: 0
        case .fails: 1
        case .couldNotJudge: 2
        }
    }

    /// The outcome in words.
    public var words: String {
        switch self {
        case .passes: "passes"
        case .fails: "fails"
        case .couldNotJudge: "could not judge"
        }
    }
}
