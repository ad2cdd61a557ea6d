import PackCore
import PackFormats
import PackGraph

// What becomes of single inputs.
extension ONNXEdges {
    mutating func input(_ name: String, _ type: ONNXType) throws(ImportError) -> Input {
        switch type {
        case .optional(let inner):
            optional.append(name)
            guard fixed.absent.contains(name) else { return try input(name, inner) }
            done.insert("absent " + name)
            return .absent(name)
        case .sequence(let inner): return try list(name, inner)
        case .map(let key, let value):
            guard let keyType = key?.dtype, case .tensor(let element?, _) = value, let valueType = element.dtype else {
                break
            }
            return try map(name, keyType, valueType)
        case .tensor(let element, let shape):
            guard let dtype = element?.dtype else { break }
            if let shape {
                return try tensor(
                    name,
                    TensorType(
                        dtype, shape.enumerated().map { dimension($0.element, name, $0.offset, isInList: false) }))
            }
            return try unranked(name, dtype, given: fixed.shapes[name])
        default: break
        }
        return .refused(
            name,
            ONNXRefusal(
                .unsupportedType, found: "an input of type \(type)",
                expected: "a tensor of numbers or texts, a list of such, or a map of numbers or texts")
        )
    }

    /// A tensor of unknown rank, unless its shape is given.
    mutating func unranked(_ name: String, _ dtype: DType, given: [Int]?) throws(ImportError) -> Input {
        var given = given
        if case .array(let array)? = fixed.values[name] { given = array.shape }
        if case .text(let text)? = fixed.values[name] {
            given = given ?? (text.contains(",") ? [text.split(separator: ",").count] : [])
        }
        if fixed.shapes[name] != nil { done.insert("shape " + name) }
        guard let given else {
            return .refused(
                name,
                ONNXRefusal(
                    .unsupportedType, found: "an input of unknown rank", expected: "a shape",
                    unknown: [.need(.shape(name))]))
        }
        return try tensor(name, TensorType(dtype, given.map(Dimension.constant)))
    }

    mutating func tensor(_ name: String, _ type: TensorType) throws(ImportError) -> Input {
        guard let value = fixed.values[name] else { return .tensor(Port(name, type)) }
        done.insert("value " + name)
        let reader = ONNXFixedValue(name: name, type: type, file: file)
        guard type.dtype == .string else { return .constant(name, try reader.constant(value)) }
        let (texts, shape) = try reader.texts(value)
        return .texts(name, texts, shape)
    }

    /// A map is a list of two: its keys, and the values in their order.
    private mutating func map(_ name: String, _ key: DType, _ value: DType) throws(ImportError) -> Input {
        let count = own(Self.entries(of: name))
        return .list(
            name,
            [
                try tensor(name + ".keys", TensorType(key, [count])),
                try tensor(name + ".values", TensorType(value, [count])),
            ])
    }

    /// The name of the number of entries of a map.
    static func entries(of map: String) -> String { map + ".entries" }

    mutating func list(_ name: String, _ inner: ONNXType) throws(ImportError) -> Input {
        guard case .tensor(let element, let shape) = inner, let dtype = element?.dtype else {
            return .refused(
                name,
                ONNXRefusal(
                    .unsupportedType, found: "an input of type \(ONNXType.sequence(inner))",
                    expected: "a list of tensors of numbers"))
        }
        guard let length = fixed.lengths[name] else {
            return .refused(
                name,
                ONNXRefusal(
                    .unsupportedUse, found: "a list whose length only running tells", expected: "a known length",
                    unknown: [.need(.length(name))]))
        }
        done.insert("length " + name)
        guard (0...ONNXSpecialization.lengthLimit).contains(length) else {
            throw .contradiction(
                "--length \(name)=\(length)", "0 to \(ONNXSpecialization.lengthLimit)", file: file)
        }
        let whole = fixed.shapes[name]
        if whole != nil { done.insert("shape " + name) }
        var entries: [Input] = []
        for index in 0..<length {
            let entry = ONNXSpecialization.entry(index, of: name)
            guard let shape else {
                entries.append(try unranked(entry, dtype, given: fixed.shapes[entry] ?? whole))
                continue
            }
            if fixed.shapes[entry] != nil { done.insert("shape " + entry) }
            let own = shape.enumerated().map { dimension($0.element, entry, $0.offset, isInList: true) }
            let type = TensorType(dtype, try shaped(own, fixed.shapes[entry] ?? whole, entry))
            entries.append(try tensor(entry, type))
        }
        return .list(name, entries)
    }

    /// The shape of a list's entry, all of it where it is given.
    func shaped(_ shape: [Dimension], _ given: [Int]?, _ entry: String) throws(ImportError) -> [Dimension] {
        guard let given else { return shape }
        let suits = given.count == shape.count && zip(given, shape).allSatisfy { ($1.constant ?? $0) == $0 }
        guard suits else {
            throw .contradiction(
                "--shape \(entry)=\(given.map(String.init).joined(separator: "x"))", "\(shape)", file: file)
        }
        return given.map(Dimension.constant)
    }

    /// Refuses what names nothing that there is.
    func checkNames(_ symbols: [String], _ irrelevant: Set<String>) throws(ImportError) {
        func isWrong(_ kind: String, _ name: String) -> Bool {
            !done.contains("\(kind) \(name)") && !irrelevant.contains(name)
        }
        var seen: Set<String> = []
        let dimensions = (symbols + inputs.map(\.name)).filter { seen.insert($0).inserted }
        for name in fixed.shapes.keys.sorted() where isWrong("shape", name) {
            throw .noSuchName(name, "--shape", among: dimensions, file: file)
        }
        for name in fixed.values.keys.sorted() where isWrong("value", name) {
            throw .noSuchName(name, "--value", among: inputs.flatMap(\.tensorNames), file: file)
        }
        for name in fixed.lengths.keys.sorted() where isWrong("length", name) {
            throw .noSuchName(name, "--length", among: inputs.filter(\.isList).map(\.name), file: file)
        }
        for name in fixed.absent.sorted() where isWrong("absent", name) {
            throw .noSuchName(name, "--absent", among: optional, file: file)
        }
    }
}
