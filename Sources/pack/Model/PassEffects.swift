import PackGraph
import PackPasses
import PackReport

/// What the passes made of a graph: its operators before and after, and the bytes that each pass saved.
struct PassEffects {
    struct Effect {
        let name: String
        let rewrites: Int
        /// Bytes of constants that it saved; negative where it added some.
        let savedBytes: Int
    }

    /// Nodes by operator.
    let before: [String: Int]
    let after: [String: Int]
    /// The passes that rewrote something, in their order.
    let effects: [Effect]

    init(before: Graph, after: Graph, _ rewrites: [RewriteRecord]) {
        self.before = before.operatorCounts
        self.after = after.operatorCounts
        effects = PassPipeline.standard.list.compactMap { pass in
            let records = rewrites.filter { $0.pass == pass.name }
            guard !records.isEmpty else { return nil }
            return Effect(
                name: pass.name, rewrites: records.count,
                savedBytes: records.reduce(0) { $0 + $1.constantBytesBefore - $1.constantBytesAfter })
        }
    }

    /// `95 nodes of 24 operators became 25 of 17: 3 Add, …`, with at most `limit` of the operators that are left.
    func operators(limit: Int = .max) -> String {
        let most = after.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(limit)
        return "\(total(before)) nodes of \(before.count) operators became \(total(after)) of \(after.count): "
            + most.map { "\($0.value) \($0.key)" }.joined(separator: ", ") + (after.count > most.count ? ", …" : "")
    }

    /// `19 rewrites by 8 passes; of weights drop-identities saves 164 B, …`.
    var summary: String {
        let saving = effects.filter { $0.savedBytes != 0 }.map { effect in
            "\(effect.name) \(effect.savedBytes < 0 ? "adds" : "saves") \(NumberText.bytes(abs(effect.savedBytes)))"
        }
        let rewrites = effects.reduce(0) { $0 + $1.rewrites }
        return "\(rewrites) rewrites by \(effects.count) passes"
            + (saving.isEmpty ? "" : "; of weights " + saving.joined(separator: ", "))
    }

    var graphJSON: JSON {
        [
            "nodesBefore": .int(total(before)), "nodesAfter": .int(total(after)),
            "operatorsBefore": .counts(before), "operatorsAfter": .counts(after),
        ]
    }

    var passesJSON: JSON {
        .array(
            effects.map {
                ["name": .string($0.name), "rewrites": .int($0.rewrites), "savedBytes": .int($0.savedBytes)]
            })
    }

    private func total(_ counts: [String: Int]) -> Int { counts.values.reduce(0, +) }
}
