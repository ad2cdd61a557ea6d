import PackCore
import PackFormats
import PackGraph

extension ONNXImporter {
    /// Bytes that a tensor may take that is not stored as it is used.
    static let denseLimit = 1 << 28

    /// Adds inputs, fixed tensors and what is said of other values.
    mutating func addEdges(_ graph: ONNXGraph) {
        // What a run brings, or the user fixes, stands in the place of defaults.
        let given = Set(edges.inputs.map(\.name))
        for tensor in graph.initializers where !given.contains(tensor.name) {
            add(tensor, as: tensor.name)
        }
        for tensor in graph.sparseInitializers where !given.contains(tensor.values.name) {
            do throws(ONNXRefusal) {
                add(tensor.values.name, try dense(tensor))
            } catch { note(value: tensor.values.name, error) }
        }
        for input in edges.inputs { add(input) }
        for value in graph.values + graph.outputs {
            if let type = edges.type(of: value.name, value.type) { state(value.name, type) }
        }
    }

    /// A fixed tensor. One that cannot be computed with is noted where something reads it.
    private mutating func add(_ tensor: ONNXTensor, as name: String) {
        do throws(ONNXRefusal) {
            add(name, try constant(tensor))
        } catch {
            guard used.contains(name) else { return }
            note(value: name, error)
            // Whatever reads it finds a value of unknown contents.
            graph.inputs.append(Port(name, TensorType(.u8, tensor.shape.map(Dimension.constant))))
        }
    }

    private mutating func add(_ input: ONNXEdges.Input) {
        switch input {
        case .tensor(let port):
            graph.inputs.append(port)
            graph.types[port.name] = port.type
            state(port.name, port.type)
        case .constant(let name, let constant):
            add(name, constant)
            settled.insert(name)
        case .texts(let name, let values, let shape):
            do throws(ONNXRefusal) { add(name, try texts(values, shape: shape)) } catch { note(value: name, error) }
            settled.insert(name)
        case .list(let name, let entries):
            for entry in entries { add(entry) }
            sequences[name] = entries.map(\.name)
        case .absent(let name): absent.insert(name)
        case .refused(let name, let refusal):
            needed[name] = refusal.unknown
            note(value: name, refusal)
            graph.inputs.append(Port(name, TensorType(.u8, [.symbol("\(name).0")])))
        }
    }

    /// A tensor of the file as a constant, whose bytes the mapped file lends where it can.
    func constant(_ tensor: ONNXTensor) throws(ONNXRefusal) -> Constant {
        guard let dtype = tensor.type.dtype else {
            throw ONNXRefusal(
                .unsupportedType, found: "a tensor of \(tensor.type.name)", expected: "a tensor of numbers or texts")
        }
        if dtype == .string { return try texts(file.texts(of: tensor), shape: tensor.shape) }
        do throws(GraphError) {
            if let bits = tensor.type.bits, bits < 8 {
                let bytes = Self.unpacked(file.bytes(of: tensor), bits: bits, dtype)
                return try Constant(dtype, tensor.shape, bytes: Array(bytes.prefix(try Self.count(tensor))))
            }
            if let (file, range) = file.mapped(tensor) {
                return try Constant(dtype, tensor.shape, lent: { body in file.withBytes(in: range) { body($0) } })
            }
            return try Constant(dtype, tensor.shape, bytes: file.bytes(of: tensor))
        } catch { throw ONNXRefusal(.invalid, found: error.found, expected: error.expected) }
    }

    private static func count(_ tensor: ONNXTensor) throws(GraphError) -> Int {
        var count = 1
        for extent in tensor.shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            guard !overflow, product >= 0 else {
                throw GraphError(.overflow, found: "shape \(tensor.shape)", expected: "fewer than 2^63 elements")
            }
            count = product
        }
        return count
    }

    /// Elements of 2 or 4 bits, the first in the lowest bits of a byte, one to a byte.
    private static func unpacked(_ bytes: [UInt8], bits: Int, _ dtype: DType) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count * 8 / bits)
        let mask = UInt8(1 << bits - 1)
        for byte in bytes {
            for shift in stride(from: 0, to: 8, by: bits) {
                let code = byte >> UInt8(shift) & mask
                result.append(dtype.isFloat ? code : UInt8(truncatingIfNeeded: NarrowInteger.value(code, dtype)))
            }
        }
        return result
    }

    /// A sparse tensor with its zeros.
    func dense(_ tensor: ONNXSparseTensor) throws(ONNXRefusal) -> Constant {
        let values = try constant(tensor.values)
        let size = values.dtype.size
        let (count, overflow) = tensor.shape.reduce((1, false)) { result, extent in
            let (product, tooLarge) = result.0.multipliedReportingOverflow(by: extent)
            return (product, result.1 || tooLarge)
        }
        guard !overflow, count <= Self.denseLimit / size else {
            throw .use("a sparse tensor of shape \(tensor.shape)", "at most \(Self.denseLimit) bytes with its zeros")
        }
        let positions = try positions(tensor, count: count)
        var bytes = [UInt8](repeating: 0, count: count * size)
        values.withBytes { source in
            for (index, position) in positions.enumerated() where (index + 1) * size <= source.count {
                for byte in 0..<size { bytes[position * size + byte] = source[index * size + byte] }
            }
        }
        do throws(GraphError) {
            return try Constant(values.dtype, tensor.shape, bytes: bytes)
        } catch { throw ONNXRefusal(.invalid, found: error.found, expected: error.expected) }
    }

    /// Row-major positions of a sparse tensor's values.
    private func positions(_ tensor: ONNXSparseTensor, count: Int) throws(ONNXRefusal) -> [Int] {
        let indices = (try? constant(tensor.indices).integers()) ?? []
        let isFlat = tensor.indices.shape.count == 1
        let rank = isFlat ? 1 : tensor.shape.count
        let extents = isFlat ? [count] : tensor.shape
        var result: [Int] = []
        for start in stride(from: 0, to: indices.count, by: max(rank, 1)) {
            var position = 0
            for axis in 0..<rank {
                let index = indices[start + axis]
                guard (0..<extents[axis]).contains(index) else {
                    throw ONNXRefusal(.invalid, found: "index \(index)", expected: "an index into \(extents[axis])")
                }
                position = position * extents[axis] + index
            }
            result.append(position)
        }
        return result
    }
}
