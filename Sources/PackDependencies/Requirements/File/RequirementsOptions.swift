/// Words of a requirements line: what comes before its options, and the options.
struct RequirementsOptions {
    /// The text before the first option.
    var text: String
    /// Options by their long names, in order.
    var options: [(name: String, value: String?)] = []
    /// What is no option that is known.
    var unknown: String?

    /// Options by their names, with whether a value follows.
    private static let known: [String: (name: String, hasValue: Bool)] = [
        "-r": ("--requirement", true), "--requirement": ("--requirement", true),
        "-c": ("--constraint", true), "--constraint": ("--constraint", true),
        "-e": ("--editable", true), "--editable": ("--editable", true),
        "-i": ("--index-url", true), "--index-url": ("--index-url", true), "--pypi-url": ("--index-url", true),
        "--extra-index-url": ("--extra-index-url", true), "--no-index": ("--no-index", false),
        "-f": ("--find-links", true), "--find-links": ("--find-links", true),
        "--no-binary": ("--no-binary", true), "--only-binary": ("--only-binary", true),
        "--prefer-binary": ("--prefer-binary", false), "--require-hashes": ("--require-hashes", false),
        "--pre": ("--pre", false), "--trusted-host": ("--trusted-host", true),
        "--use-feature": ("--use-feature", true), "--hash": ("--hash", true),
        "--global-option": ("--global-option", true), "--build-option": ("--build-option", true),
        "-C": ("--config-settings", true), "--config-setting": ("--config-settings", true),
        "--config-settings": ("--config-settings", true), "--all-releases": ("--all-releases", true),
        "--only-final": ("--only-final", true),
    ]

    /// Splits a line. Options begin at the first word with a hyphen before it.
    init(_ line: [UInt8]) {
        var words = Self.words(line)[...]
        var before: [String] = []
        while let word = words.first, !word.hasPrefix("-") {
            before.append(word)
            words = words.dropFirst()
        }
        text = before.joined(separator: " ")
        while let word = words.popFirst() {
            let (key, attached) = Self.parts(word)
            guard let option = Self.known[key] else {
                unknown = word
                return
            }
            guard option.hasValue else {
                options.append((option.name, nil))
                continue
            }
            guard let value = attached ?? words.popFirst() else {
                unknown = word
                return
            }
            options.append((option.name, value))
        }
    }

    /// `--name=value`, `-nvalue`, or a name alone.
    private static func parts(_ word: String) -> (key: String, value: String?) {
        if word.hasPrefix("--") {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), parts.count > 1 ? String(parts[1]) : nil)
        }
        let value = word.dropFirst(2)
        return (String(word.prefix(2)), value.isEmpty ? nil : String(value))
    }

    /// Words between blanks; before the options quotes belong to markers, and stay.
    private static func words(_ line: [UInt8]) -> [String] {
        var result: [String] = []
        var word: [UInt8] = []
        var quote: UInt8 = 0
        var inOptions = false
        for byte in line {
            if quote == 0 && ASCII.isSpace(byte) {
                if !word.isEmpty { result.append(String(decoding: word, as: UTF8.self)) }
                word.removeAll(keepingCapacity: true)
                continue
            }
            if word.isEmpty && quote == 0 && byte == UInt8(ascii: "-") { inOptions = true }
            let isQuote = byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
            if isQuote && (quote == 0 || quote == byte) {
                quote = quote == 0 ? byte : 0
                if inOptions { continue }
            }
            word.append(byte)
        }
        if !word.isEmpty { result.append(String(decoding: word, as: UTF8.self)) }
        return result
    }
}
