import PackReport

/// The result of `pack bench --kernels`.
enum KernelReport {
    static func document(_ result: KernelResult) -> Document {
        var columns: [Table.Column] = [
            .init("KERNEL"), .init("INSTRUCTION SET"), .init("PICKED"), .init("SHAPE"), .init("A CALL", .right),
            .init("RATE", .right),
        ]
        if result.peak != nil { columns.append(.init("OF PEAK", .right)) }
        var table = Table(columns)
        table.rows = result.kernels.map { kernel in
            let unit = kernel.operations > 0 ? "GFLOP/s" : "GB/s"
            var row = [
                Text(kernel.family), Text(kernel.instructionSet, kernel.isPicked ? .strong : .plain),
                Text(kernel.isPicked ? "picked" : "", .good), Text(kernel.shape),
                Text(NumberText.seconds(kernel.seconds)),
                Text("\(NumberText.significant(kernel.rate / 1e9)) \(unit)"),
            ]
            if let peak = result.peak {
                row.append(
                    Text(kernel.operations > 0 ? BenchReport.fixed(kernel.rate / peak, places: 2) : ""))
            }
            return row
        }
        var notes = [
            "One thread, operands in the cache as far as they fit; \(result.rounds) rounds of \(NumberText.seconds(result.seconds)) for each kernel in turn."
        ]
        if let peak = result.peak {
            notes.append("Peak: \(NumberText.significant(peak / 1e9)) GFLOP/s of f32 multiply-adds on registers.")
        }
        return Document([.table(table), .list(notes.map { [Text($0, .faint)] })])
    }

    /// JSON: schema `pack.kernels/1`. Times in seconds, rates a second.
    static func json(_ result: KernelResult) -> JSON {
        [
            "schema": "pack.kernels/1",
            "rounds": .int(result.rounds),
            "secondsPerTurn": .number(result.seconds),
            "peakOperationsPerSecond": result.peak.map { .number($0) } ?? .null,
            "kernels": .array(
                result.kernels.map { kernel in
                    let hasProducts = kernel.operations > 0
                    let fraction = result.peak.flatMap { hasProducts && $0 > 0 ? kernel.rate / $0 : nil }
                    return [
                        "family": .string(kernel.family), "instructionSet": .string(kernel.instructionSet),
                        "isPicked": .bool(kernel.isPicked), "shape": .string(kernel.shape),
                        "secondsPerCall": .number(kernel.seconds),
                        "operationsPerSecond": hasProducts ? .number(kernel.rate) : .null,
                        "bytesPerSecond": hasProducts ? .null : .number(kernel.rate),
                        "fractionOfPeak": fraction.map { .number($0) } ?? .null,
                    ]
                }),
        ]
    }
}
