import PackCore

/// Follows a program along a text, all ways through it at once.
struct RegexMachine {
    let program: UnsafeMutableBufferPointer<Int32>
    let ranges: UnsafeMutableBufferPointer<Int32>
    /// Two lists of instructions, those to be tried first in front, each followed by where the matches that they belong to start;
    /// for each instruction the last round in which it was reached; and a stack.
    private let memory: UnsafeMutablePointer<UInt32>

    /// Instructions of a program, whose shape has been checked.
    private var size: Int { program.count / 3 }
    private var marks: UnsafeMutablePointer<UInt32> { memory + 4 * size }
    private var stack: UnsafeMutablePointer<UInt32> { memory + 5 * size }
    /// Stands for the ends of the text.
    private static var nothing: UInt32 { UInt32.max }

    /// Checks a program and its ranges, and returns the bytes of memory that running it needs.
    static func memory(_ program: Tensor, _ ranges: Tensor) throws(OperatorError) -> Int {
        try program.require(.i32)
        try ranges.require(.i32)
        guard program.rank == 2, program.extent(1) == 3, ranges.rank == 2, ranges.extent(1) == 2 else { throw .shape }
        // Also a program that no file limits, because it is computed, must not ask for much memory.
        guard program.extent(0) > 0, program.extent(0) <= 1 << 20 else { throw .shape }
        return program.extent(0) * 28 + 8
    }

    init(
        _ step: Step, program index: Int, memory own: UnsafeMutableRawPointer? = nil
    ) throws(OperatorError) {
        program = try step.input(index).elements(Int32.self)
        ranges = try step.input(index + 1).elements(Int32.self)
        guard let scratch = own ?? step.scratch else { throw .attribute }
        memory = scratch.assumingMemoryBound(to: UInt32.self)
    }

    /// Whether the program matches a text from end to end.
    func matches(_ text: UnsafeBufferPointer<UInt8>) throws(OperatorError) -> Bool {
        var walk = Walk(current: memory, next: memory + 2 * size)
        marks.initialize(repeating: 0, count: size)
        var at = 0
        var (scalar, length) = scalar(text, at)
        try reach(0, of: 0, before: RegexMachine.nothing, after: scalar, 1, walk.current, &walk.count)
        while scalar != RegexMachine.nothing {
            guard walk.count > 0 else { return false }
            at += length
            let taken = scalar
            (scalar, length) = self.scalar(text, at)
            try advance(&walk, walk.count, taken, scalar)
        }
        for index in 0..<walk.count where isMatch(walk.current[index]) { return true }
        return false
    }

    /// The first match from an offset on: of those that start first, the one that the pattern prefers.
    func find(_ text: UnsafeBufferPointer<UInt8>, from start: Int) throws(OperatorError) -> Range<Int>? {
        var walk = Walk(current: memory, next: memory + 2 * size)
        marks.initialize(repeating: 0, count: size)
        var at = start
        var before = RegexMachine.nothing
        if start > 0, let base = text.baseAddress { before = UTF8Decoding.scalarBefore(base, start, 0).scalar }
        var (scalar, length) = scalar(text, at)
        var found: Range<Int>?
        while true {
            if found == nil {
                try reach(0, of: at, before: before, after: scalar, walk.round, walk.current, &walk.count)
            }
            // What is tried after a match no longer matters.
            var tried = 0
            while tried < walk.count, !isMatch(walk.current[tried]) { tried += 1 }
            if tried < walk.count { found = Int(walk.current[size + tried])..<at }
            guard scalar != RegexMachine.nothing, tried > 0 || found == nil else { return found }
            at += length
            before = scalar
            (scalar, length) = self.scalar(text, at)
            try advance(&walk, tried, before, scalar)
        }
    }

    private struct Walk {
        var current: UnsafeMutablePointer<UInt32>
        var next: UnsafeMutablePointer<UInt32>
        var count = 0
        var round: UInt32 = 1
    }

    /// Takes a scalar with the first instructions of the list.
    private func advance(_ walk: inout Walk, _ tried: Int, _ taken: UInt32, _ after: UInt32) throws(OperatorError) {
        walk.round += 1
        var reached = 0
        for index in 0..<tried where try takes(Int(walk.current[index]), taken) {
            try reach(
                Int(walk.current[index]) + 1, of: Int(walk.current[size + index]), before: taken, after: after,
                walk.round, walk.next, &reached)
        }
        swap(&walk.current, &walk.next)
        walk.count = reached
    }

    private func isMatch(_ at: UInt32) -> Bool { program[Int(at) * 3] == RegexOperation.match.rawValue }

    private func scalar(_ text: UnsafeBufferPointer<UInt8>, _ at: Int) -> (UInt32, Int) {
        guard at < text.count, let base = text.baseAddress else { return (RegexMachine.nothing, 0) }
        return UTF8Decoding.scalar(base, at, text.count)
    }

    /// Adds the instructions that take a scalar, or end the match, which can be reached from one and have not been before.
    private func reach(
        _ start: Int, of match: Int, before: UInt32, after: UInt32, _ round: UInt32,
        _ list: UnsafeMutablePointer<UInt32>, _ count: inout Int
    ) throws(OperatorError) {
        // Each instruction is followed once and pushes two others at most.
        var depth = 1
        stack[0] = UInt32(truncatingIfNeeded: start)
        while depth > 0 {
            depth -= 1
            let at = Int(stack[depth])
            guard at < size else { throw .attribute }
            guard marks[at] != round else { continue }
            marks[at] = round
            let (a, b) = (program[at * 3 + 1], program[at * 3 + 2])
            switch RegexOperation(rawValue: program[at * 3]) {
            case .split:
                stack[depth] = UInt32(bitPattern: b)
                stack[depth + 1] = UInt32(bitPattern: a)
                depth += 2
            case .jump:
                stack[depth] = UInt32(bitPattern: a)
                depth += 1
            case .check:
                guard try holds(a, before, after) else { continue }
                stack[depth] = UInt32(at + 1)
                depth += 1
            case .match, .take:
                list[count] = UInt32(at)
                list[size + count] = UInt32(truncatingIfNeeded: match)
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
