import PackFormats
import PackReport

/// The tensors of a safetensors file, in the order of their bytes. JSON: `pack.inspect.checkpoint/1`.
struct CheckpointInspection {
    let checkpoint: Checkpoint

    init(_ checkpoint: Checkpoint) { self.checkpoint = checkpoint }

    var document: Document {
        var blocks: [Document.Block] = [
            .paragraph([Text(checkpoint.path, .strong)]),
            .paragraph([
                Text(
                    "  safetensors · \(NumberText.count(checkpoint.parameters)) parameters · \(checkpoint.count) tensors, "
                        + "\(NumberText.exactBytes(checkpoint.bytes)) in \(NumberText.exactBytes(checkpoint.fileBytes))"
                )
            ]),
            .heading("By type"), .table(totals),
        ]
        let metadata = checkpoint.shards.flatMap { $0.metadata.sorted { $0.key < $1.key } }
        if !metadata.isEmpty {
            blocks += [.heading("Metadata"), .list(metadata.map { [Text("\($0.key): \($0.value)")] })]
        }
        return Document(blocks + [.heading("Tensors"), .table(tensors)])
    }

    private var totals: Table {
        var table = Table([
            .init("TYPE"), .init("TENSORS", .right), .init("ELEMENTS", .right), .init("BYTES", .right),
        ])
        table.rows = byType.map { type, records in
            [
                Text(type), Text(NumberText.grouped(records.count)),
                Text(NumberText.grouped(records.reduce(0) { $0 + $1.count })),
                Text(NumberText.grouped(records.reduce(0) { $0 + $1.range.count })),
            ]
        }
        return table
    }

    private var byType: [(type: String, records: [TensorRecord])] {
        Dictionary(grouping: checkpoint.records) { $0.type.name.lowercased() }.sorted { $0.key < $1.key }
            .map { ($0.key, $0.value) }
    }

    private var tensors: Table {
        var columns: [Table.Column] = [
            .init("TENSOR", overflow: .cut), .init("TYPE"), .init("SHAPE"), .init("BYTES", .right),
        ]
        let isSharded = checkpoint.shards.count > 1
        if isSharded { columns.append(.init("FILE", overflow: .cut)) }
        var table = Table(columns)
        table.rows = checkpoint.shards.flatMap { shard in
            shard.tensors.map { record in
                [
                    Text(record.name), Text(record.type.name.lowercased()), Text("\(record.shape)"),
                    Text(NumberText.grouped(record.range.count)),
                ] + (isSharded ? [Text(shard.file.path)] : [])
            }
        }
        return table
    }

    var json: JSON {
        [
            "schema": "pack.inspect.checkpoint/1",
            "path": .string(checkpoint.path),
            "format": "safetensors",
            "parameters": .int(checkpoint.parameters),
            "bytes": ["file": .int(checkpoint.fileBytes), "weights": .int(checkpoint.bytes)],
            "types": .object(
                Dictionary(
                    byType.map { type, records in
                        let entry: JSON = [
                            "tensors": .int(records.count),
                            "elements": .int(records.reduce(0) { $0 + $1.count }),
                            "bytes": .int(records.reduce(0) { $0 + $1.range.count }),
                        ]
                        return (type, entry)
                    }, uniquingKeysWith: { first, _ in first })),
            "files": .array(checkpoint.shards.map(json)),
        ]
    }

    private func json(_ shard: SafetensorsFile) -> JSON {
        [
            "path": .string(shard.file.path),
            "bytes": .int(shard.file.size),
            "headerBytes": .int(shard.headerBytes),
            "metadata": .object(shard.metadata.mapValues { .string($0) }),
            "tensors": .array(shard.tensors.map(json)),
        ]
    }

    private func json(_ record: TensorRecord) -> JSON {
        [
            "name": .string(record.name), "dtype": .string(record.type.name.lowercased()),
            "shape": .array(record.shape.map { .int($0) }), "offset": .int(record.range.lowerBound),
            "bytes": .int(record.range.count),
        ]
    }
}
