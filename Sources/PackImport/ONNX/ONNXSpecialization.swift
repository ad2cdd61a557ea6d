import PackFormats

/// What is fixed of an ONNX model before it is imported, and the part of its graph that is taken.
///
/// All names are those of the file. Names that the file does not have, and facts that contradict it, are errors of the import.
public struct ONNXSpecialization: Sendable {
    /// A fixed value of an input.
    public enum Value: Sendable {
        /// Numbers as they are written, separated by commas: `16000`, `0.5,0.5`, `true`.
        case text(String)
        /// An array of NumPy's, in the type of NumPy's that stands for the input's.
        case array(NamedArray)
    }

    /// Extents by what they are of: one extent of a named dimension, or all of an input.
    public var shapes: [String: [Int]] = [:]
    /// Values of inputs, which are then no inputs any more.
    public var values: [String: Value] = [:]
    /// Lengths of inputs that are lists. Entry `n` of the list `x` becomes the input `x.n`.
    public var lengths: [String: Int] = [:]
    /// Inputs that are not given, of those that need not be.
    public var absent: Set<String> = []
    /// Values that become the outputs; empty for the file's.
    public var outputs: [String] = []
    /// Values that become inputs, beside those of the file's that are needed then; empty for the file's.
    public var inputs: [String] = []

    /// Fixes nothing.
    public init() {}

    /// Whether nothing is fixed.
    public var isEmpty: Bool {
        shapes.isEmpty && values.isEmpty && lengths.isEmpty && absent.isEmpty && outputs.isEmpty && inputs.isEmpty
    }

    /// The longest list that an input may be.
    public static let lengthLimit = 1024

    /// The name of the input for an entry of a list.
    public static func entry(_ index: Int, of list: String) -> String { "\(list).\(index)" }
}

/// What would have to be fixed before a part of a model can be imported.
public enum ONNXNeed: Hashable, Sendable {
    /// The value of an input.
    case value(String)
    /// A named dimension.
    case dimension(String)
    /// The shape of an input.
    case shape(String)
    /// The length of an input that is a list.
    case length(String)

    /// The option that fixes it, as it is written.
    public var option: String {
        switch self {
        case .value(let name): "--value \(name)=VALUE"
        case .dimension(let name): "--shape \(name)=NUMBER"
        case .shape(let name): "--shape \(name)=1x2x3"
        case .length(let name): "--length \(name)=NUMBER"
        }
    }
}
