/// A treemap as JSON for the script of a page: `[name, bytes, kind, note, [parts]]`, where the kind is an index, and what
/// is missing at the end is left out. Parts are ordered by size. Nothing in it can end a script element or
/// be a command to a runner.
struct TreemapData {
    private(set) var text = ""
    /// Nodes that take less are counted together.
    private let least: Int
    /// Folders deeper than this are shown without their parts, as no reader of JSON must be asked for more.
    private static let deepest = 64

    /// - Parameter most: About how many nodes are written, the largest.
    init(_ root: TreemapNode, most: Int) {
        var sizes: [Int] = []
        Self.collect(root, &sizes, depth: 0)
        sizes.sort(by: >)
        least = sizes.count > most ? sizes[most] + 1 : 0
        write(root, depth: 0)
    }

    static func isBefore(_ a: TreemapNode, _ b: TreemapNode) -> Bool {
        a.bytes != b.bytes ? a.bytes > b.bytes : a.name.utf8.lexicographicallyPrecedes(b.name.utf8)
    }

    private static func collect(_ node: TreemapNode, _ sizes: inout [Int], depth: Int) {
        sizes.append(node.bytes)
        if depth < deepest { for child in node.children { collect(child, &sizes, depth: depth + 1) } }
    }

    private mutating func write(_ node: TreemapNode, depth: Int) {
        text += "["
        quote(node.name)
        text += "," + String(node.bytes) + "," + String(Self.index(node.kind))
        let parts = depth < Self.deepest ? node.children.sorted(by: Self.isBefore) : []
        if node.note != nil || !parts.isEmpty {
            text += ","
            if let note = node.note { quote(note) } else { text += "0" }
        }
        if !parts.isEmpty {
            text += ",["
            let large = parts.prefix { $0.bytes >= least }
            for (number, part) in large.enumerated() {
                if number > 0 { text += "," }
                write(part, depth: depth + 1)
            }
            writeRest(parts[large.endIndex...], isFirst: large.isEmpty)
            text += "]"
        }
        text += "]"
    }

    /// The sum never is more than what the parent takes, so it does not run over.
    private mutating func writeRest(_ rest: ArraySlice<TreemapNode>, isFirst: Bool) {
        guard !rest.isEmpty else { return }
        let bytes = rest.reduce(0) { $0.addingReportingOverflow($1.bytes).partialValue }
        if !isFirst { text += "," }
        text += "[\"\(NumberText.grouped(rest.count)) smaller\",\(bytes),\(Self.index(.other))]"
    }

    private static func index(_ kind: TreemapNode.Kind) -> Int { TreemapNode.Kind.allCases.firstIndex(of: kind) ?? 0 }

    private mutating func quote(_ string: String) {
        text += "\""
        for scalar in Escaping.visible(string).unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "[": text += "\\u005b"
            case "<": text += "\\u003c"
            case ">": text += "\\u003e"
            case "&": text += "\\u0026"
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
