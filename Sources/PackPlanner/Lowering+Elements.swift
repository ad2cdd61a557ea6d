import CPackKernels
import PackCore
import PackGraph
import PackRuntime

extension Lowering {
    /// Elementwise functions, comparisons, selection and movement of elements of any type.
    static let elements = merge([functions, pairs, reductions, selections, shapes, products, random])

    /// Functions of one tensor.
    private static let functions = merge([
        rules(["Gelu"]) { (lowering, node) throws(PlannerError) in try lowering.lowerGelu(node) },
        rules(["IsInf"]) { (lowering, node) throws(PlannerError) in try lowering.lowerIsInf(node) },
        rules(Set(simple.keys).union(library.keys)) { (lowering, node) throws(PlannerError) in
            try lowering.lowerFunction(node)
        },
    ])

    /// A function's code and the names and standard values of its parameters.
    private struct FunctionForm {
        let code: Int
        var parameters: [(String, Float)] = []
    }

    private static func form(_ kind: FunctionKind, _ parameters: (String, Float)...) -> FunctionForm {
        FunctionForm(code: kind.rawValue, parameters: parameters)
    }

    private static func form(_ kind: TranscendentalKind, _ parameters: (String, Float)...) -> FunctionForm {
        FunctionForm(code: kind.rawValue, parameters: parameters)
    }

    private static let simple: [String: FunctionForm] = [
        "Abs": form(.absolute), "Neg": form(.negate), "Sign": form(.sign), "Floor": form(.floor),
        "Ceil": form(.ceiling), "Round": form(.round), "Relu": form(.relu),
        "LeakyRelu": form(.leakyRelu, ("alpha", 0.01)), "ThresholdedRelu": form(.thresholdedRelu, ("alpha", 1)),
        "HardSigmoid": form(.hardSigmoid, ("alpha", 0.2), ("beta", 0.5)), "HardSwish": form(.hardSwish),
        "Shrink": form(.shrink, ("lambd", 0.5), ("bias", 0)), "Softsign": form(.softsign), "Sqrt": form(.squareRoot),
        "Reciprocal": form(.reciprocal), "IsNaN": form(.isNaN), "Not": form(.not), "BitwiseNot": form(.invertBits),
    ]

    private static let library: [String: FunctionForm] = [
        "Exp": form(.exponential), "Log": form(.logarithm), "Sin": form(.sine), "Cos": form(.cosine),
        "Tan": form(.tangent), "Asin": form(.arcSine), "Acos": form(.arcCosine), "Atan": form(.arcTangent),
        "Sinh": form(.hyperbolicSine), "Cosh": form(.hyperbolicCosine), "Tanh": form(.hyperbolicTangent),
        "Asinh": form(.areaSine), "Acosh": form(.areaCosine), "Atanh": form(.areaTangent),
        "Erf": form(.errorFunction), "Sigmoid": form(.sigmoid), "Softplus": form(.softplus),
        "Elu": form(.elu, ("alpha", 1)), "Celu": form(.celu, ("alpha", 1)),
        "Selu": form(.selu, ("alpha", 1.673_263_2), ("gamma", 1.050_701)), "Mish": form(.mish),
        "Swish": form(.swish, ("alpha", 1)),
    ]

    /// Functions of f32 that are kernels.
    private static let kernels: [String: pack_unary] = [
        "Relu": PACK_UNARY_RELU, "Tanh": PACK_UNARY_TANH, "Erf": PACK_UNARY_ERF, "Sigmoid": PACK_UNARY_SIGMOID,
        "Exp": PACK_UNARY_EXP, "Sqrt": PACK_UNARY_SQRT, "Neg": PACK_UNARY_NEGATE, "Abs": PACK_UNARY_ABS,
        "Reciprocal": PACK_UNARY_RECIPROCAL, "LeakyRelu": PACK_UNARY_LEAKY_RELU,
        "HardSigmoid": PACK_UNARY_HARD_SIGMOID, "HardSwish": PACK_UNARY_HARD_SWISH, "Swish": PACK_UNARY_SILU,
    ]

    private mutating func lowerFunction(_ node: Node) throws(PlannerError) {
        let dtype = try type(node.inputs[0], of: node).dtype
        if node.op == "Not" { return try lowerPlain(PACK_OP_Unary, node, count: 1, [-1]) }
        let isSimple = Lowering.simple[node.op] != nil
        guard let form = Lowering.simple[node.op] ?? Lowering.library[node.op] else { return }
        // Integers are whole, whatever is rounded.
        if !dtype.isFloat, ["Floor", "Ceil", "Round"].contains(node.op) {
            return try alias(node.outputs[0], to: node.inputs[0], of: node)
        }
        var parameters: [Float] = []
        for (name, standard) in form.parameters {
            parameters.append(try read(node) { n throws(GraphError) in try n.float(name, default: standard) })
        }
        if dtype == .f32, let kernel = Lowering.kernels[node.op] {
            return try lowerPlain(PACK_OP_Unary, node, count: 1, words(kernel, parameters))
        }
        let words = [Int64(form.code)] + (parameters + [0, 0]).prefix(2).map { bits($0) }
        try lowerPlain(isSimple ? PACK_OP_Function : PACK_OP_Transcendental, node, count: 1, words)
    }

    private mutating func lowerGelu(_ node: Node) throws(PlannerError) {
        let isTanh = try read(node) { n throws(GraphError) in try n.string("approximate", default: "none") } == "tanh"
        if try type(node.inputs[0], of: node).dtype == .f32 {
            let kind = isTanh ? PACK_UNARY_GELU_TANH : PACK_UNARY_GELU_ERF
            return try lowerPlain(PACK_OP_Unary, node, count: 1, words(kind))
        }
        let kind = isTanh ? TranscendentalKind.geluTanh : .gelu
        try lowerPlain(PACK_OP_Transcendental, node, count: 1, [Int64(kind.rawValue), 0, 0])
    }

    private mutating func lowerIsInf(_ node: Node) throws(PlannerError) {
        let negative = try read(node) { n throws(GraphError) in try n.int("detect_negative", default: 1) }
        let positive = try read(node) { n throws(GraphError) in try n.int("detect_positive", default: 1) }
        try lowerPlain(
            PACK_OP_Function, node, count: 1,
            [Int64(FunctionKind.isInfinite.rawValue), bits(negative == 0 ? 0 : 1), bits(positive == 0 ? 0 : 1)])
    }
}
