import CPackKernels
import CPackSystem
import PackCore

extension Session {
    /// Asks the system to read the plan's weights from the disk, in the order in which steps use them, and does not wait.
    /// Tables of which a request reads some rows only are left out. Costs what looking the pages up costs, for the first
    /// `limit` bytes at most; weights that are there already are not read again.
    public func readAhead(limit: Int = 1 << 29) {
        var left = limit
        var start = 0
        var end = 0
        for step in plan.steps.indices {
            let op = UInt32(plan.steps[step].op)
            if op == PACK_OP_Embed.rawValue || op == PACK_OP_Gather.rawValue { continue }
            for index in plan.used(by: step) where index != PACK_PLAN_ABSENT {
                let value = plan.values[Int(index)]
                guard value.kind == UInt8(PACK_PLAN_WEIGHT.rawValue) else { continue }
                let first = Int(value.data_offset)
                if first < end && first >= start { continue }
                if first < end || first - end > readAheadGap {
                    left -= end - start
                    advise(start, end)
                    guard left > 0 else { return }
                    start = first
                }
                end = first + min(Int(value.data_bytes), left)
            }
        }
        advise(start, end)
    }

    /// Weights no further apart are asked for with one call.
    private var readAheadGap: Int { 1 << 16 }

    private func advise(_ start: Int, _ end: Int) {
        guard start < end, let base = plan.data.baseAddress else { return }
        pack_read_ahead(base + start, end - start)
    }
}
