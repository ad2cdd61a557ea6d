/// A key and its value (`StringStringEntryProto`).
public struct ONNXProperty: Hashable, Sendable {
    /// The key.
    public let key: String
    /// The value.
    public let value: String
}

extension ONNXProperty: WireDecodable {
    init(_ message: inout WireMessage) throws(ONNXFailure) {
        var key = ""
        var value = ""
        while let field = try message.next() {
            switch field {
            case 1: key = try message.text("key")
            case 2: value = try message.text("value")
            default: try message.skip()
            }
        }
        (self.key, self.value) = (key, value)
    }
}

/// A set of operators in a version of it (`OperatorSetIdProto`).
public struct ONNXOperatorSet: Hashable, Sendable {
    /// Who defines the operators; `ai.onnx`, written as the empty text in files.
    public let domain: String
    /// The version.
    public let version: Int

    /// The name of the standard's own set.
    public static let standard = "ai.onnx"

    /// A domain by its one name: files write the standard's as the empty text too.
    public static func name(of domain: String) -> String { domain.isEmpty ? standard : domain }
}

extension ONNXOperatorSet: WireDecodable {
    init(_ message: inout WireMessage) throws(ONNXFailure) {
        var domain = ""
        var version = 0
        while let field = try message.next() {
            switch field {
            case 1: domain = try message.text("domain")
            case 2: version = try message.int64("version")
            default: try message.skip()
            }
        }
        self.domain = Self.name(of: domain)
        self.version = version
    }
}
