import PackCore

/// A tensor with its elements in memory: what the evaluator computes with.
public struct Tensor: Sendable {
    /// Element type. Floating-point elements are computed in 32 bits whatever their type.
    public var dtype: DType
    /// Extents.
    public var shape: [Int]
    /// Elements in row-major order.
    public var values: Values

    /// Elements of one kind.
    public enum Values: Sendable {
        case floats([Float])
        /// Integers, and booleans as 0 and 1.
        case integers([Int])
    }

    /// A tensor of `f32`. Takes as many elements as the shape has; missing ones are 0.
    public init(_ shape: [Int], floats: [Float]) {
        self.init(.f32, shape, .floats(floats))
    }

    /// A tensor of `i64`. Takes as many elements as the shape has; missing ones are 0.
    public init(_ shape: [Int], integers: [Int]) {
        self.init(.i64, shape, .integers(integers))
    }

    /// A tensor of any type. Takes as many elements as the shape has; missing ones are 0.
    package init(_ dtype: DType, _ shape: [Int], _ values: Values) {
        self.dtype = dtype
        self.shape = shape
        let count = shape.reduce(1, *)
        switch values {
        case .floats(let list): self.values = .floats(Self.fit(list, count, 0))
        case .integers(let list): self.values = .integers(Self.fit(list, count, 0))
        }
    }

    private static func fit<Element>(_ list: [Element], _ count: Int, _ filler: Element) -> [Element] {
        if list.count == count { return list }
        return Array(list.prefix(count)) + Array(repeating: filler, count: max(0, count - list.count))
    }

    /// The elements of a constant.
    public init(_ constant: Constant) throws(GraphError) {
        let values: Values =
            constant.dtype.isFloat ? .floats(try constant.floats()) : .integers(try constant.integers())
        self.init(constant.dtype, constant.shape, values)
    }

    /// How many elements there are.
    public var count: Int { shape.reduce(1, *) }

    /// The elements as floats, whatever they are.
    public var floats: [Float] {
        switch values {
        case .floats(let list): list
        case .integers(let list): list.map { Float($0) }
        }
    }

    /// The elements as integers, rounded towards zero; numbers that no `Int` holds become 0.
    public var integers: [Int] {
        switch values {
        case .floats(let list): list.map { Int(exactly: $0.rounded(.towardZero)) ?? 0 }
        case .integers(let list): list
        }
    }

    /// A tensor of the elements at the given flat positions.
    func picking(_ positions: [Int], _ shape: [Int]) -> Tensor {
        switch values {
        case .floats(let list): Tensor(dtype, shape, .floats(positions.map { list[$0] }))
        case .integers(let list): Tensor(dtype, shape, .integers(positions.map { list[$0] }))
        }
    }

    /// The same elements in another shape.
    func reshaped(_ shape: [Int]) -> Tensor { Tensor(dtype, shape, values) }
}

extension Constant {
    /// The elements of a tensor of `f32`, `i64`, `i32` or `bool`.
    ///
    /// - Throws: `GraphError` of kind `unsupported` for other element types.
    public init(_ tensor: Tensor) throws(GraphError) {
        switch tensor.dtype {
        case .f32: try self.init(floats: tensor.floats, shape: tensor.shape)
        case .i64: try self.init(integers: tensor.integers, shape: tensor.shape)
        case .i32:
            let list = tensor.integers.map { Int32(truncatingIfNeeded: $0) }
            try self.init(.i32, tensor.shape, bytes: list.withUnsafeBytes { Array($0) })
        case .bool: try self.init(.bool, tensor.shape, bytes: tensor.integers.map { $0 == 0 ? 0 : 1 })
        default:
            throw GraphError(.unsupported, found: "elements of \(tensor.dtype.name)", expected: "f32, i64, i32 or bool")
        }
    }
}
