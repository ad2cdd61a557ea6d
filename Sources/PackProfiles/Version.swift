/// A dotted version number of a C library, such as `2.34`.
public struct Version: Comparable, Hashable, Sendable {
    /// The numbers between the dots.
    public var parts: [Int]

    /// Reads digits and dots; `nil` for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part in
            part.utf8.allSatisfy { (48...57).contains($0) } && part.utf8.count < 10 ? Int(part) : nil
        }
        guard !numbers.isEmpty, numbers.count == parts.count else { return nil }
        self.parts = numbers
    }

    /// By number, part after part; a missing part counts as zero.
    public static func < (a: Version, b: Version) -> Bool {
        for index in 0..<max(a.parts.count, b.parts.count) {
            let left = index < a.parts.count ? a.parts[index] : 0
            let right = index < b.parts.count ? b.parts[index] : 0
            if left != right { return left < right }
        }
        return false
    }
}
