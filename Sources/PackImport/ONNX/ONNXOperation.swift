import PackFormats
import PackGraph

/// A node on its way into the graph: names are those of the whole graph, references to attributes are resolved.
struct ONNXOperation {
    let op: String
    let domain: String
    /// A name that no other node has.
    let name: String
    /// Version of the operator's set; 1 where the model names none.
    let version: Int
    var inputs: [String]
    var outputs: [String]
    let attributes: [String: ONNXAttribute.Value]
    /// Whether it stands in a function or branch.
    let isInner: Bool

    /// The operator with its domain, unless that is the standard's.
    var fullName: String { domain == ONNXOperatorSet.standard ? op : "\(domain).\(op)" }

    /// The name of an input, or nil where it is absent.
    func input(_ index: Int) -> String? {
        guard inputs.indices.contains(index), !inputs[index].isEmpty else { return nil }
        return inputs[index]
    }

    /// The name of an input that must be there.
    func required(_ index: Int) throws(ONNXRefusal) -> String {
        guard let name = input(index) else {
            throw ONNXRefusal(.invalid, found: "no input \(index)", expected: "an input \(index)")
        }
        return name
    }

    /// The name of an output, or nil where it is not wanted.
    func output(_ index: Int) -> String? {
        guard outputs.indices.contains(index), !outputs[index].isEmpty else { return nil }
        return outputs[index]
    }

    /// An integer, or the default.
    func int(_ name: String, default standard: Int) throws(ONNXRefusal) -> Int {
        switch attributes[name] {
        case nil: return standard
        case .int(let value)?: return value
        default: throw wrong(name, "an integer")
        }
    }

    /// A float, or nil.
    func float(_ name: String) throws(ONNXRefusal) -> Float? {
        switch attributes[name] {
        case nil: return nil
        case .float(let value)?: return value
        default: throw wrong(name, "a float")
        }
    }

    /// A text, or nil.
    func text(_ name: String) throws(ONNXRefusal) -> String? {
        switch attributes[name] {
        case nil: return nil
        case .string(let bytes)?: return String(decoding: bytes, as: UTF8.self)
        default: throw wrong(name, "a text")
        }
    }

    /// A list of integers, or nil.
    func ints(_ name: String) throws(ONNXRefusal) -> [Int]? {
        switch attributes[name] {
        case nil: return nil
        case .ints(let values)?: return values
        default: throw wrong(name, "a list of integers")
        }
    }

    /// A list of floats, or nil.
    func floats(_ name: String) throws(ONNXRefusal) -> [Float]? {
        switch attributes[name] {
        case nil: return nil
        case .floats(let values)?: return values
        default: throw wrong(name, "a list of floats")
        }
    }

    /// The call of another operator in this one's place, with this one's attributes and outputs where none are given.
    func calling(
        _ op: String, _ inputs: [String], _ attributes: [String: ONNXAttribute.Value]? = nil, outputs: [String]? = nil,
        name: String? = nil
    ) -> ONNXOperation {
        ONNXOperation(
            op: op, domain: domain, name: name ?? self.name, version: version, inputs: inputs,
            outputs: outputs ?? self.outputs, attributes: attributes ?? self.attributes, isInner: isInner)
    }

    private func wrong(_ name: String, _ expected: String) -> ONNXRefusal {
        ONNXRefusal(.invalid, found: "attribute \(name) of another kind", expected: expected)
    }
}

/// What names mean in a graph, a branch or a function.
final class ONNXScope {
    /// Where names are looked up that are not known here; nil in the main graph and in functions.
    let parent: ONNXScope?
    /// What stands before names that are made here; empty in the main graph.
    let prefix: String
    /// Versions of operators by domain.
    let versions: [String: Int]
    /// Values for references to attributes.
    let attributes: [String: ONNXAttribute.Value]
    /// How many functions and branches this is inside of.
    let depth: Int
    private var names: ValueMap<String> = [:]

    init(versions: [String: Int]) {
        (parent, prefix, self.versions, attributes, depth) = (nil, "", versions, [:], 0)
    }

    init(
        inside outer: ONNXScope, seesOuter: Bool, prefix: String, versions: [String: Int],
        attributes: [String: ONNXAttribute.Value]
    ) {
        parent = seesOuter ? outer : nil
        self.prefix = prefix
        self.versions = versions
        self.attributes = attributes
        depth = outer.depth + 1
    }

    /// Lets a name stand for a value of the whole graph.
    func bind(_ name: String, to value: String) { names[name] = value }

    /// The value of the whole graph that a name stands for.
    func resolve(_ name: String) -> String {
        if name.isEmpty { return "" }
        return names[name] ?? parent?.resolve(name) ?? prefix + name
    }

    /// The name in the whole graph of a value that is made here.
    func define(_ name: String) -> String {
        if name.isEmpty { return "" }
        if let known = names[name] { return known }
        names[name] = prefix + name
        return prefix + name
    }
}
