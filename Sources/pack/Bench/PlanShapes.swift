import CPackKernels
import PackCore

/// What a plan's tables say about its inputs and its work at one shape.
struct PlanShapes {
    private let plan: PlanView
    /// The value of each expression; nil where it overflows or a symbol has no value.
    private let expressions: [Int?]

    init(_ plan: PlanView, _ shape: BenchShape) {
        self.plan = plan
        var values: [Int?] = []
        for expression in plan.expressions { values.append(PlanShapes.evaluate(expression, plan, shape, values)) }
        expressions = values
    }

    /// The plan's named dimensions.
    static func dimensions(of plan: PlanView) -> [(name: String, maximum: Int)] {
        plan.symbols.map { (String(decoding: plan.string($0.name), as: UTF8.self), Int($0.maximum)) }
    }

    private static func evaluate(
        _ expression: pack_plan_expression, _ plan: PlanView, _ shape: BenchShape, _ values: [Int?]
    ) -> Int? {
        switch expression.kind {
        case PACK_PLAN_CONSTANT.rawValue: return Int(expression.b)
        case PACK_PLAN_SYMBOL.rawValue:
            return shape[String(decoding: plan.string(plan.symbols[Int(expression.a)].name), as: UTF8.self)]
        default: break
        }
        guard let left = values[Int(expression.a)], let right = values[Int(expression.b)] else { return nil }
        let result: (Int, Bool) =
            switch expression.kind {
            case PACK_PLAN_SUM.rawValue: left.addingReportingOverflow(right)
            case PACK_PLAN_PRODUCT.rawValue: left.multipliedReportingOverflow(by: right)
            case PACK_PLAN_QUOTIENT.rawValue: left.dividedReportingOverflow(by: right)
            case PACK_PLAN_LARGER.rawValue: (max(left, right), false)
            default: (min(left, right), false)
            }
        return result.1 ? nil : result.0
    }

    /// A value's extents.
    func extents(_ value: UInt32) -> [Int] {
        plan.dimensions(of: plan.values[Int(value)]).map { expressions[Int($0)] ?? 0 }
    }

    /// The extents of each input, by name.
    var inputs: [(name: String, extents: [Int])] {
        plan.inputs.map {
            (String(decoding: plan.string(plan.values[Int($0)].name), as: UTF8.self), extents($0))
        }
    }

    /// Floating-point operations of all matrix products, two for each multiplication: linear layers, convolutions,
    /// attention's two products, other products.
    var operations: Double { plan.steps.indices.reduce(0) { $0 + operations(step: $1) } }

    /// Those of one step.
    func operations(step index: Int) -> Double {
        let step = plan.steps[index]
        let first = Int(step.first_argument)
        guard step.output_count > 0 else { return 0 }
        let output = extents(plan.arguments[first + Int(step.input_count)])
        let count = output.reduce(1.0) { $0 * Double($1) }
        switch UInt32(step.op) {
        case PACK_OP_Linear.rawValue where step.attribute_count > 0:
            return 2 * count * Double(plan.attributes[Int(step.first_attribute)])
        case PACK_OP_Conv.rawValue where step.input_count > 0:
            return 2 * count * taps(step)
        case PACK_OP_Attention.rawValue where output.count == 3 && step.input_count > 1:
            // With keys of their own, those have another length.
            let keys = plan.arguments[first + 1] == PACK_PLAN_ABSENT ? output : extents(plan.arguments[first + 1])
            return keys.count < 3 ? 0 : 4 * count * Double(keys[keys.count - 2])
        case PACK_OP_MatMul.rawValue where step.input_count > 0 && plan.arguments[first] != PACK_PLAN_ABSENT:
            return 2 * count * Double(extents(plan.arguments[first]).last ?? 0)
        default: return 0
        }
    }

    /// The values that each output of a convolution is a sum over, or all results that a pooled one stands for. Its words: activation,
    /// group, the window, and the pool's rows, columns and strides.
    private func taps(_ step: pack_plan_step) -> Double {
        let input = extents(plan.arguments[Int(step.first_argument)])
        let words = (0..<Int(step.attribute_count)).map { plan.attributes[Int(step.first_attribute) + $0] }
        guard input.count > 2, words.count >= 6 + 5 * (input.count - 2), words[3] > 0 else { return 0 }
        let pool = words.dropFirst(6 + 5 * (input.count - 2)).suffix(2).reduce(1) { $0 * Double($1) }
        return (0..<input.count - 2).reduce(pool * Double(input[1]) / Double(words[3])) {
            $0 * Double(words[6 + $1 * 5])
        }
    }

    /// How many token ids there are: rows of the table that they are looked up in.
    static func vocabulary(of plan: PlanView) -> Int {
        for step in plan.steps {
            let table =
                switch UInt32(step.op) {
                case PACK_OP_Embed.rawValue: 2
                case PACK_OP_Gather.rawValue: 0
                default: -1
                }
            guard table >= 0, table < Int(step.input_count) else { continue }
            let value = plan.arguments[Int(step.first_argument) + table]
            guard value != PACK_PLAN_ABSENT, plan.values[Int(value)].rank == 2 else { continue }
            return max(PlanShapes(plan, BenchShape()).extents(value)[0], 1)
        }
        return 1
    }

    /// How the weights of linear layers are stored, the narrowest that occurs: `fp32`, `fp16`, `bf16`, `int8` or `int4`.
    static func precision(of plan: PlanView) -> String {
        var found: Set<UInt8> = []
        for step in plan.steps where UInt32(step.op) == PACK_OP_Linear.rawValue && step.input_count > 1 {
            let panels = plan.arguments[Int(step.first_argument) + 1]
            if panels != PACK_PLAN_ABSENT { found.insert(plan.values[Int(panels)].dtype) }
        }
        if found.contains(DType.u8.rawValue) { return "int4" }
        if found.contains(DType.i8.rawValue) { return "int8" }
        if found.contains(DType.bf16.rawValue) { return "bf16" }
        return found.contains(DType.f16.rawValue) ? "fp16" : "fp32"
    }
}
