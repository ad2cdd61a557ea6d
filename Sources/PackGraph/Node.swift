/// One application of an operator. Operator names and meanings are ONNX's (opset 20), and those of `FusedOperator` and `LoopOperator`.
///
/// Passes copy nodes all the time, so that a copy shares what the node holds until either is changed.
public struct Node: Sendable {
    /// What a node holds. Only the one node that refers to it changes it.
    @usableFromInline
    final class Contents: @unchecked Sendable {
        @usableFromInline var op: String
        @usableFromInline var name: String
        @usableFromInline var inputs: [String]
        @usableFromInline var outputs: [String]
        @usableFromInline var attributes: [String: Attribute]

        @inlinable
        init(_ op: String, _ name: String, _ inputs: [String], _ outputs: [String], _ attributes: [String: Attribute]) {
            (self.op, self.name, self.inputs, self.outputs, self.attributes) = (op, name, inputs, outputs, attributes)
        }
    }

    @usableFromInline var contents: Contents

    /// What may be changed.
    @inlinable
    var own: Contents {
        mutating get {
            if !isKnownUniquelyReferenced(&contents) {
                contents = Contents(
                    contents.op, contents.name, contents.inputs, contents.outputs, contents.attributes)
            }
            return contents
        }
    }

    /// Operator, for example `MatMul`.
    @inlinable public var op: String {
        get { contents.op }
        _modify { yield &own.op }
    }

    /// A name for messages, unique in its graph: for example the path of the module that it came from.
    @inlinable public var name: String {
        get { contents.name }
        _modify { yield &own.name }
    }

    /// Names of the values read; an absent optional input is the empty string.
    @inlinable public var inputs: [String] {
        get { contents.inputs }
        _modify { yield &own.inputs }
    }

    /// Names of the values made.
    @inlinable public var outputs: [String] {
        get { contents.outputs }
        _modify { yield &own.outputs }
    }

    /// Attributes by name.
    @inlinable public var attributes: [String: Attribute] {
        get { contents.attributes }
        _modify { yield &own.attributes }
    }

    /// Makes a node.
    @inlinable
    public init(
        _ op: String, name: String, inputs: [String], outputs: [String], attributes: [String: Attribute] = [:]
    ) {
        contents = Contents(op, name, inputs, outputs, attributes)
    }
}
