public import CPackKernels
import PackCore

/// Whether texts match a pattern from end to end (ONNX `RegexFullMatch`). Inputs: texts; a program, i32 [N, 3]; ranges of
/// scalars, i32 [R, 2]. Output: bool, of the texts' shape.
///
/// An instruction is an operation (``RegexOperation``) and two operands. All ways through the program are followed at once, one
/// scalar of the text after another, so that time is at most the text's length times the program's, whatever the pattern.
enum RegexFullMatch: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let program = try step.input(1)
        let ranges = try step.input(2)
        let out = try step.output()
        guard x.dtype == .i64, out.dtype == .bool, program.dtype == .i32, ranges.dtype == .i32 else { throw .type }
        guard out.hasShape(of: x), program.rank == 2, program.extent(1) == 3, ranges.rank == 2, ranges.extent(1) == 2
        else { throw .shape }
        return try product(program.extent(0), 16)
    }

    static func run(_ step: Step) throws(OperatorError) {
        let program = try step.input(1).elements(Int32.self)
        let out = try step.output().elements(UInt8.self)
        guard let scratch = step.scratch, program.count >= 3 else { throw .attribute }
        let machine = RegexMachine(
            program: program, ranges: try step.input(2).elements(Int32.self),
            memory: scratch.assumingMemoryBound(to: UInt32.self))
        for (index, code) in try step.input(0).integers.enumerated() {
            out[index] = try machine.matches(try step.text(code)) ? 1 : 0
        }
    }
}

/// Follows a program along a text.
struct RegexMachine {
    let program: UnsafeMutableBufferPointer<Int32>
    let ranges: UnsafeMutableBufferPointer<Int32>
    /// Four lists of as many entries as the program has instructions.
    let memory: UnsafeMutablePointer<UInt32>

    private var size: Int { program.count / 3 }
    /// For each instruction, the last round in which it was reached.
    private var marks: UnsafeMutablePointer<UInt32> { memory + 2 * size }
    private var stack: UnsafeMutablePointer<UInt32> { memory + 3 * size }
    /// Stands for the ends of the text.
    private static var nothing: UInt32 { UInt32.max }

    func matches(_ text: UnsafeBufferPointer<UInt8>) throws(OperatorError) -> Bool {
        marks.initialize(repeating: 0, count: size)
        var current = memory
        var next = memory + size
        var at = 0
        var (scalar, length) = self.scalar(text, at)
        var round: UInt32 = 1
        var count = 0
        try reach(0, before: RegexMachine.nothing, after: scalar, round, current, &count)
        while scalar != RegexMachine.nothing {
            guard count > 0 else { return false }
            at += length
            let taken = scalar
            (scalar, length) = self.scalar(text, at)
            round += 1
            var reached = 0
            for index in 0..<count where try takes(Int(current[index]), taken) {
                try reach(Int(current[index]) + 1, before: taken, after: scalar, round, next, &reached)
            }
            swap(&current, &next)
            count = reached
        }
        for index in 0..<count where program[Int(current[index]) * 3] == RegexOperation.match.rawValue { return true }
        return false
    }

    private func scalar(_ text: UnsafeBufferPointer<UInt8>, _ at: Int) -> (UInt32, Int) {
        guard at < text.count, let base = text.baseAddress else { return (RegexMachine.nothing, 0) }
        return UTF8Decoding.scalar(base, at, text.count)
    }

    /// Adds the instructions that take a scalar, or end the match, which can be reached from one.
    private func reach(
        _ start: Int, before: UInt32, after: UInt32, _ round: UInt32, _ list: UnsafeMutablePointer<UInt32>,
        _ count: inout Int
    ) throws(OperatorError) {
        var depth = 0
        func push(_ target: Int) throws(OperatorError) {
            guard target >= 0, target < size else { throw .attribute }
            guard marks[target] != round else { return }
            marks[target] = round
            stack[depth] = UInt32(target)
            depth += 1
        }
        try push(start)
        while depth > 0 {
            depth -= 1
            let at = Int(stack[depth])
            switch RegexOperation(rawValue: program[at * 3]) {
            case .split:
                try push(Int(program[at * 3 + 2]))
                try push(Int(program[at * 3 + 1]))
            case .jump: try push(Int(program[at * 3 + 1]))
            case .check: if try holds(program[at * 3 + 1], before, after) { try push(at + 1) }
            case .match, .take:
                list[count] = UInt32(at)
                count += 1
            case nil: throw .attribute
            }
        }
    }

    private func takes(_ at: Int, _ scalar: UInt32) throws(OperatorError) -> Bool {
        guard program[at * 3] == RegexOperation.take.rawValue else { return false }
        var first = Int(program[at * 3 + 1])
        var end = first + Int(program[at * 3 + 2])
        guard first >= 0, end >= first, end <= ranges.count / 2 else { throw .attribute }
        while first < end {
            let middle = (first + end) / 2
            if scalar < UInt32(bitPattern: ranges[middle * 2]) {
                end = middle
            } else if scalar > UInt32(bitPattern: ranges[middle * 2 + 1]) {
                first = middle + 1
            } else {
                return true
            }
        }
        return false
    }

    private func holds(_ code: Int32, _ before: UInt32, _ after: UInt32) throws(OperatorError) -> Bool {
        switch RegexAssertion(rawValue: code) {
        case .textStart: before == RegexMachine.nothing
        case .textEnd: after == RegexMachine.nothing
        case .lineStart: before == RegexMachine.nothing || before == 0x0A
        case .lineEnd: after == RegexMachine.nothing || after == 0x0A
        case .wordEdge: isWord(before) != isWord(after)
        case .noWordEdge: isWord(before) == isWord(after)
        case nil: throw .attribute
        }
    }

    private func isWord(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x30...0x39, 0x41...0x5A, 0x5F, 0x61...0x7A: true
        default: false
        }
    }
}

/// C entry of `RegexFullMatch`.
@c(pack_op_RegexFullMatch) public func packOperatorRegexFullMatch(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { perform(RegexFullMatch.self, step, running) }
