import PackCore

/// A pattern as a program of the runtime's `RegexFullMatch`.
public struct RegexProgram: Equatable, Sendable {
    /// Operation (``RegexOperation``) and two operands for each instruction.
    public internal(set) var instructions: [[Int32]] = []
    /// First and last scalar of ranges.
    public internal(set) var ranges: [[Int32]] = []

    /// The most instructions of a program.
    public static let instructionLimit = 1 << 14
    /// The most ranges of a program.
    public static let rangeLimit = 1 << 17
    /// The most repetitions that a pattern may ask for, as RE2 has it.
    public static let repetitionLimit = 1000
    /// Groups in groups.
    public static let depthLimit = 200

    /// Compiles a pattern in RE2's syntax (<https://github.com/google/re2/wiki/Syntax>).
    ///
    /// - Throws: `RegexFault` for what RE2 does not take, what is not taken here (scripts by name, `\\C`), and programs above the
    ///   limits.
    public init(_ pattern: String) throws(RegexFault) {
        guard pattern.unicodeScalars.count <= Self.instructionLimit * 4 else {
            throw RegexFault(
                "a pattern of \(pattern.unicodeScalars.count) scalars", "at most \(Self.instructionLimit * 4)")
        }
        var parser = RegexParser(pattern)
        try emit(try parser.parse())
        try add(.match)
    }

    private mutating func add(_ operation: RegexOperation, _ a: Int = 0, _ b: Int = 0) throws(RegexFault) {
        guard instructions.count < Self.instructionLimit else {
            throw RegexFault("a pattern of more than \(Self.instructionLimit) steps", "fewer or shorter repetitions")
        }
        instructions.append([operation.rawValue, Int32(a), Int32(b)])
    }

    private mutating func emit(_ node: RegexNode) throws(RegexFault) {
        switch node {
        case .nothing: break
        case .scalars(let set):
            guard ranges.count + set.ranges.count <= Self.rangeLimit else {
                throw RegexFault("classes of more than \(Self.rangeLimit) ranges", "fewer or smaller classes")
            }
            try add(.take, ranges.count, set.ranges.count)
            ranges += set.ranges.map { [Int32($0.lowerBound), Int32($0.upperBound)] }
        case .assertion(let assertion): try add(.check, Int(assertion.rawValue))
        case .sequence(let nodes): for node in nodes { try emit(node) }
        case .either(let nodes): try emit(either: nodes)
        case .repeated(let node, let times): try emit(node, times)
        }
    }

    private mutating func emit(either nodes: [RegexNode]) throws(RegexFault) {
        var ends: [Int] = []
        for (index, node) in nodes.enumerated() {
            let split = instructions.count
            if index < nodes.count - 1 { try add(.split, split + 1) }
            try emit(node)
            guard index < nodes.count - 1 else { break }
            ends.append(instructions.count)
            try add(.jump)
            instructions[split][2] = Int32(instructions.count)
        }
        for end in ends { instructions[end][1] = Int32(instructions.count) }
    }

    private mutating func emit(_ node: RegexNode, _ times: RegexRepetition) throws(RegexFault) {
        for _ in 0..<times.least {
            let start = instructions.count
            try emit(node)
            // What takes no steps needs none more often either: else nested repetitions of nothing would take forever here.
            if instructions.count == start { return }
        }
        let start = instructions.count
        guard let most = times.most else {
            try add(.split, start + 1, start + 1)
            try emit(node)
            try add(.jump, start)
            leave([start], times)
            return
        }
        var splits: [Int] = []
        for _ in times.least..<most {
            splits.append(instructions.count)
            try add(.split, instructions.count + 1, instructions.count + 1)
            let start = instructions.count
            try emit(node)
            if instructions.count == start { break }
        }
        leave(splits, times)
    }

    /// Lets splits lead here too: first if fewer repetitions are tried first.
    private mutating func leave(_ splits: [Int], _ times: RegexRepetition) {
        for split in splits { instructions[split][times.isLazy ? 1 : 2] = Int32(instructions.count) }
    }
}

/// Why a pattern is not taken.
public struct RegexFault: Error, Equatable {
    /// What was found.
    public let found: String
    /// What would do.
    public let expected: String

    init(_ found: String, _ expected: String) { (self.found, self.expected) = (found, expected) }
}

/// How often a part of a pattern is repeated.
struct RegexRepetition {
    let least: Int
    /// nil: any number of times.
    let most: Int?
    /// Whether fewer are tried first.
    var isLazy = false
}

/// A part of a pattern.
indirect enum RegexNode {
    case nothing
    case scalars(ScalarSet)
    case assertion(RegexAssertion)
    case sequence([RegexNode])
    case either([RegexNode])
    case repeated(RegexNode, RegexRepetition)
}
