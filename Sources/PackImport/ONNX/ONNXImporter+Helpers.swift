import PackCore
import PackGraph

// Small computations that several rules are made of.
extension ONNXImporter {
    /// A cast, unless the value is of the type already.
    mutating func cast(_ value: String, to dtype: DType, _ operation: ONNXOperation) -> String {
        if graph.types[value]?.dtype == dtype { return value }
        return helper("Cast", operation, [value], ["to": .dtype(dtype)])
    }

    /// A constant that is made of an operation's weights; its name.
    mutating func addWeights(
        _ operation: ONNXOperation, _ make: () throws(GraphError) -> Constant
    ) throws(ONNXRefusal) -> String {
        let name = uniqueValue("\(operation.name)/weights")
        do throws(GraphError) {
            add(name, try make())
        } catch { throw ONNXRefusal(.invalid, found: error.found, expected: error.expected) }
        return name
    }

    /// Numbers of f64.
    mutating func doubles(_ values: [Double], shape: [Int], _ operation: ONNXOperation) -> String {
        let name = uniqueValue("\(operation.name)/values")
        let bytes = values.withUnsafeBytes { Array($0) }
        if let constant = try? Constant(.f64, shape, bytes: bytes) { add(name, constant) }
        return name
    }

    /// The extent of an axis, a scalar of i64.
    mutating func extent(of value: String, axis: Int, _ operation: ONNXOperation) throws(ONNXRefusal) -> String {
        let shape = try shape(value)
        guard shape.indices.contains(axis) else {
            throw ONNXRefusal(.invalid, found: "\(shape)", expected: "more than \(axis) axes")
        }
        if let extent = shape[axis].constant { return integers([extent], shape: []) }
        let list = helper("Shape", operation, [value])
        return helper("Gather", operation, [list, integers([axis], shape: [])])
    }

    /// 0, 1, … up to a number.
    mutating func positions(below count: String, _ operation: ONNXOperation) -> String {
        helper("Range", operation, [integers([0], shape: []), count, integers([1], shape: [])])
    }

    /// The extent of an axis that must be known.
    func known(_ value: String, axis: Int) throws(ONNXRefusal) -> Int {
        let shape = try shape(value)
        guard shape.indices.contains(axis), let extent = shape[axis].constant else {
            throw ONNXRefusal(
                .unsupportedUse, found: "\(shape)", expected: "a known extent of axis \(axis)",
                unknown: [.shape(value)])
        }
        return extent
    }

    /// Refuses a value that cannot have one of the given shapes.
    func expect(
        _ value: String, _ wanted: [Dimension], or other: [Dimension]? = nil
    ) throws(ONNXRefusal) {
        let found = try shape(value)
        for shape in [wanted, other ?? wanted] where shape.count == found.count {
            let differs = zip(found, shape).contains { own, given in
                guard let a = own.constant, let b = given.constant else { return false }
                return a != b
            }
            if !differs { return }
        }
        let expected = other.map { "\(wanted) or \($0)" } ?? "\(wanted)"
        throw ONNXRefusal(.invalid, found: "'\(value)' of shape \(found)", expected: expected)
    }

    /// A value cut along an axis into parts of the given extents.
    mutating func parts(of value: String, axis: Int, _ sizes: [Int], _ operation: ONNXOperation) -> [String] {
        let outputs = sizes.indices.map { uniqueValue("\(operation.name)/part\($0)") }
        emit(
            "Split", operation, [value, integers(sizes)], ["axis": .int(axis)], outputs: outputs,
            name: uniqueNode("\(operation.name)/Split"))
        return outputs
    }

    /// x · sigmoid(x).
    mutating func silu(_ x: String, _ operation: ONNXOperation) -> String {
        helper("Mul", operation, [x, helper("Sigmoid", operation, [x])])
    }

    /// Each entry of an axis so many times, one after the other.
    mutating func repeated(
        _ value: String, axis: Int, times: Int, _ operation: ONNXOperation
    ) throws(ONNXRefusal) -> String {
        guard times != 1 else { return value }
        let shape = try shape(value)
        guard shape.indices.contains(axis), times > 0, times <= 1 << 16 else {
            throw .use("\(shape) repeated \(times) times", "at most 65536")
        }
        var target = [Int](repeating: 0, count: axis)
        for index in axis..<shape.count {
            let extent = shape[index].constant.map { $0.multipliedReportingOverflow(by: index == axis ? times : 1) }
            guard extent?.overflow != true, extent != nil || !target.contains(-1) else {
                throw .use("\(shape)", "at most one unknown extent from axis \(axis) on")
            }
            target.append(extent?.partialValue ?? -1)
        }
        let apart = helper("Unsqueeze", operation, [value, integers([axis + 1])])
        let copies = helper(
            "Concat", operation, Array(repeating: apart, count: times), ["axis": .int(axis + 1)])
        return helper("Reshape", operation, [copies, integers(target)])
    }

    /// A list along one axis of a tensor of so many axes; scalars and tensors of full rank stay.
    mutating func along(
        _ axis: Int, rank: Int, _ value: String, _ operation: ONNXOperation
    ) throws(ONNXRefusal) -> String {
        guard try shape(value).count == 1, rank > 1, axis < rank - 1 else { return value }
        return helper("Unsqueeze", operation, [value, integers(Array(1..<rank - axis))])
    }

    /// Emits what an output of an operation is, under the output's name.
    mutating func give(_ value: String, as index: Int, of operation: ONNXOperation) {
        guard let output = operation.output(index) else { return }
        emit("Identity", operation, [value], outputs: [output], name: "\(operation.name)/output\(index)")
    }
}
