/// A part of what is deployed, with the parts that it consists of.
public struct TreemapNode: Sendable {
    /// Its name beside its siblings.
    public var name: String
    /// What it takes in all; a node that takes more than its children has files or tensors that are not listed.
    public var bytes: Int
    /// What sort of thing it is: the colour.
    public var kind: Kind
    /// A remark for those who look closely.
    public var note: String?
    /// The parts.
    public var children: [TreemapNode]

    /// Sorts of things.
    public enum Kind: String, CaseIterable, Sendable {
        case folder
        case package
        case code
        case library
        case weights
        case tensor
        case data
        case unused
        case other
    }

    /// Makes a node.
    ///
    /// - Parameter bytes: `nil` stands for what the children take together.
    public init(
        _ name: String, bytes: Int? = nil, kind: Kind, note: String? = nil, children: [TreemapNode] = []
    ) {
        self.name = name
        self.kind = kind
        self.note = note
        self.children = children
        self.bytes = max(bytes ?? 0, children.reduce(0) { Self.sum($0, $1.bytes) })
    }

    /// A sum that stays at the greatest number instead of running over.
    private static func sum(_ a: Int, _ b: Int) -> Int {
        let (sum, overflow) = a.addingReportingOverflow(b)
        return overflow ? .max : sum
    }
}
