/// Unicode as Hugging Face `tokenizers` knows it, unpacked from `TokenizerUnicodeData` for the making of tables.
struct TokenizerScalars: Sendable {
    let removed = ranges(TokenizerUnicodeData.removed)
    let blank = ranges(TokenizerUnicodeData.blank)
    let space = ranges(TokenizerUnicodeData.space)
    let ideograph = ranges(TokenizerUnicodeData.ideograph)
    let punctuation = ranges(TokenizerUnicodeData.punctuation)
    let mark = ranges(TokenizerUnicodeData.mark)
    let word = ranges(TokenizerUnicodeData.word)
    let combiningClass = classes(TokenizerUnicodeData.combining)
    let decomposition = mapping(TokenizerUnicodeData.decomposition)
    let lowercase = mapping(TokenizerUnicodeData.lowercase)

    static let shared = TokenizerScalars()

    private static func entries(_ text: StaticString) -> [Substring] { "\(text)".split(separator: " ") }

    private static func scalar(_ text: Substring) -> UInt32 { UInt32(text, radix: 16) ?? 0 }

    private static func range(_ text: Substring) -> ClosedRange<UInt32> {
        let ends = text.split(separator: "-").map(scalar)
        return ends[0]...ends[ends.count - 1]
    }

    private static func ranges(_ text: StaticString) -> [ClosedRange<UInt32>] { entries(text).map(range) }

    private static func classes(_ text: StaticString) -> [UInt32: UInt32] {
        var classes: [UInt32: UInt32] = [:]
        for entry in entries(text) {
            let parts = entry.split(separator: "=")
            for scalar in range(parts[0]) { classes[scalar] = UInt32(parts[1]) }
        }
        return classes
    }

    private static func mapping(_ text: StaticString) -> [UInt32: [UInt32]] {
        var mapping: [UInt32: [UInt32]] = [:]
        for entry in entries(text) {
            let sides = entry.split(separator: ">")
            let source = sides[0].split(separator: "/")
            let targets = sides[1].split(separator: "+").map(scalar)
            let range = range(source[0])
            let step = source.count > 1 ? Int(source[1]) ?? 1 : 1
            for scalar in stride(from: range.lowerBound, through: range.upperBound, by: step) {
                mapping[scalar] = targets.count > 1 ? targets : [targets[0] + scalar - range.lowerBound]
            }
        }
        return mapping
    }
}

extension [ClosedRange<UInt32>] {
    /// Whether a sorted list of ranges holds a scalar.
    func holds(_ scalar: UInt32) -> Bool {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle].upperBound < scalar { low = middle + 1 } else { high = middle }
        }
        return low < count && self[low].lowerBound <= scalar
    }
}
