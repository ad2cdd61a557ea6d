import PackCore

/// What a shape rule sees of one node: its operands' types, and what is known of their contents.
struct Operands {
    let node: Node
    /// One an input; `nil` where an optional input is absent.
    let types: [TensorType?]
    /// Known contents of small integer inputs.
    let contents: [[Dimension]?]
    /// Inputs that are constants.
    let constants: [Constant?]

    /// A fault of this node.
    func fault(_ kind: GraphError.Kind, input: Int? = nil, found: String, expected: String) -> GraphError {
        GraphError(kind, node, value: input.flatMap(node.input), found: found, expected: expected)
    }

    /// Checks how many inputs and outputs the node has.
    func expect(inputs: ClosedRange<Int>, outputs: ClosedRange<Int> = 1...1) throws(GraphError) {
        guard inputs.contains(node.inputs.count) else {
            throw fault(.wrongCount, found: "\(node.inputs.count) inputs", expected: Self.text(inputs))
        }
        guard outputs.contains(node.outputs.count) else {
            throw fault(.wrongCount, found: "\(node.outputs.count) outputs", expected: Self.text(outputs))
        }
    }

    private static func text(_ range: ClosedRange<Int>) -> String {
        if range.lowerBound == range.upperBound { return "\(range.lowerBound)" }
        return range.upperBound == .max
            ? "at least \(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
    }

    /// The type of an input that must be there.
    func type(_ index: Int) throws(GraphError) -> TensorType {
        guard let type = optional(index) else {
            throw fault(.wrongCount, found: "no input \(index)", expected: "an input \(index)")
        }
        return type
    }

    /// The type of an input that may be absent.
    func optional(_ index: Int) -> TensorType? {
        types.indices.contains(index) ? types[index] : nil
    }

    /// The known contents of an input.
    func content(_ index: Int) -> [Dimension]? {
        contents.indices.contains(index) ? contents[index] : nil
    }

    /// The known contents of an input, if they are all numbers.
    func numbers(_ index: Int) -> [Int]? {
        guard let content = content(index) else { return nil }
        let numbers = content.compactMap(\.constant)
        return numbers.count == content.count ? numbers : nil
    }

    /// Checks that an input is of a floating-point type, and answers its type.
    func float(_ index: Int) throws(GraphError) -> TensorType {
        let type = try type(index)
        guard type.dtype.isFloat else {
            throw fault(.wrongType, input: index, found: "\(type)", expected: "a floating-point tensor")
        }
        return type
    }

    /// Checks that an input is an integer tensor, and answers its type.
    func integer(_ index: Int) throws(GraphError) -> TensorType {
        let type = try type(index)
        guard type.dtype.isInteger else {
            throw fault(.wrongType, input: index, found: "\(type)", expected: "an integer tensor")
        }
        return type
    }

    /// Checks the element type of an input.
    func expect(_ dtype: DType, input index: Int) throws(GraphError) {
        let type = try type(index)
        guard type.dtype == dtype else {
            throw fault(.wrongType, input: index, found: "\(type)", expected: "elements of \(dtype.name)")
        }
    }

    /// An axis counted from the front.
    func axis(_ axis: Int, rank: Int) throws(GraphError) -> Int {
        let (wrapped, overflow) = axis.addingReportingOverflow(axis < 0 ? rank : 0)
        guard !overflow, (0..<rank).contains(wrapped) else {
            throw fault(.wrongAttribute, found: "axis \(axis)", expected: "an axis of a tensor of rank \(rank)")
        }
        return wrapped
    }

    /// The axis that an attribute gives, counted from the front.
    func axis(attribute: String = "axis", default standard: Int, rank: Int) throws(GraphError) -> Int {
        try axis(try node.int(attribute, default: standard), rank: rank)
    }

    /// A list of integers that an input gives (or, as older exporters write it, an attribute).
    ///
    /// - Returns: `nil` if neither is there. `.some(nil)` if the input is not known.
    func list(input index: Int, attribute: String) throws(GraphError) -> [Int]?? {
        if node.input(index) != nil {
            _ = try integer(index)
            return .some(numbers(index))
        }
        guard let values = try node.ints(attribute) else { return .none }
        return .some(values)
    }

    /// Different axes, counted from the front, in ascending order.
    func axes(_ list: [Int], rank: Int) throws(GraphError) -> [Int] {
        var axes: [Int] = []
        for entry in list { axes.append(try axis(entry, rank: rank)) }
        guard Set(axes).count == axes.count else {
            throw fault(.wrongAttribute, found: "axes \(list)", expected: "each axis once")
        }
        return axes.sorted()
    }

    /// A dimension that only running will tell.
    func unknown(output: Int = 0, axis: Int) -> Dimension {
        let name = node.outputs.indices.contains(output) ? node.outputs[output] : node.name
        return .symbol("\(name).\(axis)")
    }
}

/// What a shape rule finds out about one output.
struct Inferred {
    /// Type; `nil` if the operands do not tell.
    var type: TensorType?
    /// Contents, if they are known small integers.
    var contents: [Dimension]?

    init(_ type: TensorType?, contents: [Dimension]? = nil) {
        self.type = type
        self.contents = contents
    }

    init(_ dtype: DType, _ shape: [Dimension], contents: [Dimension]? = nil) {
        self.init(TensorType(dtype, shape), contents: contents)
    }
}
