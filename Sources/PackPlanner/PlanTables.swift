import CPackKernels
import PackCore
import PackGraph

/// The tables of a plan while it is built; `PlanView` in PackCore specifies them.
struct PlanTables {
    var strings: [UInt8] = []
    var symbols: [pack_plan_symbol] = []
    var expressions: [pack_plan_expression] = []
    var dimensions: [UInt32] = []
    var values: [pack_plan_value] = []
    var steps: [pack_plan_step] = []
    var arguments: [UInt32] = []
    var attributes: [Int64] = []
    var inputs: [UInt32] = []
    var outputs: [UInt32] = []
    var labels: [pack_plan_string] = []
    /// Texts of tensors by code.
    var texts: [pack_plan_string] = []
    private var stringRanges: ValueMap<pack_plan_string> = [:]
    private var symbolIndices: [String: UInt32] = [:]
    private var expressionIndices: [Dimension: UInt32] = [:]
    private let symbolMaxima: [String: Int]
    /// Symbols that steps define.
    var measured: Set<String> = []

    init(symbolMaxima: [String: Int]) { self.symbolMaxima = symbolMaxima }

    mutating func intern(_ string: String) -> pack_plan_string {
        if let known = stringRanges[string] { return known }
        let bytes = Array(string.utf8)
        let range = pack_plan_string(offset: UInt32(strings.count), length: UInt32(bytes.count))
        strings += bytes
        stringRanges[string] = range
        return range
    }

    /// Adds the texts of string tensors. Those that Swift calls equal may have different bytes.
    mutating func add(texts entries: [[UInt8]]) throws(PlannerError) {
        for bytes in entries {
            guard strings.count + bytes.count <= Int(UInt32.max) else {
                throw PlannerError(node: "texts", op: "", found: "more than 4 GB of texts", expected: "fewer")
            }
            texts.append(pack_plan_string(offset: UInt32(strings.count), length: UInt32(bytes.count)))
            strings += bytes
        }
    }

    private mutating func symbol(_ name: String) -> UInt32 {
        if let known = symbolIndices[name] { return known }
        let index = UInt32(symbols.count)
        let maximum = symbolMaxima[name] ?? (measured.contains(name) ? 1 << 40 : 1 << 24)
        symbols.append(pack_plan_symbol(name: intern(name), maximum: Int64(maximum)))
        symbolIndices[name] = index
        return index
    }

    private mutating func expression(_ dimension: Dimension, of value: String) throws(PlannerError) -> UInt32 {
        if let known = expressionIndices[dimension] { return known }
        let record: pack_plan_expression
        switch dimension {
        case .constant(let count):
            guard count > .min else {
                throw PlannerError(node: value, op: "", found: "dimension \(dimension)", expected: "numbers in range")
            }
            record = pack_plan_expression(kind: PACK_PLAN_CONSTANT.rawValue, a: 0, b: Int64(count))
        case .symbol(let name):
            record = pack_plan_expression(kind: PACK_PLAN_SYMBOL.rawValue, a: symbol(name), b: 0)
        case .sum(let a, let b): record = try binary(PACK_PLAN_SUM, a, b, value)
        case .product(let a, let b): record = try binary(PACK_PLAN_PRODUCT, a, b, value)
        case .quotient(let a, let b): record = try binary(PACK_PLAN_QUOTIENT, a, b, value)
        case .maximum(let a, let b): record = try binary(PACK_PLAN_LARGER, a, b, value)
        case .minimum(let a, let b): record = try binary(PACK_PLAN_SMALLER, a, b, value)
        }
        let index = UInt32(expressions.count)
        expressions.append(record)
        expressionIndices[dimension] = index
        return index
    }

    private mutating func binary(
        _ kind: pack_plan_expression_kind, _ a: Dimension, _ b: Dimension, _ value: String
    ) throws(PlannerError) -> pack_plan_expression {
        let left = try expression(a, of: value)
        return pack_plan_expression(kind: kind.rawValue, a: left, b: Int64(try expression(b, of: value)))
    }

    /// Adds a value and returns its index.
    mutating func add(
        _ name: String, _ type: TensorType, _ kind: pack_plan_value_kind, offset: Int = 0, bytes: Int = 0,
        isMeasured: Bool = false
    ) throws(PlannerError) -> UInt32 {
        guard type.shape.count <= Int(PACK_PLAN_MAXIMUM_RANK) else {
            throw PlannerError(
                node: name, op: "", found: "\(type.shape.count) axes", expected: "at most \(PACK_PLAN_MAXIMUM_RANK)")
        }
        let indices = try type.shape.map { dimension throws(PlannerError) in try expression(dimension, of: name) }
        let first = UInt32(dimensions.count)
        dimensions += indices
        values.append(
            pack_plan_value(
                dtype: type.dtype.rawValue, rank: UInt8(indices.count), kind: UInt8(kind.rawValue),
                flags: isMeasured ? UInt8(PACK_PLAN_MEASURED.rawValue) : 0,
                first_dimension: first, name: intern(name), data_offset: UInt64(offset), data_bytes: UInt64(bytes)))
        return UInt32(values.count - 1)
    }

    /// Adds a step.
    mutating func addStep(
        _ op: pack_operator_id, name: String, inputs: [UInt32], outputs: [UInt32], attributes words: [Int64]
    ) {
        steps.append(
            pack_plan_step(
                op: UInt16(op.rawValue), input_count: UInt16(inputs.count), output_count: UInt16(outputs.count),
                attribute_count: UInt16(words.count), first_argument: UInt32(arguments.count),
                first_attribute: UInt32(attributes.count), name: intern(name)))
        arguments += inputs + outputs
        attributes += words
    }
}

extension Array {
    /// `map` for closures with a typed error.
    func map<Result, Failure: Error>(
        _ transform: (Element) throws(Failure) -> Result
    ) throws(Failure) -> [Result] {
        var result: [Result] = []
        result.reserveCapacity(count)
        for element in self { result.append(try transform(element)) }
        return result
    }
}
