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
        /// Texts that are fixed, and their shape.
        case texts(String, [[UInt8]], [Int])
        /// A list: its name and its entries, which are tensors or constants.
        case list(String, [Input])
        /// An optional input that is not there.
        case absent(String)
        /// One that cannot be taken, with what would help.
        case refused(String, ONNXRefusal)
    }

    var inputs: [Input] = []
    /// Extents of named dimensions.
    var extents: [String: Int] = [:]
    /// Names of the dimensions and inputs that were fixed, of those that were to be.
    var done: Set<String> = []
    /// Inputs that need not be there.
    var optional: [String] = []
    let fixed: ONNXSpecialization
    let file: String

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
}

extension ONNXEdges.Input {
    /// The name that the file has for it.
    var name: String {
        switch self {
        case .tensor(let port): port.name
        case .constant(let name, _), .texts(let name, _, _), .list(let name, _), .absent(let name),
            .refused(let name, _):
            name
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
