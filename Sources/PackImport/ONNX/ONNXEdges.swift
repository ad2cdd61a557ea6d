import PackCore
import PackFormats
import PackGraph

/// The inputs of a model after what was fixed of them.
struct ONNXEdges {
    /// What became of an input.
    enum Input {
        /// A tensor that a run brings.
        case tensor(Port)
        /// A value that is fixed.
        case constant(String, Constant)
        /// A list: its name and its entries, which are tensors or constants.
        case list(String, [Input])
        /// An optional input that is not there.
        case absent(String)
        /// One that cannot be taken, with what would help.
        case refused(String, ONNXRefusal)
    }

    private(set) var inputs: [Input] = []
    /// Extents of named dimensions.
    private(set) var extents: [String: Int] = [:]
    /// Names of the dimensions and inputs that were fixed, of those that were to be.
    private var done: Set<String> = []
    /// Inputs that need not be there.
    private var optional: [String] = []
    private let fixed: ONNXSpecialization
    private let file: String

    /// Finds what the inputs become.
    ///
    /// - Parameters:
    ///   - infos: The inputs of the file that are needed.
    ///   - ports: Values that become inputs by a cut.
    ///   - dropped: The inputs that are not needed; what is said of them does not matter.
    ///   - defaults: Names of inputs that have a value of the file's.
    init(
        _ infos: [ONNXValueInfo], _ ports: [Port], dropped: [ONNXValueInfo], defaults: Set<String>,
        _ fixed: ONNXSpecialization, file: String
    ) throws(ImportError) {
        (self.fixed, self.file) = (fixed, file)
        let asked = infos.filter { !defaults.contains($0.name) || fixed.values[$0.name] != nil }
        let symbols =
            asked.flatMap { Self.symbols($0.type, $0.name) } + ports.flatMap { $0.type.shape.flatMap(\.symbols) }
        for name in fixed.shapes.keys.sorted() {
            guard let shape = fixed.shapes[name], shape.count == 1, symbols.contains(name) else { continue }
            done.insert("shape " + name)
            extents[name] = shape[0]
        }
        // Shapes of whole inputs fix dimensions, of other inputs too.
        for info in asked { try fixShape(info.name, info.type) }
        for port in ports { try fix(port.name, port.type.shape) }
        for port in ports { inputs.append(try tensor(port.name, port.type)) }
        for info in asked { inputs.append(try input(info.name, info.type)) }
        let irrelevant = Set(dropped.map(\.name) + dropped.flatMap { Self.symbols($0.type, $0.name) })
        try checkNames(symbols, irrelevant)
    }

    // MARK: Extents

    /// A dimension as it is after fixing; `entry` is the input, or entry of a list, that it is of.
    private func dimension(_ dimension: ONNXDimension, _ entry: String, _ axis: Int, isInList: Bool) -> Dimension {
        switch dimension {
        case .extent(let extent): return .constant(extent)
        case .name(let name):
            if let extent = extents[name] { return .constant(extent) }
            // Entries of a list need not be alike.
            return own(isInList ? "\(entry).\(axis)" : name)
        case .unknown: return own("\(entry).\(axis)")
        }
    }

    private func own(_ name: String) -> Dimension { extents[name].map(Dimension.constant) ?? .symbol(name) }

    /// A type of a value of the file as it is after fixing.
    func type(of name: String, _ type: ONNXType) -> TensorType? {
        guard case .tensor(let element, let shape?) = type, let dtype = element?.dtype else { return nil }
        return TensorType(
            dtype, shape.enumerated().map { dimension($0.element, name, $0.offset, isInList: false) })
    }

    /// Names of the dimensions of a type, of lists' entries too.
    private static func symbols(_ type: ONNXType, _ name: String) -> [String] {
        switch type {
        case .tensor(_, let shape?):
            shape.enumerated().compactMap { axis, dimension in
                switch dimension {
                case .extent: nil
                case .name(let symbol): symbol
                case .unknown: "\(name).\(axis)"
                }
            }
        case .sequence(let inner), .optional(let inner):
            symbols(inner, name).filter { !$0.hasPrefix(name + ".") }
        default: []
        }
    }

