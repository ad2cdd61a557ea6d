import PackFormats
import PackGraph
import PackIO
import PackImport

/// The tensors that a run is handed.
struct RunInputs {
    /// Where they come from.
    enum Source {
        /// An `.npz` file with the arrays by name; entries of the list `x` are called `x.0`, `x.1`, ….
        case archive(String)
        /// A file for each input, by the input's name: an `.npy` file for a tensor, an `.npz` file for a list.
        case files([(name: String, path: String)])
    }

    /// Arrays by name, entries of lists as `NAME.0`, `NAME.1`, ….
    private(set) var arrays: [NamedArray] = []
    /// Where the array of a name is.
    private var places: [String: Int] = [:]
    /// Lengths of the lists among them.
    private(set) var lengths: [String: Int] = [:]
    /// What to call the source in messages.
    let file: String
    /// Whether each input was named by the user, so that one that the model does not have is a mistake.
    let isExplicit: Bool

    init(_ source: Source) throws {
        switch source {
        case .archive(let path):
            (file, isExplicit) = (path, false)
            arrays = try NPZ.read(path)
        case .files(let files):
            (file, isExplicit) = ("--input", true)
            for file in files { try add(file.name, file.path) }
        }
        for (place, array) in arrays.enumerated() where places[array.name] == nil { places[array.name] = place }
    }

    private mutating func add(_ name: String, _ path: String) throws {
        guard path.hasSuffix(".npz") else {
            arrays.append(try NPY.read(path, name: name))
            return
        }
        let list = try NPZ.read(path)
        lengths[name] = list.count
        for (index, array) in list.enumerated() {
            var entry = array
            entry.name = ONNXSpecialization.entry(index, of: name)
            arrays.append(entry)
        }
    }

    /// The array of a name.
    subscript(_ name: String) -> NamedArray? { places[name].map { arrays[$0] } }

    /// How many entries a list has; nil for what is no list.
    func length(of name: String) -> Int? {
        if let length = lengths[name] { return length }
        var count = 0
        while self[ONNXSpecialization.entry(count, of: name)] != nil { count += 1 }
        return count > 0 ? count : nil
    }
}

/// An ONNX model imported for the inputs at hand: their values and shapes are known, so that what decides the structure of the
/// graph can be taken as fixed for the run.
struct RunImport {
    private(set) var imported: ONNXImport
    /// What was taken as fixed, a line each.
    private(set) var notes: [String] = []

    private let given: RunInputs?

    /// Rounds in which what was fixed shows what else has to be.
    private static let rounds = 32

    /// Imports a file.
    ///
    /// - Parameters:
    ///   - fixed: What the user fixed.
    ///   - given: The inputs at hand.
    init(_ path: String, _ fixed: ONNXSpecialization, _ given: RunInputs?) throws {
        let file = try ONNXImport.read(path)
        var fixed = fixed
        if let given {
            for info in try ONNXImport.neededInputs(file, fixed) { Self.fix(info.name, info.type, given, &fixed) }
        }
        self.given = given
        imported = try ONNXImport(file, fixed)
        for _ in 0..<Self.rounds {
            guard try fix(imported.problems) else { break }
        }
    }

    /// Imports again with what is known of the inputs and was lacking.
    ///
    /// - Returns: Whether anything of it was known.
    mutating func fix(_ problems: [ONNXProblem]) throws -> Bool {
        guard let given else { return false }
        var fixed = imported.specialization
        let made = problems.flatMap(\.needs).compactMap { Self.fix($0, given, imported.graph, &fixed) }
        guard !made.isEmpty else { return false }
        notes += made
        imported = try ONNXImport(imported.file, fixed)
        return true
    }

    /// Lengths of lists, and inputs that are not there, are never known from the file alone.
    private static func fix(
        _ name: String, _ type: ONNXType, _ given: RunInputs, _ fixed: inout ONNXSpecialization
    ) {
        switch type {
        case .optional(let inner):
            let isGiven = given[name] != nil || given.length(of: name) != nil || fixed.values[name] != nil
            guard isGiven || fixed.lengths[name] != nil else {
                fixed.absent.insert(name)
                return
            }
            fix(name, inner, given, &fixed)
        case .sequence(let inner):
            guard let length = fixed.lengths[name] ?? given.length(of: name) else { return }
            fixed.lengths[name] = length
            guard case .tensor(_, nil) = inner, fixed.shapes[name] == nil else { return }
            for index in 0..<min(length, ONNXSpecialization.lengthLimit) {
                let entry = ONNXSpecialization.entry(index, of: name)
                if fixed.shapes[entry] == nil { fixed.shapes[entry] = given[entry]?.shape }
            }
        default: break
        }
    }

    /// Fixes what an import lacks, if the inputs tell it; what is said of it.
    private static func fix(
        _ need: ONNXNeed, _ given: RunInputs, _ graph: Graph, _ fixed: inout ONNXSpecialization
    ) -> String? {
        switch need {
        case .value(let name):
            guard fixed.values[name] == nil, let array = given[name] else { return nil }
            fixed.values[name] = .array(array)
            return "the value of \(name) is taken as fixed, for it decides what is computed"
        case .shape(let name):
            guard fixed.shapes[name] == nil, let array = given[name] else { return nil }
            fixed.shapes[name] = array.shape
            return "the shape of \(name) is taken as fixed: \(array.shape)"
        case .dimension(let symbol):
            guard fixed.shapes[symbol] == nil else { return nil }
            for port in graph.inputs {
                guard let axis = port.type.shape.firstIndex(of: .symbol(symbol)), let array = given[port.name],
                    array.shape.indices.contains(axis)
                else { continue }
                fixed.shapes[symbol] = [array.shape[axis]]
                return "\(symbol) is taken as fixed: \(array.shape[axis])"
            }
            return nil
        case .length: return nil
        }
    }
}
