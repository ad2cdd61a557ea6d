import PackCore
import PackGraph

extension ONNXRules {
    /// Windows of signals, and gates.
    static let windows: [String: ONNXRule] = [
        "HannWindow": { (importer, operation) throws(ONNXRefusal) in
            try window(&importer, operation, [0.5, -0.5])
        },
        "HammingWindow": { (importer, operation) throws(ONNXRefusal) in
            try window(&importer, operation, [25.0 / 46, 25.0 / 46 - 1])
        },
        "BlackmanWindow": { (importer, operation) throws(ONNXRefusal) in
            try window(&importer, operation, [0.42, -0.5, 0.08])
        },
        "SwiGLU": swiGLU,
    ]

    /// A sum of cosines: term k is `factors[k] · cos(2πkn ∕ N)`, over the size or, without a period, one less. In f64, for
    /// ends are differences of nearly equal numbers.
    private static func window(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ factors: [Double]
    ) throws(ONNXRefusal) {
        let code = try operation.int("output_datatype", default: 1)
        guard let dtype = DType(onnxCode: code) else {
            throw ONNXRefusal(.unsupportedType, found: "output_datatype \(code)", expected: "a type of numbers")
        }
        let size = importer.cast(try operation.required(0), to: .i64, operation)
        let steps = importer.cast(importer.positions(below: size, operation), to: .f64, operation)
        var whole = importer.cast(size, to: .f64, operation)
        if try operation.int("periodic", default: 1) == 0 {
            whole = importer.helper("Sub", operation, [whole, importer.doubles([1], shape: [], operation)])
        }
        let share = importer.helper("Div", operation, [steps, whole])
        var sum = importer.doubles([factors[0]], shape: [], operation)
        for (order, factor) in factors.enumerated().dropFirst() {
            let turn = importer.doubles([2 * Double.pi * Double(order)], shape: [], operation)
            let angle = importer.helper("Mul", operation, [share, turn])
            let cosine = importer.helper("Cos", operation, [angle])
            let term = importer.helper("Mul", operation, [cosine, importer.doubles([factor], shape: [], operation)])
            sum = importer.helper("Add", operation, [sum, term])
        }
        importer.emit("Cast", operation, [sum], ["to": .dtype(dtype)])
    }

    /// a · sigmoid(alpha · a) · b.
    @Sendable private static func swiGLU(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let input = try operation.required(0)
        let alpha = try operation.float("alpha") ?? 1
        let scaled =
            alpha == 1
            ? input : importer.helper("Mul", operation, [input, importer.scalar(alpha, like: input, operation)])
        let gate = importer.helper("Sigmoid", operation, [scaled])
        let gated = importer.helper("Mul", operation, [input, gate])
        importer.emit("Mul", operation, [gated, try operation.required(1)])
    }
}
