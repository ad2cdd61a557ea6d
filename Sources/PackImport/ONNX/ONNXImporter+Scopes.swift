import PackFormats
import PackGraph

extension ONNXImporter {
    /// Puts the nodes of a function in the place of its call.
    mutating func expand(_ function: ONNXFunction, _ call: ONNXOperation, _ scope: ONNXScope) {
        var attributes: [String: ONNXAttribute.Value] = [:]
        for attribute in function.defaults { attributes[attribute.name] = attribute.value }
        for (name, value) in call.attributes { attributes[name] = value }
        var versions = scope.versions
        for set in function.operatorSets { versions[set.domain] = set.version }
        let inner = ONNXScope(
            inside: scope, seesOuter: false, prefix: call.name + "/", versions: versions, attributes: attributes)
        for (index, name) in function.inputs.enumerated() where !name.isEmpty {
            inner.bind(name, to: call.input(index) ?? "")
        }
        var direct: [(inner: String, outer: String)] = []
        for (index, name) in function.outputs.enumerated() {
            guard let output = call.output(index) else { continue }
            // An input given back, or a value given twice, needs a node of its own.
            if function.inputs.contains(name) || function.outputs[..<index].contains(name) {
                direct.append((name, output))
            } else {
                inner.bind(name, to: output)
            }
        }
        for node in function.nodes { add(node, inner) }
        for (name, output) in direct {
            emit("Identity", call, [inner.resolve(name)], outputs: [output], name: "\(call.name)/\(name)")
        }
    }

    /// Names of the values that a graph's nodes read, those inside branches and bodies too, and that it gives.
    static func names(readBy graph: ONNXGraph) -> ValueMap<Void> {
        names(readBy: graph.nodes, graph.outputs.map(\.name))
    }

    /// Names of the values that nodes read, those inside branches and bodies too, and outputs.
    static func names(readBy nodes: [ONNXNode], _ outputs: [String]) -> ValueMap<Void> {
        var names = ValueMap(outputs)
        for node in nodes {
            names.insert(contentsOf: node.inputs)
            for attribute in node.attributes {
                switch attribute.value {
                case .graph(let graph): names.insert(contentsOf: Self.names(readBy: graph).keys)
                case .graphs(let graphs):
                    for graph in graphs { names.insert(contentsOf: Self.names(readBy: graph).keys) }
                default: break
                }
            }
        }
        return names
    }
}
