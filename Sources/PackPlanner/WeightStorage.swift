/// How a weight is stored in a plan.
public enum WeightKind: String, Sendable, CaseIterable {
    /// 32-bit floats.
    case f32
    /// Half floats, widened as they are read.
    case f16
    /// bfloat16, widened as it is read: the upper half of a f32.
    case bf16
    /// 8-bit codes −127…127 with a scale for each output column, or for each row of an embedding table. Those of a matrix are
    /// bounded, as `pack_kernels.h` says, so that CPUs without products of bytes in 32 bits are quick with them.
    case int8
    /// As int8, but codes −31…31: as large in memory and as quick, and a third smaller in a zip.
    case int6
    /// 4-bit codes −8…7 in groups of 32 along the inputs, or along a table's row: a scale a group in units of a scale a column
    /// or row. 4.25 bits a weight. Matrices deeper than `PACK_MAX_K_S4` are stored as int8 instead.
    case int4

    /// What `--quantize` calls it.
    public var option: String {
        switch self {
        case .f32: "none"
        case .f16: "fp16"
        case .bf16, .int8, .int6, .int4: rawValue
        }
    }

    /// The kind that a value of `--quantize` names.
    public init?(option: String) {
        guard let kind = WeightKind.allCases.first(where: { $0.option == option }) else { return nil }
        self = kind
    }

    /// What its precision is called beside others': `fp32`, `fp16`, `bf16`, `int8`, `int6`, `int4`.
    public var precision: String { self == .f32 ? "fp32" : option }
}

/// The storage of a plan's weights: one kind for all, and exceptions by constant name.
///
/// It concerns the matrices of `Linear` and the tables of `Embed`; biases and normalization vectors are f32 always.
public struct WeightStorage: Hashable, Sendable {
    /// The kind of every weight without an exception.
    public var standard: WeightKind
    /// Exceptions, by the name of the constant.
    public var exceptions: [String: WeightKind]

    /// Stores all weights as `standard`, but for the exceptions.
    public init(_ standard: WeightKind, exceptions: [String: WeightKind] = [:]) {
        self.standard = standard
        self.exceptions = exceptions
    }

    /// The kind of a weight.
    public func kind(of constant: String) -> WeightKind { exceptions[constant] ?? standard }
}
