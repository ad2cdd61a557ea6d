import PackGraph

/// What became of an output of the file.
public enum ONNXOutput: Hashable, Sendable {
    /// A tensor, under its own name.
    case tensor(String)
    /// A list, with the names of the graph's outputs for its entries.
    case list(String, [String])
    /// An optional value that is not there.
    case absent(String)
}

extension ONNXImporter {
    /// Names the graph's outputs: those of the file, and the entries of those that are lists.
    mutating func addOutputs(_ names: [String]) {
        for name in names {
            if absent.contains(name) {
                outputForms.append(.absent(name))
            } else if let list = sequences[name] {
                addList(name, list)
            } else {
                outputForms.append(.tensor(name))
                graph.outputs.append(name)
            }
        }
    }

    private mutating func addList(_ name: String, _ list: [String]) {
        let entries = list.indices.map { ONNXSpecialization.entry($0, of: name) }
        outputForms.append(.list(name, entries))
        for (entry, value) in zip(entries, list) {
            graph.outputs.append(entry)
            guard entry != value else { continue }
            guard isFree(entry) else {
                note(
                    value: name,
                    ONNXRefusal(.invalid, found: "a list beside a value '\(entry)'", expected: "names for its entries"))
                return
            }
            let node = Node("Identity", name: uniqueNode("\(name)/\(entry)"), inputs: [value], outputs: [entry])
            append(node)
            graph.types[entry] = graph.types[value]
        }
    }
}
