import PackBundle
import PackImport

extension MLBOM.Card {
    /// What is said of an imported model.
    ///
    /// - Parameter takesTexts: Whether its plans have a tokenizer.
    init(_ model: ImportedModel, name: String, takesTexts: Bool) {
        let graph = model.graph
        self.init(
            name: name, task: TaskText.describe(model.description),
            inputs: takesTexts ? ["text"] : graph.inputs.map { "\($0.name) \($0.type)" },
            outputs: graph.outputs.map { name in graph.types[name].map { "\(name) \($0)" } ?? name })
    }
}
