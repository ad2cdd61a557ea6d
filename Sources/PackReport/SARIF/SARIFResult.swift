/// One result of a SARIF log (section 3.27).
struct SARIFResult {
    let result: Assessment.Result
    let index: Int?
    let configuration: String
    let fingerprint: String

    var json: JSON {
        var entries: [String: JSON] = [
            "ruleId": .string(result.rule),
            "kind": .string(kind),
            "level": .string(level),
            "message": ["text": .string(SARIFText.message(message))],
            "locations": [location],
            // The one that code scanning on GitHub compares; like CodeQL's it ends in how many there were before.
            "partialFingerprints": ["primaryLocationLineHash": .string(fingerprint)],
            "properties": properties,
        ]
        if let index { entries["ruleIndex"] = .int(index) }
        return .object(entries)
    }

    private var message: String { result.target.map { "\($0): \(result.message)" } ?? result.message }

    private var kind: String {
        switch result.outcome {
        case .pass: "pass"
        case .fail: "fail"
        case .unknown: "open"
        }
    }

    /// Only failures have a level (3.27.10).
    private var level: String { result.outcome == .fail ? result.level.rawValue : "none" }

    private var location: JSON {
        let path = result.path.flatMap { $0.isEmpty ? nil : $0 }
        var physical: [String: JSON] = ["artifactLocation": SARIFText.artifact(path ?? configuration)]
        let line = max(path == nil ? 1 : result.line ?? 1, 1)
        physical["region"] = ["startLine": .int(line)]
        return ["physicalLocation": .object(physical)]
    }

    private var properties: JSON {
        var entries: [String: JSON] = ["outcome": .string(result.outcome.rawValue)]
        if result.outcome == .unknown { entries["severity"] = .string(result.level.rawValue) }
        for (name, value) in [("target", result.target), ("measured", result.measured), ("limit", result.limit)] {
            if let value { entries[name] = .string(value) }
        }
        return .object(entries)
    }
}

/// Texts and paths as SARIF has them.
enum SARIFText {
    /// A plain message (3.11): nothing hidden, no placeholders, no links.
    static func message(_ text: String) -> String {
        let shown = braces(Escaping.visible(text))
        var result = String.UnicodeScalarView()
        for scalar in shown.unicodeScalars {
            if scalar == "(", result.last == "]" { result.append(" ") }
            result.append(scalar)
        }
        // An empty text is not a message.
        return result.isEmpty ? "-" : String(result)
    }

    /// Braces stand for placeholders unless they are doubled (3.11.5).
    static func braces(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            result.append(scalar)
            if scalar == "{" || scalar == "}" { result.append(scalar) }
        }
        return String(result)
    }

    /// Where a file is (3.4): below the root of the sources, or by its full path.
    static func artifact(_ path: String) -> JSON {
        if path.utf8.first == UInt8(ascii: "/") { return ["uri": .string("file://" + encoded(path))] }
        var rest = path.utf8[...]
        while rest.starts(with: "./".utf8) { rest = rest.dropFirst(2) }
        let relative = String(rest) ?? path
        return ["uri": .string(encoded(relative.isEmpty ? "." : relative)), "uriBaseId": "%SRCROOT%"]
    }

    /// A path as part of a URI (RFC 3986, section 2.1): unreserved characters and slashes as they are.
    static func encoded(_ path: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: "/"):
                result.append(byte)
            default: result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
