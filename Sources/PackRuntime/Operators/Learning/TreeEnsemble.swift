public import CPackKernels
import CPackSystem
import PackCore

/// Scores of decision trees (ONNX ai.onnx.ml `TreeEnsemble` and its older forms, before any transform). Inputs: x [N, F] of f32 or
/// f64, nodes u32 [n, 3 or 4] (`TreeNode`), the trees' first nodes u32 [T], weights u32 [w, 2 or 4] (`TreeWeight`), and what is added to
/// each target [targets] of x's type, or absent. Output [N, targets] of x's type. Attributes: a `TreeAggregate`; whether every
/// test is "less or equal" with missing values false.
///
/// Nothing that the tables say is trusted: children stand behind their parents, so every walk ends, and a place that is not there
/// is an error.
enum TreeEnsemble: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let out = try step.output()
        guard x.dtype == .f32 || x.dtype == .f64, out.dtype == x.dtype else { throw .type }
        guard x.rank == 2, out.rank == 2, out.extent(0) == x.extent(0) else { throw .shape }
        let isWide = x.dtype == .f64
        for (index, columns) in [(1, isWide ? 4 : 3), (3, isWide ? 4 : 2)] {
            let table = try step.input(index)
            try table.require(.u32)
            guard table.rank == 2, table.extent(1) == columns, table.extent(0) < 1 << 31 else { throw .shape }
        }
        let roots = try step.input(2)
        try roots.require(.u32)
        guard roots.rank == 1 else { throw .shape }
        if let base = step.optional(4) {
            guard base.dtype == x.dtype else { throw .type }
            guard base.count == out.extent(1) else { throw .shape }
        }
        guard TreeAggregate(rawValue: try step.attribute(0)) != nil else { throw .attribute }
        _ = try step.attribute(1)
        // One byte that says whether a place was not there.
        return 64
    }

    static func run(_ step: Step) throws(OperatorError) {
        guard try step.output().count > 0, let scratch = step.scratch else { return }
        let failed = scratch.assumingMemoryBound(to: UInt8.self)
        failed.pointee = 0
        if try step.input(0).dtype == .f32 {
            let walk = try TreeWalk<Float>(step, failed)
            if walk.blocks == 1 {
                walk.compute(0)
            } else {
                step.parallel(walk.blocks, walk) { context, block, _ in
                    context?.assumingMemoryBound(to: TreeWalk<Float>.self).pointee.compute(block)
                }
            }
        } else {
            let walk = try TreeWalk<Double>(step, failed)
            step.parallel(walk.blocks, walk) { context, block, _ in
                context?.assumingMemoryBound(to: TreeWalk<Double>.self).pointee.compute(block)
            }
        }
        guard failed.pointee == 0 else { throw .index }
    }
}

/// C entry of `TreeEnsemble`.
@c(pack_op_TreeEnsemble) public func packOperatorTreeEnsemble(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { perform(TreeEnsemble.self, step, running) }
