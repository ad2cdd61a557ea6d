import ArgumentParser
import PackFormats
import PackImport

/// What is fixed of an ONNX model's inputs, and where it ends.
struct FixedOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Fix an input of an ONNX model to a number (or numbers, separated by commas), to a text, or to an array as "
                + "numpy.save writes it; may be repeated. It is no input any more, and what depends on it is computed beforehand.",
            valueName: "name=value"))
    var value: [String] = []

    @Option(
        help: ArgumentHelp(
            "How many tensors an input that is a list has; they become the inputs NAME.0, NAME.1, …; may be repeated.",
            valueName: "name=count"))
    var length: [String] = []

    @Option(help: ArgumentHelp("Leave out an optional input; may be repeated.", valueName: "name"))
    var absent: [String] = []

    @Option(
        help: ArgumentHelp(
            "Keep only these outputs of an ONNX model, or values inside it, separated by commas, and what they need.",
            valueName: "names"))
    var outputs: String?

    func validate() throws {
        for entry in value { _ = try Assignment(entry, "--value", "sr=16000 or x=FILE.npy") }
        for entry in length { _ = try Assignment(entry, "--length", "images=3").count() }
        if outputs != nil { _ = try Assignment.names(outputs, "--outputs") }
    }

    /// Adds what is fixed; reads arrays.
    func fix(_ specialization: inout ONNXSpecialization) throws {
        for entry in value {
            let given = try Assignment(entry, "--value", "sr=16000 or x=FILE.npy")
            specialization.values[given.name] =
                given.value.hasSuffix(".npy")
                ? .array(try NPY.read(given.value, name: given.name)) : .text(given.value)
        }
        for entry in length {
            let given = try Assignment(entry, "--length", "images=3")
            specialization.lengths[given.name] = try given.count()
        }
        specialization.absent.formUnion(absent)
        specialization.outputs = try Assignment.names(outputs, "--outputs")
    }
}

/// Fixed shapes of an ONNX model's inputs.
struct ShapeOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Fix a named dimension of an ONNX model (batch=1), or the shape of an input (image=1x3x224x224); may be "
                + "repeated.", valueName: "name=extents"))
    var shape: [String] = []

    func validate() throws {
        for entry in shape { _ = try extents(entry) }
    }

    /// Adds what is fixed.
    func fix(_ specialization: inout ONNXSpecialization) throws {
        for entry in shape {
            let (name, extents) = try extents(entry)
            specialization.shapes[name] = extents
        }
    }

    private func extents(_ entry: String) throws -> (String, [Int]) {
        let given = try Assignment(entry, "--shape", "batch=1 or image=1x3x224x224")
        let extents = try given.value.split(separator: "x", omittingEmptySubsequences: false).map { word in
            guard let extent = Int(word), (0...1 << 31).contains(extent) else {
                throw ValidationError("--shape takes numbers, as in batch=1 or image=1x3x224x224, not '\(entry)'")
            }
            return extent
        }
        return (given.name, extents)
    }
}

/// Where an ONNX model begins.
struct CutOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Let values inside an ONNX model, separated by commas, be inputs; what only they needed goes.",
            valueName: "names"))
    var inputs: String?

    func validate() throws { _ = try Assignment.names(inputs, "--inputs") }
}

/// All that can be fixed of an ONNX model.
struct SpecializationOptions: ParsableArguments {
    @OptionGroup var shapes: ShapeOptions
    @OptionGroup var fixed: FixedOptions
    @OptionGroup var cut: CutOptions

    /// What is fixed; arrays are read.
    func specialization() throws -> ONNXSpecialization {
        var result = ONNXSpecialization()
        try shapes.fix(&result)
        try fixed.fix(&result)
        result.inputs = try Assignment.names(cut.inputs, "--inputs")
        return result
    }
}

/// An option's `NAME=VALUE`.
struct Assignment {
    let name: String
    let value: String
    private let option: String

    init(_ text: String, _ option: String, _ example: String) throws {
        // Names may hold the sign themselves, values rarely do.
        guard let sign = text.lastIndex(of: "="), sign > text.startIndex, text.index(after: sign) < text.endIndex else {
            throw ValidationError("\(option) is NAME=VALUE, as in \(example), not '\(text)'")
        }
        name = String(text[..<sign])
        value = String(text[text.index(after: sign)...])
        self.option = option
    }

    func count() throws -> Int {
        guard let count = Int(value), count >= 0 else {
            throw ValidationError("\(option) \(name) takes a number of 0 or more, not '\(value)'")
        }
        return count
    }

    /// Names separated by commas.
    static func names(_ text: String?, _ option: String) throws -> [String] {
        guard let text else { return [] }
        let names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard names.allSatisfy({ !$0.isEmpty }) else {
            throw ValidationError("\(option) takes names separated by commas, not '\(text)'")
        }
        return names
    }
}
