/// The type of a value (`TypeProto`).
public indirect enum ONNXType: Hashable, Sendable {
    /// A tensor; no shape where not even the rank is known.
    case tensor(ONNXElementType?, [ONNXDimension]?)
    /// A tensor most elements of which are zero.
    case sparseTensor(ONNXElementType?, [ONNXDimension]?)
    /// A list of values of one type.
    case sequence(ONNXType)
    /// Values of one type by keys of another.
    case map(ONNXElementType?, ONNXType)
    /// A value or none.
    case optional(ONNXType)
    /// A type that somebody else defines.
    case opaque(domain: String, name: String)
    /// No type is given.
    case unknown
}

/// An extent in a type.
public enum ONNXDimension: Hashable, Sendable {
    /// A number.
    case extent(Int)
    /// A name; equal names are equal extents.
    case name(String)
    /// Neither.
    case unknown
}

extension ONNXType: CustomStringConvertible {
    /// `float[batch, 3, 224, 224]`, `sequence of int64[?]`.
    public var description: String {
        switch self {
        case .tensor(let type, let shape): Self.text(type, shape)
        case .sparseTensor(let type, let shape): "sparse " + Self.text(type, shape)
        case .sequence(let type): "sequence of \(type)"
        case .map(let key, let type): "map of \(key?.name ?? "?") to \(type)"
        case .optional(let type): "optional \(type)"
        case .opaque(let domain, let name): "opaque \(domain).\(name)"
        case .unknown: "?"
        }
    }

    private static func text(_ type: ONNXElementType?, _ shape: [ONNXDimension]?) -> String {
        let list = shape.map { "[" + $0.map(\.description).joined(separator: ", ") + "]" }
        return (type?.name ?? "?") + (list ?? "")
    }
}

extension ONNXDimension: CustomStringConvertible {
    /// The number or name, `?` where there is neither.
    public var description: String {
        switch self {
        case .extent(let extent): "\(extent)"
        case .name(let name): name
        case .unknown: "?"
        }
    }
}

extension ONNXType: WireDecodable {
    init(_ message: inout WireMessage) throws(ONNXFailure) {
        var found: ONNXType?
        while let field = try message.next() {
            let type: ONNXType
            switch field {
            case 1: type = try message.message("tensor_type", as: ONNXTensorType.self).dense
            case 8: type = try message.message("sparse_tensor_type", as: ONNXTensorType.self).sparse
            case 4: type = .sequence(try message.message("sequence_type", as: ONNXElement.self).type)
            case 9: type = .optional(try message.message("optional_type", as: ONNXElement.self).type)
            case 5:
                let map = try message.message("map_type", as: ONNXMapType.self)
                type = .map(map.key, map.value)
            case 7: type = try message.message("opaque_type", as: ONNXOpaqueType.self).type
            default:
                try message.skip()
                continue
            }
            guard found == nil else {
                throw message.failure(.repeatedField, found: "a second kind of type", expected: "one kind")
            }
            found = type
        }
        self = found ?? .unknown
    }
}

/// An element type as types give it: 0 is none.
private func elementType(_ message: inout WireMessage, _ name: StaticString) throws(ONNXFailure) -> ONNXElementType? {
    let code = try message.int32(name)
    if code == 0 { return nil }
    guard let type = ONNXElementType(rawValue: code) else {
        throw message.failure(
            .elementType, found: "\(code)", expected: "1 to \(ONNXElementType.allCases.count)"
        ).inside(name)
    }
    return type
}

private struct ONNXTensorType: WireDecodable {
    var type: ONNXElementType?
    var shape: ONNXShape?

    init(_ message: inout WireMessage) throws(ONNXFailure) {
        while let field = try message.next() {
            switch field {
            case 1: type = try elementType(&message, "elem_type")
            case 2: try message.message("shape", once: &shape)
            default: try message.skip()
            }
        }
    }

    var dense: ONNXType { .tensor(type, shape?.dimensions) }
    var sparse: ONNXType { .sparseTensor(type, shape?.dimensions) }
}

private struct ONNXShape: WireDecodable {
    var dimensions: [ONNXDimension] = []

    init(_ message: inout WireMessage) throws(ONNXFailure) {
        var list: [Entry] = []
        while let field = try message.next() {
            if field == 1 { try message.message("dim", into: &list) } else { try message.skip() }
        }
        guard list.count <= 64 else {
            throw message.failure(
                .rankTooHigh, at: message.range.lowerBound, found: "\(list.count) axes", expected: "at most 64")
        }
        dimensions = list.map(\.dimension)
    }

    private struct Entry: WireDecodable {
        var dimension = ONNXDimension.unknown

        init(_ message: inout WireMessage) throws(ONNXFailure) {
            while let field = try message.next() {
                switch field {
                case 1:
                    // Exporters write unknown extents as −1 too.
                    let extent = try message.int64("dim_value")
                    dimension = extent < 0 ? .unknown : .extent(extent)
                case 2:
                    let name = try message.text("dim_param")
                    // Some exporters call all that they do not know the same.
                    dimension = name.isEmpty || name == "?" ? .unknown : .name(name)
                default: try message.skip()
                }
            }
        }
    }
}

/// What a sequence or an optional holds.
private struct ONNXElement: WireDecodable {
    var type = ONNXType.unknown

    init(_ message: inout WireMessage) throws(ONNXFailure) {
        while let field = try message.next() {
            if field == 1 { type = try message.message("elem_type") } else { try message.skip() }
        }
    }
}

private struct ONNXMapType: WireDecodable {
    var key: ONNXElementType?
    var value = ONNXType.unknown

    init(_ message: inout WireMessage) throws(ONNXFailure) {
        while let field = try message.next() {
            switch field {
            case 1: key = try elementType(&message, "key_type")
            case 2: value = try message.message("value_type")
            default: try message.skip()
            }
        }
    }
}

private struct ONNXOpaqueType: WireDecodable {
    var type = ONNXType.unknown

    init(_ message: inout WireMessage) throws(ONNXFailure) {
        var domain = ""
        var name = ""
        while let field = try message.next() {
            switch field {
            case 1: domain = try message.text("domain")
            case 2: name = try message.text("name")
            default: try message.skip()
            }
        }
        type = .opaque(domain: domain, name: name)
    }
}
