import CPackKernels
import PackCore

extension PlanTables {
    /// Marks values that are the same for every request, so that their steps run once in a session: what is computed from
    /// weights alone, with extents that do not depend on a request's.
    mutating func markFixed() {
        var isFixed = values.map { $0.kind == UInt8(PACK_PLAN_WEIGHT.rawValue) }
        for step in steps where !Self.varying.contains(UInt32(step.op)) {
            let first = Int(step.first_argument)
            let outputs = first + Int(step.input_count)
            let reads = arguments[first..<outputs]
            let makes = arguments[outputs..<outputs + Int(step.output_count)]
            guard reads.allSatisfy({ $0 == PACK_PLAN_ABSENT || isFixed[owner(of: $0)] }),
                makes.allSatisfy({ canBeFixed(values[Int($0)]) })
            else { continue }
            for value in makes {
                isFixed[Int(value)] = true
                values[Int(value)].flags |= UInt8(PACK_PLAN_FIXED.rawValue)
            }
        }
    }

    /// Operators whose results differ from one request, or one turn of a loop, to the next.
    private static let varying: Set<UInt32> = [
        PACK_OP_Random.rawValue, PACK_OP_LoopBegin.rawValue, PACK_OP_LoopEnd.rawValue,
    ]

    /// Whether a value is the same for every request and computed.
    func isFixed(_ value: UInt32) -> Bool { value != PACK_PLAN_ABSENT && values[owner(of: value)].isFixed }

    private func owner(of value: UInt32) -> Int {
        let record = values[Int(value)]
        return record.kind == UInt8(PACK_PLAN_ALIAS.rawValue) ? Int(record.data_offset) : Int(value)
    }

    /// Texts of a request do not outlive it.
    private func canBeFixed(_ value: pack_plan_value) -> Bool {
        let first = Int(value.first_dimension)
        return !value.isMeasured && value.dtype != DType.string.rawValue
            && dimensions[first..<first + Int(value.rank)].allSatisfy {
                expressions[Int($0)].kind == PACK_PLAN_CONSTANT.rawValue
            }
    }
}
