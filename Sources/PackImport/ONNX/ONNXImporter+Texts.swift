import PackCore
import PackFormats
import PackGraph

/// The texts of a model's constants, numbered as they come.
final class ONNXTexts {
    var table = TextTable()
}

extension ONNXImporter {
    /// A constant of texts, which must be UTF-8 and as many as the shape has elements.
    func texts(_ values: [[UInt8]], shape: [Int]) throws(ONNXRefusal) -> Constant {
        let codes = try values.map { text throws(ONNXRefusal) in try code(text) }
        do throws(GraphError) { return try Constant(codes: codes, shape: shape) } catch {
            throw ONNXRefusal(.invalid, found: error.found, expected: error.expected)
        }
    }

    /// The code of a text, which must be UTF-8.
    func code(_ text: [UInt8]) throws(ONNXRefusal) -> Int {
        guard text.withUnsafeBufferPointer({ UTF8Decoding.isValid($0) }) else {
            throw ONNXRefusal(
                .invalid, found: "a text with bytes that are not UTF-8",
                expected: "UTF-8", hint: "strings of ONNX models are UTF-8: encode them so before the export")
        }
        return texts.table.code(text)
    }

    /// The name of a list of texts.
    mutating func texts(_ values: [[UInt8]], _ operation: ONNXOperation) throws(ONNXRefusal) -> String {
        let name = uniqueValue("\(operation.name)/texts")
        add(name, try texts(values, shape: [values.count]))
        return name
    }

    /// The name of a tensor of i64 or i32.
    mutating func numbers(
        _ values: [Int], _ dtype: DType, shape: [Int], _ operation: ONNXOperation, _ part: String
    ) throws(ONNXRefusal) -> String {
        let bytes =
            dtype == .i32
            ? values.map { Int32(truncatingIfNeeded: $0) }.withUnsafeBytes { Array($0) }
            : values.withUnsafeBytes { Array($0) }
        do throws(GraphError) {
            let constant = try Constant(dtype, shape, bytes: bytes)
            let name = uniqueValue("\(operation.name)/\(part)")
            add(name, constant)
            return name
        } catch { throw ONNXRefusal(.invalid, found: error.found, expected: error.expected) }
    }
}

extension Array {
    /// `map` for closures with a typed error.
    fileprivate func map<Result, Failure: Error>(
        _ transform: (Element) throws(Failure) -> Result
    ) throws(Failure) -> [Result] {
        var result: [Result] = []
        result.reserveCapacity(count)
        for element in self { result.append(try transform(element)) }
        return result
    }
}

extension ONNXOperation {
    /// A list of texts as bytes, or nil.
    func bytes(_ name: String) throws(ONNXRefusal) -> [[UInt8]]? {
        switch attributes[name] {
        case nil: return nil
        case .strings(let values)?: return values.map { Array($0) }
        default: throw ONNXRefusal(.invalid, found: "attribute \(name) of another kind", expected: "a list of texts")
        }
    }

    /// A text as bytes, or nil.
    func text(bytes name: String) throws(ONNXRefusal) -> [UInt8]? {
        switch attributes[name] {
        case nil: return nil
        case .string(let bytes)?: return Array(bytes)
        default: throw ONNXRefusal(.invalid, found: "attribute \(name) of another kind", expected: "a text")
        }
    }
}
