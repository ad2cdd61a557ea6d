/// A value of a YAML document, with a comment for readers.
///
/// Mappings keep the order in which they are written:
///
///     ["memory": .noted("the peak is 90 MiB", "128Mi"), "ports": [["containerPort": 8080]]]
public struct YAMLNode: Sendable, Hashable {
    /// What it is.
    public var content: Content
    /// What stands above it.
    public var comment: String?

    /// The kinds of values.
    public enum Content: Sendable, Hashable {
        case text(String)
        case number(Int)
        case bool(Bool)
        case list([YAMLNode])
        case mapping([Field])
        /// No value: its key is left out, and only the comment is written.
        case absent
    }

    /// A key and its value.
    public struct Field: Sendable, Hashable {
        /// The key.
        public var key: String
        /// The value.
        public var value: YAMLNode

        /// Pairs them.
        public init(key: String, value: YAMLNode) {
            self.key = key
            self.value = value
        }
    }

    /// Makes a value.
    public init(_ content: Content, comment: String? = nil) {
        self.content = content
        self.comment = comment
    }

    /// A text.
    public static func text(_ text: String) -> YAMLNode { YAMLNode(.text(text)) }

    /// A number.
    public static func number(_ number: Int) -> YAMLNode { YAMLNode(.number(number)) }

    /// Nothing but a comment.
    public static func absent(_ comment: String?) -> YAMLNode { YAMLNode(.absent, comment: comment) }

    /// A value with a comment above it.
    public static func noted(_ comment: String?, _ node: YAMLNode) -> YAMLNode {
        YAMLNode(node.content, comment: comment)
    }
}

extension YAMLNode: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// A text.
    public init(stringLiteral value: String) { self.init(.text(value)) }
    /// A number.
    public init(integerLiteral value: Int) { self.init(.number(value)) }
    /// True or false.
    public init(booleanLiteral value: Bool) { self.init(.bool(value)) }
    /// A list.
    public init(arrayLiteral elements: YAMLNode...) { self.init(.list(elements)) }
    /// A mapping with its keys in this order.
    public init(dictionaryLiteral elements: (String, YAMLNode)...) {
        self.init(.mapping(elements.map { Field(key: $0, value: $1) }))
    }
}
