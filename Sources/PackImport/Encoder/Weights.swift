import PackCore
import PackFormats
import PackGraph
import PackIO

/// Finds tensors of a checkpoint by name, checks their shapes, and lends them to the graph.
struct Weights {
    let checkpoint: Checkpoint
    /// What stands before the names of the encoder's tensors.
    let prefix: String
    /// What the graph puts before the names of this checkpoint's tensors, to tell them from another's.
    let namespace: String
    /// Names that the graph reads.
    private(set) var used: Set<String> = []

    init(_ checkpoint: Checkpoint, prefix: String = "", namespace: String = "") {
        self.checkpoint = checkpoint
        self.prefix = prefix
        self.namespace = namespace
    }

    /// Names that the graph does not read, in the checkpoint's order.
    var unused: [String] { checkpoint.names.filter { !used.contains($0) } }

    /// The prefix under which an encoder's word table stands.
    static func prefix(in checkpoint: Checkpoint, of family: EncoderFamily) throws(ImportError) -> String {
        let table = "embeddings.word_embeddings.weight"
        if let prefix = family.prefixes.first(where: { checkpoint.tensor(named: $0 + table) != nil }) { return prefix }
        throw missing(family.prefixes.map { $0 + table }, [], in: checkpoint)
    }

    /// Whether the checkpoint has a tensor.
    func has(_ name: String) -> Bool { checkpoint.tensor(named: name) != nil }

    /// The tensor under the first of some names that is there, and its name in the graph.
    /// - Parameter shape: The shape that it must have.
    mutating func find(_ names: [String], _ shape: [Int]) throws(ImportError) -> (name: String, constant: Constant) {
        guard let name = names.first(where: has), let view = checkpoint.tensor(named: name) else {
            throw Self.missing(names, shape, in: checkpoint)
        }
        guard view.record.shape == shape else {
            throw ImportError(
                .tensorMisshaped,
                ErrorFacts(
                    "has a tensor of another shape than config.json says", file: view.file.path,
                    place: "tensor \"\(name)\"", found: "\(view.record.shape)", expected: "\(shape)"))
        }
        used.insert(name)
        return (namespace + name, try Self.constant(view))
    }

    /// A tensor as a constant, whose bytes the mapped file lends.
    private static func constant(_ view: TensorView) throws(ImportError) -> Constant {
        guard let dtype = view.record.type.dtype, dtype.isFloat else {
            throw ImportError(
                .tensorType,
                ErrorFacts(
                    "has a tensor whose element type cannot be computed with", file: view.file.path,
                    place: "tensor \"\(view.record.name)\"", found: view.record.type.name,
                    expected: "F32, F16, BF16 or F64"))
        }
        do throws(GraphError) {
            return try Constant(dtype, view.record.shape) { use in view.withBytes { use($0) } }
        } catch {
            throw ImportError(error, file: view.file.path)
        }
    }

    private static func missing(_ names: [String], _ shape: [Int], in checkpoint: Checkpoint) -> ImportError {
        let wanted = names.first ?? ""
        let nearest = checkpoint.count <= 4096 ? Suggestion.nearest(to: wanted, among: checkpoint.names) : nil
        let form = shape.isEmpty ? "" : " of shape \(shape)"
        return ImportError(
            .tensorMissing,
            ErrorFacts(
                "lacks a tensor that the model needs", file: checkpoint.path, place: "tensor \"\(wanted)\"",
                found: "nothing under that name", expected: names.map { "\"\($0)\"" }.joined(separator: " or ") + form,
                hint: nearest.map { "the most similar name in the file is \"\($0)\"" }))
    }
}
