import PackCore
import PackGraph
import PackImport
import PackRuntime
import Testing

/// A tensor of texts.
struct TextValue: Equatable {
    var shape: [Int]
    var texts: [[UInt8]]

    init(_ shape: [Int], _ texts: [String]) { self.init(shape, bytes: texts.map { Array($0.utf8) }) }
    init(_ shape: [Int], bytes: [[UInt8]]) { (self.shape, texts) = (shape, bytes) }
    /// A list.
    init(_ texts: String...) { self.init([texts.count], texts) }
}

/// An output: its shape and texts, or bytes.
struct TextAnswer {
    let shape: [Int]
    let texts: [[UInt8]]
    let bytes: [UInt8]

    var value: TextValue { TextValue(shape, bytes: texts) }
    var strings: [String] { texts.map { String(decoding: $0, as: UTF8.self) } }
    var integers: [Int64] { bytes.withUnsafeBytes { Array($0.bindMemory(to: Int64.self)) } }
    var floats: [Float] { bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) } }
}

extension Session {
    /// Runs a request of texts.
    func answer(texts inputs: [TextValue]) throws -> [TextAnswer] {
        for (index, input) in inputs.enumerated() { try setInputShape(index, input.shape) }
        try prepare()
        for (index, input) in inputs.enumerated() {
            let place = inputBytes(index).bindMemory(to: Int64.self)
            for (element, text) in input.texts.enumerated() {
                place[element] = try text.withUnsafeBufferPointer { text throws(RuntimeError) in try code(of: text) }
            }
        }
        try run()
        return (0..<outputCount).map { output in
            let bytes = Array(outputBytes(output))
            var texts: [[UInt8]] = []
            if outputDType(output) == .string {
                texts = bytes.withUnsafeBytes { $0.bindMemory(to: Int64.self).map { Array(text($0)) } }
            }
            return TextAnswer(
                shape: (0..<outputRank(output)).map { outputDimension(output, $0) }, texts: texts, bytes: bytes)
        }
    }
}

extension Graph {
    /// A graph of one node with inputs of texts, of so many free axes each, and constants behind them.
    static func texts(
        _ op: String, ranks: [Int], constants: [Constant?] = [], _ attributes: [String: Attribute] = [:],
        outputs: Int = 1, table: TextTable = TextTable()
    ) throws -> Graph {
        var builder = GraphBuilder()
        var names: [String] = []
        for (index, rank) in ranks.enumerated() {
            names.append(
                builder.input("x\(index)", .string, (0..<rank).map { Dimension.symbol("x\(index).\($0)") }))
        }
        for (index, constant) in constants.enumerated() {
            names.append(constant.map { builder.constant("c\(index)", $0) } ?? "")
        }
        for output in builder.node(op, op, names, attributes, outputs: outputs) { builder.output(output) }
        var graph = try builder.finish()
        graph.texts = table
        return graph
    }

    /// A graph that matches a pattern.
    static func matching(_ pattern: String, op: String = "RegexFullMatch", _ attributes: [String: Attribute] = [:])
        throws -> Graph
    {
        let program = try RegexProgram(pattern)
        func constant(_ rows: [[Int32]], _ columns: Int) throws -> Constant {
            try Constant(.i32, [rows.count, columns], bytes: rows.flatMap { $0 }.withUnsafeBytes { Array($0) })
        }
        return try texts(
            op, ranks: [1], constants: [try constant(program.instructions, 3), try constant(program.ranges, 2)],
            attributes)
    }
}
