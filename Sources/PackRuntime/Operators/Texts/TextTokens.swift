public import CPackKernels
import PackCore

/// Cuts texts in tokens (`Tokenizer` of com.microsoft). Inputs: texts of any shape; a pattern's program and its ranges, as
/// `RegexFullMatch` has them. Output: the tokens along a last axis that suits the text with the most.
///
/// Attributes: whether the pattern's matches are what stands between tokens, not the tokens; the least scalars of a token;
/// codes of the texts that stand before the first token and behind the last one, or −1 for none; the code of the text that stands
/// behind all where others have more.
enum TextTokens: MeasuringOperator {
    private static func check(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let out = try step.output()
        try x.require(.i64)
        try out.require(.i64)
        guard out.rank == x.rank + 1 else { throw .shape }
        guard step.attributeCount == 5 else { throw .attribute }
        return try RegexMachine.memory(try step.input(1), try step.input(2))
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let memory = try check(step)
        for axis in 0..<x.rank { guard try step.output().extent(axis) == x.extent(axis) else { throw .shape } }
        return memory
    }

    static func measure(_ step: Step) throws(OperatorError) {
        let memory = try check(step)
        let x = try step.input(0)
        let out = try step.output()
        // While extents are found, a step has no memory of its own yet.
        let own = UnsafeMutableRawPointer.allocate(byteCount: memory, alignment: 8)
        defer { own.deallocate() }
        let machine = try RegexMachine(step, program: 1, memory: own)
        var most = 0
        for code in x.integers {
            most = Swift.max(
                most, try tokens(step, machine, Array(try step.text(code)), { _ throws(OperatorError) in }))
        }
        let marks = (try step.attribute(2) < 0 ? 0 : 1) + (try step.attribute(3) < 0 ? 0 : 1)
        for axis in 0..<x.rank { out.setExtent(axis, x.extent(axis)) }
        out.setExtent(x.rank, most + marks)
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let width = try step.output().extent(x.rank)
        let places = try step.output().integers
        let machine = try RegexMachine(step, program: 1)
        let (start, end) = (Int64(try step.attribute(2)), Int64(try step.attribute(3)))
        places.update(repeating: Int64(try step.attribute(4)))
        for (index, code) in x.integers.enumerated() {
            let text = Array(try step.text(code))
            var found = 0
            func add(_ code: Int64) throws(OperatorError) {
                guard found < width else { throw .shape }
                places[index * width + found] = code
                found += 1
            }
            if start >= 0 { try add(start) }
            _ = try tokens(step, machine, text) { range throws(OperatorError) in
                try add(
                    try text.withUnsafeBufferPointer { text throws(OperatorError) in
                        try step.code(UnsafeBufferPointer(rebasing: text[range]))
                    })
            }
            if end >= 0 { try add(end) }
        }
    }

    /// Calls `body` with each token of a text, and returns how many there are.
    private static func tokens(
        _ step: Step, _ machine: RegexMachine, _ text: [UInt8], _ body: (Range<Int>) throws(OperatorError) -> Void
    ) throws(OperatorError) -> Int {
        let areBetween = try step.attribute(0) != 0
        let least = Swift.max(try step.attribute(1), 1)
        var count = 0
        var at = 0
        func take(_ range: Range<Int>) throws(OperatorError) {
            var scalars = 0
            for byte in text[range] where byte & 0xC0 != 0x80 { scalars += 1 }
            guard scalars >= least else { return }
            try body(range)
            count += 1
        }
        var start = 0
        while at < text.count {
            let found = try text.withUnsafeBufferPointer { text throws(OperatorError) in
                try machine.find(text, from: at)
            }
            guard let found else { break }
            if found.isEmpty {
                // Go on behind the next scalar.
                at = found.upperBound + 1
                while at < text.count, text[at] & 0xC0 == 0x80 { at += 1 }
                continue
            }
            try take(areBetween ? start..<found.lowerBound : found)
            (start, at) = (found.upperBound, found.upperBound)
        }
        if areBetween { try take(start..<text.count) }
        return count
    }
}

/// C entry of `TextTokens`.
@c(pack_op_TextTokens) public func packOperatorTextTokens(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { performMeasuring(TextTokens.self, step, running) }
