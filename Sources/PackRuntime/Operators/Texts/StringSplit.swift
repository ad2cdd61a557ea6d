public import CPackKernels
import PackCore

/// Cuts texts in pieces (ONNX `StringSplit`). Outputs: the pieces along a last axis that suits the text with the most, behind
/// them empty texts; how many pieces each text has, i64, which may be absent. Attributes: the code of what stands between
/// pieces, 0 for white space of any length, and the most cuts of a text, −1 for any number.
///
/// Cut at white space, a text has no empty pieces, and what is left over when no more cuts are allowed keeps its end, as in
/// Python.
enum StringSplit: MeasuringOperator {
    private static func check(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let pieces = try step.output()
        try x.require(.i64)
        try pieces.require(.i64)
        guard pieces.rank == x.rank + 1 else { throw .shape }
        guard step.attributeCount == 2 else { throw .attribute }
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        try check(step)
        let x = try step.input(0)
        for axis in 0..<x.rank { guard try step.output().extent(axis) == x.extent(axis) else { throw .shape } }
        if let counts = step.optionalOutput(1) {
            try counts.require(.i64)
            guard counts.hasShape(of: x) else { throw .shape }
        }
        return 0
    }

    static func measure(_ step: Step) throws(OperatorError) {
        try check(step)
        let x = try step.input(0)
        let out = try step.output()
        var most = 0
        for code in x.integers {
            most = Swift.max(most, try pieces(step, Array(try step.text(code)), { _ throws(OperatorError) in }))
        }
        for axis in 0..<x.rank { out.setExtent(axis, x.extent(axis)) }
        out.setExtent(x.rank, most)
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let out = try step.output()
        let width = out.extent(x.rank)
        let places = out.integers
        out.clear()
        for (index, code) in x.integers.enumerated() {
            let text = Array(try step.text(code))
            var found = 0
            let count = try pieces(step, text) { range throws(OperatorError) in
                guard found < width else { throw .shape }
                places[index * width + found] = try text.withUnsafeBufferPointer { text throws(OperatorError) in
                    try step.code(UnsafeBufferPointer(rebasing: text[range]))
                }
                found += 1
            }
            step.optionalOutput(1)?.integers[index] = Int64(count)
        }
    }

    /// Calls `body` with each piece of a text, and returns how many there are.
    private static func pieces(
        _ step: Step, _ text: [UInt8], _ body: (Range<Int>) throws(OperatorError) -> Void
    ) throws(OperatorError) -> Int {
        let limit = try step.attribute(1)
        let most = limit < 0 ? Int.max : limit
        let delimiter = Array(try step.text(Int64(try step.attribute(0))))
        return try delimiter.isEmpty ? words(text, most, body) : parts(text, delimiter, most, body)
    }

    private static func parts(
        _ text: [UInt8], _ delimiter: [UInt8], _ most: Int, _ body: (Range<Int>) throws(OperatorError) -> Void
    ) throws(OperatorError) -> Int {
        var count = 0
        var start = 0
        var at = 0
        while count < most, at + delimiter.count <= text.count {
            guard text[at] == delimiter[0], text[at..<at + delimiter.count].elementsEqual(delimiter) else {
                at += 1
                continue
            }
            try body(start..<at)
            count += 1
            at += delimiter.count
            start = at
        }
        try body(start..<text.count)
        return count + 1
    }

    private static func words(
        _ text: [UInt8], _ most: Int, _ body: (Range<Int>) throws(OperatorError) -> Void
    ) throws(OperatorError) -> Int {
        var count = 0
        var at = after(text, 0, spaces: true)
        while at < text.count {
            let end = count < most ? after(text, at, spaces: false) : text.count
            try body(at..<end)
            count += 1
            at = after(text, end, spaces: true)
        }
        return count
    }

    /// Where white space ends, or something else.
    private static func after(_ text: [UInt8], _ start: Int, spaces: Bool) -> Int {
        text.withUnsafeBufferPointer { text in
            var at = start
            while at < text.count, let base = text.baseAddress {
                let (scalar, length) = UTF8Decoding.scalar(base, at, text.count)
                // Python counts the four separators of ASCII too.
                guard (UTF8Decoding.isSpace(scalar) || 0x1C...0x1F ~= scalar) == spaces else { break }
                at += length
            }
            return at
        }
    }
}

/// C entry of `StringSplit`.
@c(pack_op_StringSplit) public func packOperatorStringSplit(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { performMeasuring(StringSplit.self, step, running) }
