/// An activation function that models name.
enum Activation: String, CaseIterable {
    case gelu, gelu_new, gelu_pytorch_tanh, relu, tanh, identity

    /// The function of an encoder's configuration, `gelu` where it names none.
    static func encoder(_ settings: Settings, keys: [String]) throws(ImportError) -> Activation {
        let offered: [Activation] = [.gelu, .gelu_new, .gelu_pytorch_tanh, .relu]
        guard let (key, value) = settings.value(keys) else { return .gelu }
        guard let name = value.string else {
            throw settings.invalid(value, at: key, expected: "the name of a function")
        }
        guard let activation = Activation(rawValue: name), offered.contains(activation) else {
            throw .unsupported(
                name, file: settings.file, place: key,
                expected: "one of " + offered.map(\.rawValue).joined(separator: ", "))
        }
        return activation
    }

    /// The function of a Dense module, by its class; `Tanh` where it names none, as sentence-transformers has it.
    static func dense(_ settings: Settings) throws(ImportError) -> Activation {
        let name = try settings.text("activation_function") ?? "Tanh"
        switch name.split(separator: ".").last {
        case "Tanh": return .tanh
        case "Identity": return .identity
        case "ReLU": return .relu
        case "GELU": return .gelu
        default:
            throw .unsupported(
                name, file: settings.file, place: "activation_function", expected: "Tanh, Identity, ReLU or GELU")
        }
    }
}
