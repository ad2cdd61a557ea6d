import CPackKernels

extension PlanView {
    /// Checks that every symbol that a dimension needs is defined, by an input or by a step with a measured output, before the
    /// value is used. References have been checked.
    func validateDefinitions() throws(PlanError) {
        // The step that defines each symbol, then the last one that each expression waits for: −1 stands for the inputs,
        // Int.max for nobody.
        var times = [Int](repeating: Int.max, count: symbols.count + expressions.count)
        for step in -1..<steps.count {
            for value in made(by: step) where step < 0 || values[Int(value)].isMeasured {
                for dimension in dimensions(of: values[Int(value)]) {
                    let expression = expressions[Int(dimension)]
                    guard expression.kind == PACK_PLAN_SYMBOL.rawValue else { continue }
                    times[Int(expression.a)] = Swift.min(times[Int(expression.a)], step)
                }
            }
        }
        let first = symbols.count
        for (index, expression) in expressions.enumerated() {
            switch expression.kind {
            case PACK_PLAN_CONSTANT.rawValue: times[first + index] = -1
            case PACK_PLAN_SYMBOL.rawValue: times[first + index] = times[Int(expression.a)]
            default:
                times[first + index] = Swift.max(times[first + Int(expression.a)], times[first + Int(expression.b)])
            }
        }
        for step in -1...steps.count {
            try expect(used(by: step), by: step - 1, times, first)
            try expect(made(by: step), by: measures(step) || step < 0 ? step : step - 1, times, first)
        }
    }

    /// Checks that the extents of values can be told after a step.
    @inline(never)
    private func expect(
        _ list: UnsafeBufferPointer<UInt32>, by step: Int, _ times: [Int], _ first: Int
    ) throws(PlanError) {
        for value in list where value != PACK_PLAN_ABSENT {
            for dimension in dimensions(of: values[Int(value)]) where times[first + Int(dimension)] > step {
                throw PlanError(.badOrder, section: 5, record: Swift.max(step, 0))
            }
        }
    }

    /// The step that begins the loop which a step ends; nil for other steps.
    @inline(never)
    package func loopBegin(of step: Int) -> Int? {
        guard steps[step].op == PACK_OP_LoopEnd.rawValue else { return nil }
        return Int(attributes[Int(steps[step].first_attribute)])
    }

    /// The step that comes next where an end of a loop does not go on with the following one.
    package func jump(from step: Int) -> Int {
        if let begin = loopBegin(of: step) { return begin + 1 }
        guard steps[step].op == PACK_OP_LoopBegin.rawValue else { return step + 1 }
        let end = Int(attributes[Int(steps[step].first_attribute)])
        return end < 0 ? step + 1 : end
    }

    /// Loops in loops.
    private static let loopDepth = 80

    /// Checks that each loop's ends name each other, that loops lie in loops as a whole, and that no step in them finds extents
    /// when it runs: memory is planned once for all turns.
    func validateLoops() throws(PlanError) {
        var open: [Int] = []
        for (index, step) in steps.enumerated() {
            let isBegin = step.op == PACK_OP_LoopBegin.rawValue
            if !open.isEmpty, measures(index) { throw PlanError(.badOrder, section: 5, record: index) }
            guard isBegin || step.op == PACK_OP_LoopEnd.rawValue else { continue }
            guard step.attribute_count == 1 else { throw PlanError(.badReference, section: 5, record: index) }
            let other = attributes[Int(step.first_attribute)]
            if isBegin {
                open.append(index)
                let isPlace = other == -1 || other > Int64(index) && other < Int64(steps.count)
                guard isPlace, open.count <= PlanView.loopDepth else {
                    throw PlanError(.badReference, section: 5, record: index)
                }
            } else {
                guard let begin = open.popLast(), other == Int64(begin) else {
                    throw PlanError(.badReference, section: 5, record: index)
                }
                let end = attributes[Int(steps[begin].first_attribute)]
                guard end == -1 || end == Int64(index) else {
                    throw PlanError(.badReference, section: 5, record: begin)
                }
            }
        }
        if let begin = open.first { throw PlanError(.badReference, section: 5, record: begin) }
    }

    /// Whether a step finds extents of its outputs when it runs.
    @inline(never)
    package func measures(_ step: Int) -> Bool {
        for value in made(by: step) where values[Int(value)].isMeasured { return true }
        return false
    }

    /// Whether all that a step makes is the same for every request.
    package func isFixed(_ step: Int) -> Bool {
        for value in made(by: step) where !values[Int(value)].isFixed { return false }
        return !made(by: step).isEmpty
    }

    /// Indices of the values that a step makes; the inputs for −1, none behind the last step.
    @inline(never)
    package func made(by step: Int) -> UnsafeBufferPointer<UInt32> {
        if step < 0 { return inputs }
        if step == steps.count { return UnsafeBufferPointer(rebasing: arguments[..<0]) }
        let first = Int(steps[step].first_argument) + Int(steps[step].input_count)
        return UnsafeBufferPointer(rebasing: arguments[first..<first + Int(steps[step].output_count)])
    }

    /// Indices of the values that a step reads, `PACK_PLAN_ABSENT` among them; none for −1, the outputs behind the last step.
    package func used(by step: Int) -> UnsafeBufferPointer<UInt32> {
        if step == steps.count { return outputs }
        let first = step < 0 ? 0 : Int(steps[step].first_argument)
        return UnsafeBufferPointer(rebasing: arguments[first..<first + (step < 0 ? 0 : Int(steps[step].input_count))])
    }
}

extension pack_plan_value {
    /// Whether the step that makes it finds its extents when it runs.
    package var isMeasured: Bool { UInt32(flags) & PACK_PLAN_MEASURED.rawValue != 0 }
    /// Whether it is the same for every request.
    package var isFixed: Bool {
        UInt32(flags) & PACK_PLAN_FIXED.rawValue != 0 && UInt32(kind) == PACK_PLAN_ACTIVATION.rawValue
    }
}
