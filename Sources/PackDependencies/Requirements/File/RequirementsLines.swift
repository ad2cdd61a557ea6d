/// Splits requirements files into logical lines, as pip does.
enum RequirementsLines {
    /// Lines without comments and blanks at their ends, continued ones joined, each with the number of its first.
    static func split(_ bytes: [UInt8]) -> [(number: Int, text: [UInt8])] {
        var result: [(number: Int, text: [UInt8])] = []
        var joined: [UInt8] = []
        var start: Int?
        var number = 0
        var position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        while position < bytes.count || start != nil {
            var line: ArraySlice<UInt8> = []
            if position < bytes.count {
                let end = bytes[position...].firstIndex(of: 0x0A) ?? bytes.count
                line = bytes[position..<end]
                if line.last == 0x0D { line = line.dropLast() }
                position = end + 1
                number += 1
            }
            let isComment = line.first { !ASCII.isSpace($0) } == UInt8(ascii: "#")
            if line.last == UInt8(ascii: "\\"), !isComment, position < bytes.count {
                if start == nil { start = number }
                joined += line.dropLast()
                continue
            }
            // A comment ends a continued line.
            if isComment && start != nil { joined.append(0x20) }
            joined += line.last == UInt8(ascii: "\\") && !isComment ? line.dropLast() : line
            let text = withoutComment(joined)
            if !text.isEmpty { result.append((start ?? number, text)) }
            joined.removeAll(keepingCapacity: true)
            start = nil
        }
        return result
    }

    /// `#` begins a comment at the beginning of a line and behind white space.
    private static func withoutComment(_ line: [UInt8]) -> [UInt8] {
        var end = line.count
        for (index, byte) in line.enumerated() where byte == UInt8(ascii: "#") {
            if index == 0 || ASCII.isSpace(line[index - 1]) {
                end = index
                break
            }
        }
        guard let first = line[..<end].firstIndex(where: { !ASCII.isSpace($0) }),
            let last = line[..<end].lastIndex(where: { !ASCII.isSpace($0) })
        else { return [] }
        return Array(line[first...last])
    }

    /// Puts values in the place of `${NAME}`; names are capitals, digits and `_`.
    /// - Returns: The text, and the names that have no value, which stay as they are.
    static func expand(_ line: [UInt8], _ environment: [String: String]) -> (text: [UInt8], unknown: [String]) {
        guard line.contains(UInt8(ascii: "$")) else { return (line, []) }
        var result: [UInt8] = []
        var unknown: [String] = []
        var index = 0
        while index < line.count {
            if let (name, end) = variable(line, at: index) {
                if let value = environment[name] {
                    result += Array(value.utf8)
                    index = end
                    continue
                }
                unknown.append(name)
            }
            result.append(line[index])
            index += 1
        }
        return (result, unknown)
    }

    private static func variable(_ line: [UInt8], at start: Int) -> (name: String, end: Int)? {
        guard line[start...].starts(with: Array("${".utf8)) else { return nil }
        var end = start + 2
        while end < line.count, ASCII.isDigit(line[end]) || (0x41...0x5A).contains(line[end]) || line[end] == 0x5F {
            end += 1
        }
        guard end > start + 2, end < line.count, line[end] == UInt8(ascii: "}") else { return nil }
        return (String(decoding: line[(start + 2)..<end], as: UTF8.self), end + 1)
    }
}
