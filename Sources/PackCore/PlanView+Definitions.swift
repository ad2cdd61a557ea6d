import CPackKernels

extension PlanView {
    /// Checks that every symbol that a dimension needs is defined, by an input or by a step with a measured output, before the
    /// value is used. References have been checked.
    func validateDefinitions() throws(PlanError) {
        // 0: by an input; k: by step k - 1; Int.max: by nobody.
        var symbolTimes = [Int](repeating: Int.max, count: symbols.count)
        for input in inputs { define(values[Int(input)], at: 0, &symbolTimes) }
        for index in 0..<steps.count {
            for output in outputs(of: index) where values[Int(output)].isMeasured {
                define(values[Int(output)], at: index + 1, &symbolTimes)
            }
        }
        var times = [Int](repeating: 0, count: expressions.count)
        for (index, expression) in expressions.enumerated() {
            switch expression.kind {
            case PACK_PLAN_CONSTANT.rawValue: break
            case PACK_PLAN_SYMBOL.rawValue: times[index] = symbolTimes[Int(expression.a)]
            default: times[index] = Swift.max(times[Int(expression.a)], times[Int(expression.b)])
            }
        }
        for (index, input) in inputs.enumerated() where time(of: input, times) > 0 {
            throw PlanError(.badOrder, section: 8, record: index)
        }
        for (index, step) in steps.enumerated() {
            let first = Int(step.first_argument)
            for input in arguments[first..<first + Int(step.input_count)] where time(of: input, times) > index {
                throw PlanError(.badOrder, section: 5, record: index)
            }
            let defines = outputs(of: index).contains { values[Int($0)].isMeasured }
            for output in outputs(of: index) where time(of: output, times) > (defines ? index + 1 : index) {
                throw PlanError(.badOrder, section: 5, record: index)
            }
        }
        for (index, output) in outputs.enumerated() where time(of: output, times) == Int.max {
            throw PlanError(.badOrder, section: 9, record: index)
        }
    }

    private func define(_ value: pack_plan_value, at time: Int, _ times: inout [Int]) {
        for dimension in dimensions(of: value) {
            let expression = expressions[Int(dimension)]
            guard expression.kind == PACK_PLAN_SYMBOL.rawValue else { continue }
            times[Int(expression.a)] = Swift.min(times[Int(expression.a)], time)
        }
    }

    /// When all extents of a value can be told.
    private func time(of value: UInt32, _ times: [Int]) -> Int {
        if value == PACK_PLAN_ABSENT { return 0 }
        var latest = 0
        for dimension in dimensions(of: values[Int(value)]) { latest = Swift.max(latest, times[Int(dimension)]) }
        return latest
    }

    /// Indices of the values that a step makes.
    package func outputs(of step: Int) -> UnsafeBufferPointer<UInt32> {
        let first = Int(steps[step].first_argument) + Int(steps[step].input_count)
        return UnsafeBufferPointer(rebasing: arguments[first..<first + Int(steps[step].output_count)])
    }
}

extension pack_plan_value {
    /// Whether the step that makes it finds its extents when it runs.
    package var isMeasured: Bool { UInt32(flags) & PACK_PLAN_MEASURED.rawValue != 0 }
}
