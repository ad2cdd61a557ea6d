/// Where a tensor's elements are, in a file of their own.
public struct ONNXExternalData: Hashable, Sendable {
    /// The file, relative to the model's folder.
    public let location: String
    /// The first byte.
    public let offset: Int
    /// Bytes; nil: up to the end of the file.
    public let length: Int?
}

/// A tensor of an ONNX file (`TensorProto`): its description, and where its elements are.
public struct ONNXTensor: Sendable {
    /// Its name; empty where none is given.
    public let name: String
    /// Its element type.
    public let type: ONNXElementType
    /// Its extents.
    public let shape: [Int]
    /// Its elements.
    public let count: Int
    /// Where the elements are.
    public let content: Content
    /// The message's first byte in the file.
    public let offset: Int

    /// Where elements are. Ranges are of the file; nothing is copied.
    public enum Content: Hashable, Sendable {
        /// As in memory: row-major, little-endian, without gaps.
        case raw(Range<Int>)
        /// In the numbered list of numbers of the tensor's message, which stands in this range.
        case listed(field: Int, message: Range<Int>)
        /// As texts of the tensor's message, which stands in this range.
        case texts(message: Range<Int>)
        /// In a file of their own.
        case external(ONNXExternalData)
    }

    /// Bytes of all elements without gaps; the bytes of the texts' own for strings are not counted.
    public var byteCount: Int { type.bytes(count: count) ?? 0 }
}

/// A tensor most elements of which are zero (`SparseTensorProto`).
public struct ONNXSparseTensor: Sendable {
    /// The others, a list. Its name is the tensor's.
    public let values: ONNXTensor
    /// Where they belong: positions counted in row-major order `[count]`, or an index an axis `[count, rank]`.
    public let indices: ONNXTensor
    /// The extents.
    public let shape: [Int]
}

extension ONNXSparseTensor: WireDecodable {
    init(_ message: inout WireMessage) throws(ONNXFailure) {
        var values: ONNXTensor?
        var indices: ONNXTensor?
        var shape: [Int] = []
        while let field = try message.next() {
            switch field {
            case 1: try message.message("values", once: &values)
            case 2: try message.message("indices", once: &indices)
            case 3: try message.int64s("dims", into: &shape)
            default: try message.skip()
            }
        }
        guard let values, let indices else {
            throw message.failure(
                .missingField, at: message.range.lowerBound, found: values == nil ? "no values" : "no indices",
                expected: "values and indices")
        }
        _ = try ONNXTensor.count(of: shape, message)
        try Self.check(values, indices, shape, message)
        (self.values, self.indices, self.shape) = (values, indices, shape)
    }

    private static func check(
        _ values: ONNXTensor, _ indices: ONNXTensor, _ shape: [Int], _ message: WireMessage
    ) throws(ONNXFailure) {
        let isFlat = indices.shape == [values.count]
        guard indices.type == .int64, isFlat || indices.shape == [values.count, shape.count] else {
            throw message.failure(
                .dataDisagrees, at: indices.offset, found: "\(indices.type.name) \(indices.shape)",
                expected: "int64 [\(values.count)] or [\(values.count), \(shape.count)]"
            ).inside("indices")
        }
    }
}
