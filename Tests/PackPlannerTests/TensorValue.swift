import PackCore
import PackGraph
import PackPlanner
import PackRuntime

/// A tensor of a test: numbers, and the type and shape in which a session takes or gives them.
struct TensorValue: Equatable, CustomStringConvertible {
    let dtype: DType
    let shape: [Int]
    let numbers: [Double]

    init(_ dtype: DType, _ shape: [Int], _ numbers: [Double]) {
        self.dtype = dtype
        self.shape = shape
        self.numbers = numbers
    }

    /// A list.
    static func list(_ dtype: DType, _ numbers: Double...) -> TensorValue {
        TensorValue(dtype, [numbers.count], numbers)
    }

    static func scalar(_ dtype: DType, _ number: Double) -> TensorValue { TensorValue(dtype, [], [number]) }

    var description: String { "\(dtype.name)\(shape)\(numbers)" }

    /// The elements as a plan stores them.
    var bytes: [UInt8] {
        func raw<T>(_ convert: (Double) -> T) -> [UInt8] { numbers.map(convert).withUnsafeBytes { Array($0) } }
        return switch dtype {
        case .f32: raw { Float($0) }
        case .f64: raw { $0 }
        case .f16: raw { Float16($0) }
        case .bf16: raw { UInt16(Float($0).bitPattern >> 16) }
        case .bool: raw { UInt8($0) }
        case .i8: raw { Int8($0) }
        case .u8: raw { UInt8($0) }
        case .i16: raw { Int16($0) }
        case .u16: raw { UInt16($0) }
        case .i32: raw { Int32($0) }
        case .u32: raw { UInt32($0) }
        case .i64: raw { Int64($0) }
        case .u64: raw { UInt64($0) }
        default: raw { NarrowFloat(dtype)?.code($0, saturates: false) ?? UInt8(truncatingIfNeeded: Int($0)) }
        }
    }

    init(_ dtype: DType, _ shape: [Int], bytes: UnsafeRawBufferPointer) {
        func read<T>(_: T.Type, _ convert: (T) -> Double) -> [Double] {
            (0..<bytes.count / MemoryLayout<T>.size).map {
                convert(bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<T>.size, as: T.self))
            }
        }
        let numbers: [Double] =
            switch dtype {
            case .f32: read(Float.self) { Double($0) }
            case .f64: read(Double.self) { $0 }
            case .f16: read(UInt16.self) { Double(Float16(bitPattern: $0)) }
            case .bf16: read(UInt16.self) { Double(Float(bitPattern: UInt32($0) << 16)) }
            case .bool, .u8: read(UInt8.self) { Double($0) }
            case .i8: read(Int8.self) { Double($0) }
            case .i16: read(Int16.self) { Double($0) }
            case .u16: read(UInt16.self) { Double($0) }
            case .i32: read(Int32.self) { Double($0) }
            case .u32: read(UInt32.self) { Double($0) }
            case .i64: read(Int64.self) { Double($0) }
            case .u64: read(UInt64.self) { Double($0) }
            default:
                read(UInt8.self) { code in
                    NarrowFloat(dtype).map { format in Double(format.value(code)) }
                        ?? Double(NarrowInteger.value(code, dtype))
                }
            }
        self.init(dtype, shape, numbers)
    }

    var constant: Constant {
        get throws { try Constant(dtype, shape, bytes: bytes) }
    }

    /// Whether it is the other but for rounding.
    func isClose(to other: TensorValue, _ tolerance: Double) -> Bool {
        dtype == other.dtype && shape == other.shape && numbers.count == other.numbers.count
            && zip(numbers, other.numbers).allSatisfy { a, b in
                a == b || a.isNaN && b.isNaN || abs(a - b) <= tolerance * max(abs(b), 1)
            }
    }
}

extension Session {
    /// Opens the plan of a graph.
    convenience init(_ graph: Graph, threads: Int = 1, limit: Int? = nil) throws {
        let draft = try Planner.draft(graph, storage: WeightStorage(.f32), metadata: PlanMetadata(task: .tensors))
        let image = try draft.makeImage()
        try self.init(plan: image.bytes, threads: threads, keeping: image)
        if let limit { memoryLimit = limit }
    }

    /// Runs a request.
    func answer(_ inputs: [TensorValue]) throws -> [TensorValue] {
        for (index, input) in inputs.enumerated() { try setInputShape(index, input.shape) }
        try prepare()
        for (index, input) in inputs.enumerated() { inputBytes(index).copyBytes(from: input.bytes) }
        try run()
        return (0..<outputCount).map { output in
            TensorValue(
                outputDType(output), (0..<outputRank(output)).map { outputDimension(output, $0) },
                bytes: outputBytes(output))
        }
    }
}

extension Graph {
    /// A graph of one node. Its tensors are inputs with free dimensions where `isFixed` is false.
    static func node(
        _ op: String, _ tensors: [TensorValue?], _ attributes: [String: Attribute] = [:], outputs: Int = 1,
        isFixed: Bool, constants: Set<Int> = []
    ) throws -> Graph {
        var builder = GraphBuilder()
        var names: [String] = []
        for (index, tensor) in tensors.enumerated() {
            guard let tensor else {
                names.append("")
                continue
            }
            if constants.contains(index) {
                names.append(builder.constant("c\(index)", try tensor.constant))
            } else {
                // Lists, and tuples of indices, keep their lengths: they are ranks of results.
                let shape = tensor.shape.enumerated().map { axis, extent in
                    isFixed || tensor.shape.count < 2 || index > 0 && tensor.dtype == .i64
                        ? Dimension.constant(extent) : .symbol("x\(index).\(axis)")
                }
                names.append(builder.input("x\(index)", tensor.dtype, shape))
            }
        }
        for output in builder.node(op, op, names, attributes, outputs: outputs) { builder.output(output) }
        return try builder.finish()
    }
}