    /// Notes the extents of an input whose whole shape, or whose value, is given.
    private mutating func fixShape(_ name: String, _ type: ONNXType) throws(ImportError) {
        switch type {
        case .optional(let inner): try fixShape(name, inner)
        case .tensor(let element, let shape?):
            guard element?.dtype != nil else { return }
            // What is fixed already is looked at too, so that contradictions are found.
            try fix(
                name,
                shape.enumerated().map { axis, dimension -> Dimension in
                    switch dimension {
                    case .extent(let extent): .constant(extent)
                    case .name(let symbol): .symbol(symbol)
                    case .unknown: .symbol("\(name).\(axis)")
                    }
                })
        default: break
        }
    }

    private mutating func fix(_ name: String, _ shape: [Dimension]) throws(ImportError) {
        var given = fixed.shapes[name]
        if given != nil, done.contains("shape " + name) { given = nil }
        if given != nil { done.insert("shape " + name) }
        if given == nil, case .array(let array)? = fixed.values[name] { given = array.shape }
        guard let given else { return }
        func refuse(_ expected: String) -> ImportError {
            .contradiction("--shape \(name)=\(given.map(String.init).joined(separator: "x"))", expected, file: file)
        }
        guard given.count == shape.count else { throw refuse("\(shape.count) extents for \(shape)") }
        for (extent, dimension) in zip(given, shape) {
            switch dimension {
            case .constant(let known):
                guard known == extent else { throw refuse("\(shape)") }
            case .symbol(let symbol):
                guard extents[symbol] ?? extent == extent else {
                    throw refuse("\(shape) with \(symbol)=\(extents[symbol] ?? 0)")
                }
                extents[symbol] = extent
            default: break
            }
        }
    }

    // MARK: Inputs

    private mutating func input(_ name: String, _ type: ONNXType) throws(ImportError) -> Input {
        switch type {
        case .optional(let inner):
            optional.append(name)
            guard fixed.absent.contains(name) else { return try input(name, inner) }
            done.insert("absent " + name)
            return .absent(name)
        case .sequence(let inner): return try list(name, inner)
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
                .unsupportedType, found: "an input of type \(type)", expected: "a tensor of numbers, or a list of such")
        )
    }

    /// A tensor of unknown rank, unless its shape is given.
    private mutating func unranked(_ name: String, _ dtype: DType, given: [Int]?) throws(ImportError) -> Input {
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

    private mutating func tensor(_ name: String, _ type: TensorType) throws(ImportError) -> Input {
        guard let value = fixed.values[name] else { return .tensor(Port(name, type)) }
        done.insert("value " + name)
        return .constant(name, try ONNXFixedValue(name: name, type: type, file: file).constant(value))
    }

    private mutating func list(_ name: String, _ inner: ONNXType) throws(ImportError) -> Input {
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
    private func shaped(_ shape: [Dimension], _ given: [Int]?, _ entry: String) throws(ImportError) -> [Dimension] {
        guard let given else { return shape }
        let suits = given.count == shape.count && zip(given, shape).allSatisfy { ($1.constant ?? $0) == $0 }
        guard suits else {
            throw .contradiction(
                "--shape \(entry)=\(given.map(String.init).joined(separator: "x"))", "\(shape)", file: file)
        }
        return given.map(Dimension.constant)
    }

    // MARK: Names

    /// Refuses what names nothing that there is.
    private func checkNames(_ symbols: [String], _ irrelevant: Set<String>) throws(ImportError) {
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

extension ONNXEdges.Input {
    /// The name that the file has for it.
    var name: String {
        switch self {
        case .tensor(let port): port.name
        case .constant(let name, _), .list(let name, _), .absent(let name), .refused(let name, _): name
        }
    }

    /// Names of the tensors that it is made of.
    var tensorNames: [String] {
        switch self {
        case .list(_, let entries): entries.flatMap(\.tensorNames)
        case .absent: []
        default: [name]
        }
    }

    var isList: Bool {
        switch self {
        case .list: true
        case .refused(_, let refusal): refusal.unknown.contains(.need(.length(name)))
        default: false
        }
    }
}
