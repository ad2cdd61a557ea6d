import PackPasses
import PackReport

/// What the passes did to a graph. JSON: schema `pack.passes/1`.
enum PassesReport {
    static func document(_ pipeline: ModelPipeline) -> Document {
        var table = Table([
            .init("PASS"), .init("REWRITES", .right), .init("NODES", .right), .init("CONSTANT BYTES", .right),
            .init("WHAT", overflow: .wrap),
        ])
        table.rows = PassPipeline.standard.list.map { pass in
            let records = pipeline.rewrites.filter { $0.pass == pass.name }
            let nodes = records.reduce(0) { $0 + $1.nodesAfter - $1.nodesBefore }
            let bytes = records.reduce(0) { $0 + $1.constantBytesAfter - $1.constantBytesBefore }
            return [
                Text(pass.name, .strong), Text("\(records.count)"), Text(signed(nodes)), Text(signed(bytes)),
                Text(pass.summary),
            ]
        }
        let before = pipeline.imported.graph.nodes.count
        return Document([
            .table(table),
            .paragraph([Text("\(before) nodes became \(pipeline.optimized.nodes.count).")]),
            .list(pipeline.rewrites.map { [Text($0.description)] }),
        ])
    }

    private static func signed(_ number: Int) -> String {
        number == 0 ? "0" : (number < 0 ? "−" : "+") + NumberText.grouped(abs(number))
    }

    static func json(_ pipeline: ModelPipeline) -> JSON {
        [
            "schema": "pack.passes/1",
            "passes": .array(
                PassPipeline.standard.list.map { ["name": .string($0.name), "summary": .string($0.summary)] }),
            "rewrites": .array(
                pipeline.rewrites.map {
                    [
                        "pass": .string($0.pass), "label": .string($0.label), "nodesBefore": .int($0.nodesBefore),
                        "nodesAfter": .int($0.nodesAfter), "constantBytesBefore": .int($0.constantBytesBefore),
                        "constantBytesAfter": .int($0.constantBytesAfter),
                    ]
                }),
        ]
    }
}
