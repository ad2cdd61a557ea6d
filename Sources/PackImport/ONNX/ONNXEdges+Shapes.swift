import PackCore
import PackFormats
import PackGraph

// Extents of inputs after fixing.
extension ONNXEdges {
    /// A dimension as it is after fixing; `entry` is the input, or entry of a list, that it is of.
    func dimension(_ dimension: ONNXDimension, _ entry: String, _ axis: Int, isInList: Bool) -> Dimension {
        switch dimension {
        case .extent(let extent): return .constant(extent)
        case .name(let name):
            if let extent = extents[name] { return .constant(extent) }
            // Entries of a list need not be alike.
            return own(isInList ? "\(entry).\(axis)" : name)
        case .unknown: return own("\(entry).\(axis)")
        }
    }

    func own(_ name: String) -> Dimension { extents[name].map(Dimension.constant) ?? .symbol(name) }

    /// A type of a value of the file as it is after fixing.
    func type(of name: String, _ type: ONNXType) -> TensorType? {
        guard case .tensor(let element, let shape?) = type, let dtype = element?.dtype else { return nil }
        return TensorType(
            dtype, shape.enumerated().map { dimension($0.element, name, $0.offset, isInList: false) })
    }

    /// Names of the dimensions of a type, of lists' entries too.
    static func symbols(_ type: ONNXType, _ name: String) -> [String] {
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
        case .map: [entries(of: name)]
        default: []
        }
    }

    /// Notes the extents of an input whose whole shape, or whose value, is given.
    mutating func fixShape(_ name: String, _ type: ONNXType) throws(ImportError) {
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

    mutating func fix(_ name: String, _ shape: [Dimension]) throws(ImportError) {
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
}
