import CPackKernels
import PackCore

/// What a value has one of for each text or token of a batch.
private enum Extent {
    /// [batch, sequence, ..] with fixed dimensions behind.
    case tokens
    /// [batch, ..] with fixed dimensions behind.
    case texts
    /// A constant.
    case fixed
}

/// Whether texts can be computed side by side without padding.
extension PlanTables {
    /// Whether all inputs are whole numbers [batch, sequence], every value has rows for tokens or for texts, and every step
    /// either computes rows by themselves or is an operator that is told where texts end.
    var packsTexts: Bool {
        guard let first = inputs.first, symbol(first, 0) != nil, symbol(first, 1) != nil,
            symbol(first, 0) != symbol(first, 1),
            inputs.allSatisfy({ self[$0].rank == 2 && self[$0].dtype == DType.i64.rawValue && extent($0) == .tokens }),
            outputs.allSatisfy({ self[$0].dtype == DType.f32.rawValue && extent($0) != .fixed })
        else { return false }
        for index in values.indices where self[UInt32(index)].kind == PACK_PLAN_ALIAS.rawValue {
            guard let own = extent(UInt32(index)), own == extent(UInt32(self[UInt32(index)].data_offset)) else {
                return false
            }
        }
        return steps.allSatisfy { isPackable($0) }
    }

    private func isPackable(_ step: pack_plan_step) -> Bool {
        let first = Int(step.first_argument)
        let inputs = Array(arguments[first..<first + Int(step.input_count)])
        let outputs = Array(arguments[(first + Int(step.input_count))...].prefix(Int(step.output_count)))
        guard let result = outputs.first, let made = extent(result), made != .fixed,
            let known = all(inputs + outputs)
        else { return false }
        let given = known.prefix(inputs.count)
        let data = zip(inputs, given).filter { $1 == .tokens || $1 == .texts }
        /// Whether rows of the results are made from rows of the operands, along the last axis or element by element.
        func isByRow(fixedAxes: Int) -> Bool {
            data.allSatisfy { $1 == made && Int(self[$0].rank) >= (made == .tokens ? 2 : 1) + fixedAxes }
                && outputs.allSatisfy { extent($0) == made } && !data.isEmpty
        }
        switch pack_operator_id(UInt32(step.op)) {
        case PACK_OP_Embed: return made == .tokens && data.allSatisfy { $1 == .tokens && self[$0].rank == 2 }
        case PACK_OP_Attention: return made == .tokens && data.allSatisfy { $1 == .tokens }
        case PACK_OP_MaskedMean, PACK_OP_MaskedMax: return made == .texts && data.allSatisfy { $1 == .tokens }
        case PACK_OP_Gather:
            let isFirst = given[0] == .tokens && given[1] == .fixed && attributes[Int(step.first_attribute)] == 1
            return made == .texts && isFirst
        case PACK_OP_Linear, PACK_OP_LayerNormalization, PACK_OP_L2Normalize, PACK_OP_Softmax:
            return isByRow(fixedAxes: 1)
        case PACK_OP_Unary: return isByRow(fixedAxes: 0)
        case PACK_OP_Binary: return isByRow(fixedAxes: 0) && data.allSatisfy { self[$0.0].rank == self[result].rank }
        case PACK_OP_Split:
            let axis = Int(attributes[Int(step.first_attribute)])
            return isByRow(fixedAxes: 1) && inputs.count == 1 && axis >= (made == .tokens ? 2 : 1)
        default: return false
        }
    }

    /// What the values have rows for; nil if one of them has neither, absent ones counted as constants.
    private func all(_ list: [UInt32]) -> [Extent]? {
        let found = list.map { $0 == PACK_PLAN_ABSENT ? .fixed : extent($0) }
        return found.contains(nil) ? nil : found.compactMap(\.self)
    }

    private func extent(_ value: UInt32) -> Extent? {
        let record = self[value]
        if record.kind == PACK_PLAN_WEIGHT.rawValue { return .fixed }
        let rank = Int(record.rank)
        let symbols = (0..<rank).map { symbol(value, $0) }
        let isConstant = (0..<rank).map { expression(value, $0).kind == PACK_PLAN_CONSTANT.rawValue }
        guard !record.isMeasured, let input = inputs.first else { return nil }
        if record.kind == PACK_PLAN_ALIAS.rawValue, isConstant.allSatisfy(\.self),
            self[UInt32(record.data_offset)].kind == PACK_PLAN_WEIGHT.rawValue
        {
            return .fixed
        }
        guard let texts = symbols.first, texts != nil, texts == symbol(input, 0) else { return nil }
        if isConstant.dropFirst().allSatisfy(\.self) { return .texts }
        let hasTokens = symbols[1] != nil && symbols[1] == symbol(input, 1)
        return hasTokens && isConstant.dropFirst(2).allSatisfy(\.self) ? .tokens : nil
    }

    /// The symbol that a dimension is; nil if it is something else.
    private func symbol(_ value: UInt32, _ axis: Int) -> UInt32? {
        guard axis < Int(self[value].rank) else { return nil }
        let expression = expression(value, axis)
        return expression.kind == PACK_PLAN_SYMBOL.rawValue ? expression.a : nil
    }

    private func expression(_ value: UInt32, _ axis: Int) -> pack_plan_expression {
        expressions[Int(dimensions[Int(self[value].first_dimension) + axis])]
    }

    private subscript(value: UInt32) -> pack_plan_value { values[Int(value)] }
}
