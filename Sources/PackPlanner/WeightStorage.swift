/// How a weight is stored in a plan.
public enum WeightKind: String, Sendable, CaseIterable {
    /// 32-bit floats.
    case f32
    /// Half floats, widened as they are read.
    case f16
    /// 8-bit codes −127…127 with a scale for each output column, or for each row of an embedding table.
    case int8
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
