/// The texts of string constants: the elements of such a constant are codes, indices of this table.
///
/// The empty text has code 0. Equal texts have equal codes; texts are equal if their bytes are.
public struct TextTable: Sendable {
    /// Texts by code, UTF-8.
    public private(set) var entries: [[UInt8]] = [[]]
    private var codes: [[UInt8]: Int] = [[]: 0]

    /// A table with the empty text.
    public init() {}

    /// The code of a text, which is added if it is new.
    public mutating func code(_ text: [UInt8]) -> Int {
        if let known = codes[text] { return known }
        codes[text] = entries.count
        entries.append(text)
        return entries.count - 1
    }
}

extension Constant {
    /// A constant of texts, given by their codes. Throws as the initializer with storage does.
    public init(codes: [Int], shape: [Int]) throws(GraphError) {
        try self.init(.string, shape, bytes: codes.withUnsafeBytes { Array($0) })
    }
}
