import PackCore
import PackFormats
import PackGraph

extension ONNXRules {
    /// Transforms and products of complex numbers of onnxruntime; the last axis holds real and imaginary parts.
    static let microsoftSignals: [String: ONNXRule] = [
        "Rfft": halfSpectrum, "Irfft": halfSpectrum, "ComplexMul": complexProduct, "ComplexMulConj": complexProduct,
    ]

    /// The first half of the spectrum of real signals along the last axis, or signals `[…, 2·(m − 1)]` of one `[…, m, 2]`.
    @Sendable private static func halfSpectrum(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        for (name, only) in [("onesided", 1), ("normalized", 0), ("signal_ndim", 1)] {
            let value = try operation.int(name, default: only)
            guard value == only else { throw .use("\(name) \(value)", "\(only)") }
        }
        let x = try operation.required(0)
        let isInverse = operation.op == "Irfft"
        let rank = try importer.shape(x).count + (isInverse ? 0 : 1)
        guard rank >= 2 else { throw ONNXRefusal(.invalid, found: "rank \(rank - 1)", expected: "a signal") }
        if isInverse { try importer.expect(x, Array(try importer.shape(x).dropLast()) + [2]) }
        let signal = isInverse ? x : importer.helper("Unsqueeze", operation, [x, importer.integers([rank - 1])])
        let result = importer.uniqueValue("\(operation.name)/transform")
        try standard["DFT"]?(
            &importer,
            operation.calling(
                "DFT", [signal], ["axis": .int(rank - 2), "onesided": .int(1), "inverse": .int(isInverse ? 1 : 0)],
                outputs: [result], name: importer.uniqueNode("\(operation.name)/DFT")))
        guard isInverse else { return importer.give(result, as: 0, of: operation) }
        importer.emit("Squeeze", operation, [result, importer.integers([rank - 1])])
    }

    /// (a + bi)·(c + di), or with c − di.
    @Sendable private static func complexProduct(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        var sides: [[String]] = []
        for index in 0...1 {
            let value = try operation.required(index)
            let shape = try importer.shape(value)
            try importer.expect(value, Array(shape.dropLast()) + [2])
            guard !shape.isEmpty else { throw ONNXRefusal(.invalid, found: "a scalar", expected: "two parts") }
            sides.append(importer.parts(of: value, axis: shape.count - 1, [1, 1], operation))
        }
        func product(_ left: Int, _ right: Int, _ importer: inout ONNXImporter) -> String {
            importer.helper("Mul", operation, [sides[0][left], sides[1][right]])
        }
        let (ac, bd) = (product(0, 0, &importer), product(1, 1, &importer))
        let (ad, bc) = (product(0, 1, &importer), product(1, 0, &importer))
        let isConjugate = operation.op == "ComplexMulConj"
        let real = importer.helper(isConjugate ? "Add" : "Sub", operation, [ac, bd])
        let imaginary =
            isConjugate
            ? importer.helper("Sub", operation, [bc, ad]) : importer.helper("Add", operation, [ad, bc])
        importer.emit("Concat", operation, [real, imaginary], ["axis": .int(-1)])
    }
}
