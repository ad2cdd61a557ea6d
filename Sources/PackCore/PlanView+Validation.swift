import CPackKernels

extension PlanView {
    /// Checks every reference and number of the tables, so that following them later needs no check.
    func validate() throws(PlanError) {
        try validateExpressions()
        try validateValues()
        try validateSteps()
        try validateEdges()
        try validateDefinitions()
        try validateLoops()
    }

    private func validateExpressions() throws(PlanError) {
        for (index, symbol) in symbols.enumerated() {
            guard holds(symbol.name), symbol.maximum >= 0 else {
                throw PlanError(.badNumber, section: 1, record: index)
            }
        }
        for (index, expression) in expressions.enumerated() {
            let valid =
                switch expression.kind {
                case PACK_PLAN_CONSTANT.rawValue: expression.b > Int64.min
                case PACK_PLAN_SYMBOL.rawValue: Int(expression.a) < symbols.count
                case PACK_PLAN_SUM.rawValue...PACK_PLAN_SMALLER.rawValue:
                    Int(expression.a) < index && expression.b >= 0 && expression.b < Int64(index)
                default: false
                }
            guard valid else { throw PlanError(.badReference, section: 2, record: index) }
        }
        for (index, dimension) in dimensions.enumerated() where Int(dimension) >= expressions.count {
            throw PlanError(.badReference, section: 3, record: index)
        }
    }

    private func validateValues() throws(PlanError) {
        for (index, value) in values.enumerated() {
            guard let type = DType(rawValue: value.dtype), type != .string || !texts.isEmpty,
                value.rank <= PACK_PLAN_MAXIMUM_RANK
            else {
                throw PlanError(.badNumber, section: 4, record: index)
            }
            guard Int(value.first_dimension) <= dimensions.count - Int(value.rank), holds(value.name) else {
                throw PlanError(.badReference, section: 4, record: index)
            }
            let valid =
                switch UInt32(value.kind) {
                case PACK_PLAN_ACTIVATION.rawValue: !value.isFixed || !value.isMeasured && count(of: value) != nil
                case PACK_PLAN_INPUT.rawValue: true
                case PACK_PLAN_WEIGHT.rawValue: holdsData(of: value, type)
                case PACK_PLAN_ALIAS.rawValue:
                    value.data_offset < UInt64(index) && values[Int(value.data_offset)].kind != value.kind
                        && values[Int(value.data_offset)].dtype == value.dtype
                default: false
                }
            guard valid else { throw PlanError(.badReference, section: 4, record: index) }
        }
    }

    /// Elements of a value whose dimensions are constants; nil for others, and where they are too many to count.
    private func count(of value: pack_plan_value) -> UInt64? {
        var count: UInt64 = 1
        for dimension in dimensions(of: value) {
            let expression = expressions[Int(dimension)]
            guard expression.kind == PACK_PLAN_CONSTANT.rawValue, expression.b >= 0 else { return nil }
            let (product, overflow) = count.multipliedReportingOverflow(by: UInt64(expression.b))
            guard !overflow else { return nil }
            count = product
        }
        return count
    }

    /// Whether a constant's dimensions are fixed and its bytes are in the file, aligned and of the size that they need.
    private func holdsData(of value: pack_plan_value, _ type: DType) -> Bool {
        guard value.data_offset <= UInt64(data.count), value.data_bytes <= UInt64(data.count) - value.data_offset,
            value.data_offset % UInt64(PACK_PLAN_ALIGNMENT) == 0,
            UInt(bitPattern: data.baseAddress) % UInt(PACK_PLAN_ALIGNMENT) == 0
        else { return false }
        guard let count = count(of: value) else { return false }
        let (needed, overflow) = count.multipliedReportingOverflow(by: UInt64(type.size))
        return !overflow && needed == value.data_bytes
    }

    private func validateSteps() throws(PlanError) {
        var made = [Bool](repeating: false, count: values.count)
        for input in inputs where Int(input) < values.count { made[Int(input)] = true }
        for (index, value) in values.enumerated() where UInt32(value.kind) == PACK_PLAN_WEIGHT.rawValue {
            made[index] = true
        }
        for (index, step) in steps.enumerated() {
            let count = Int(step.input_count) + Int(step.output_count)
            guard step.op < PACK_OPERATOR_COUNT.rawValue, holds(step.name), count <= arguments.count,
                Int(step.first_argument) <= arguments.count - count,
                Int(step.attribute_count) <= attributes.count,
                Int(step.first_attribute) <= attributes.count - Int(step.attribute_count)
            else { throw PlanError(.badReference, section: 5, record: index) }
            for position in 0..<count {
                let argument = arguments[Int(step.first_argument) + position]
                if position < Int(step.input_count) {
                    guard isMade(argument, made) else { throw PlanError(.badOrder, section: 5, record: index) }
                } else {
                    guard Int(argument) < values.count, !made[Int(argument)],
                        UInt32(values[Int(argument)].kind) == PACK_PLAN_ACTIVATION.rawValue
                    else { throw PlanError(.badOrder, section: 5, record: index) }
                    made[Int(argument)] = true
                }
            }
        }
        for (index, output) in outputs.enumerated() {
            guard output != PACK_PLAN_ABSENT, isMade(output, made) else {
                throw PlanError(.badReference, section: 9, record: index)
            }
        }
    }

    private func isMade(_ argument: UInt32, _ made: [Bool]) -> Bool {
        if argument == PACK_PLAN_ABSENT { return true }
        guard Int(argument) < values.count else { return false }
        let value = values[Int(argument)]
        let isAlias = UInt32(value.kind) == PACK_PLAN_ALIAS.rawValue
        return made[isAlias ? Int(value.data_offset) : Int(argument)]
    }

    private func validateEdges() throws(PlanError) {
        for (index, input) in inputs.enumerated() {
            guard Int(input) < values.count, UInt32(values[Int(input)].kind) == PACK_PLAN_INPUT.rawValue else {
                throw PlanError(.badReference, section: 8, record: index)
            }
            guard !packsTexts || values[Int(input)].rank == 2 else {
                throw PlanError(.badNumber, section: 8, record: index)
            }
        }
        for (index, label) in labels.enumerated() where !holds(label) {
            throw PlanError(.badReference, section: 10, record: index)
        }
        for (index, text) in texts.enumerated() where !holds(text) || (index == 0 && text.length != 0) {
            throw PlanError(.badReference, section: 10, record: labels.count + index)
        }
    }
}
