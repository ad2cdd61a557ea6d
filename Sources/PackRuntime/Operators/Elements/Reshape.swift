public import CPackKernels
import PackCore

/// How `Reshape` finds the shape; the values stand in plan files.
public enum ReshapeKind: Int, Sendable {
    /// ONNX `Reshape`: extents, 0 for the input's, −1 for what remains.
    case extents = 0
    /// ONNX `Reshape` with `allowzero`: 0 is 0.
    case exactExtents = 1
    /// ONNX `Squeeze`: the axes to drop.
    case squeeze = 2
    /// ONNX `Unsqueeze`: the axes of extent 1 to add.
    case unsqueeze = 3
}

/// Copies a tensor into a shape that the second input tells. Attribute: `ReshapeKind`.
enum Reshape: MeasuringOperator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let out = try step.output()
        guard x.dtype == out.dtype else { throw .type }
        guard x.count == out.count else { throw .shape }
        return 0
    }

    static func measure(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let list = try step.input(1)
        let out = try step.output()
        try list.requireInteger()
        guard let kind = ReshapeKind(rawValue: try step.attribute(0)) else { throw .attribute }
        switch kind {
        case .extents, .exactExtents: try setExtents(x, list, out, kind)
        case .squeeze, .unsqueeze:
            let rank = kind == .squeeze ? x.rank : out.rank
            guard x.rank == out.rank + (kind == .squeeze ? list.count : -list.count) else { throw .shape }
            var axes = 0
            for i in 0..<list.count {
                let axis = try wrapped(list.index(i), rank)
                guard axes & (1 << axis) == 0, kind == .unsqueeze || x.extent(axis) == 1 else { throw .shape }
                axes |= 1 << axis
            }
            var other = 0
            for axis in 0..<rank {
                let isListed = axes & (1 << axis) != 0
                if kind == .unsqueeze { out.setExtent(axis, isListed ? 1 : x.extent(other)) }
                if kind == .squeeze, !isListed { out.setExtent(other, x.extent(axis)) }
                other += isListed ? 0 : 1
            }
        }
    }

    private static func setExtents(
        _ x: Tensor, _ list: Tensor, _ out: Tensor, _ kind: ReshapeKind
    ) throws(OperatorError) {
        guard list.count == out.rank else { throw .shape }
        var known = 1
        var open = -1
        for axis in 0..<out.rank {
            var extent = list.index(axis)
            if extent == 0, kind == .extents {
                guard axis < x.rank else { throw .shape }
                extent = x.extent(axis)
            }
            if extent == -1, open < 0 {
                open = axis
                continue
            }
            let (product, overflow) = known.multipliedReportingOverflow(by: extent)
            guard extent >= 0, !overflow else { throw .shape }
            known = product
            out.setExtent(axis, extent)
        }
        if open >= 0 {
            guard known > 0, x.count % known == 0 else { throw .shape }
            out.setExtent(open, x.count / known)
        }
    }

    static func run(_ step: Step) throws(OperatorError) {
        try step.output().copyAll(from: try step.input(0))
    }
}

/// C entry of `Reshape`.
@c(pack_op_Reshape) public func packOperatorReshape(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    performMeasuring(Reshape.self, step, running)
}
