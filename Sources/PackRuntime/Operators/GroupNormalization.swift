public import CPackKernels
import CPackSystem
import PackCore

/// Normalization over groups of channels of each image (ONNX `GroupNormalization`, and with a group a channel
/// `InstanceNormalization`). Inputs f32: x [N, C, ..], scale and bias [C] or [groups]. Attributes: groups (0: as many as
/// channels), bits of epsilon.
enum GroupNormalization: Operator {
    private struct Task {
        let normalize: pack_layer_norm_kernel
        let combine: pack_binary_kernel
        let x: UnsafePointer<Float>
        let out: UnsafeMutablePointer<Float>
        let scale: UnsafeMutablePointer<Float>
        let bias: UnsafeMutablePointer<Float>
        let groups: Int
        /// Channels of a group, and of a value of scale and bias.
        let channels: Int
        let perScale: Int
        let plane: Int
        let epsilon: Float

        func compute(_ unit: Int) {
            let count = channels * plane
            let to = out + unit * count
            normalize(x + unit * count, count, to, count, 1, count, nil, nil, epsilon)
            for channel in 0..<channels {
                let place = (unit % groups * channels + channel) / perScale
                let row = to + channel * plane
                combine(PACK_BINARY_MULTIPLY.rawValue, row, scale + place, 0, row, plane)
                combine(PACK_BINARY_ADD.rawValue, row, bias + place, 0, row, plane)
            }
        }
    }

    private static func groups(_ step: Step) throws(OperatorError) -> Int {
        let channels = try step.input(0).extent(1)
        let groups = try step.attribute(0)
        guard groups >= 0, groups <= channels, groups == 0 || channels % groups == 0 else { throw .attribute }
        return groups == 0 ? channels : groups
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let out = try step.output()
        try x.require(.f32)
        try out.require(.f32)
        guard x.hasShape(of: out), x.rank >= 2 else { throw .shape }
        let groups = try groups(step)
        for index in 1...2 {
            let vector = try step.input(index)
            try vector.require(.f32)
            guard vector.count == x.extent(1) || vector.count == groups,
                vector.count == (try step.input(1).count)
            else { throw .shape }
        }
        _ = try step.floatAttribute(1)
        guard step.kernels.pointee.binary != nil, step.kernels.pointee.layer_norm != nil else { throw .kernel }
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let groups = try groups(step)
        guard x.count > 0, let from = x.floats.baseAddress, let to = try step.output().floats.baseAddress,
            let scale = try step.input(1).floats.baseAddress, let bias = try step.input(2).floats.baseAddress,
            let normalize = step.kernels.pointee.layer_norm, let combine = step.kernels.pointee.binary
        else { return }
        let task = Task(
            normalize: normalize, combine: combine, x: from, out: to, scale: scale, bias: bias, groups: groups,
            channels: x.extent(1) / groups, perScale: x.extent(1) / (try step.input(1).count),
            plane: x.product(2..<x.rank), epsilon: try step.floatAttribute(1))
        step.parallel(x.extent(0) * groups, task) { context, unit, _ in
            context?.assumingMemoryBound(to: Task.self).pointee.compute(unit)
        }
    }
}

/// C entry of `GroupNormalization`.
@c(pack_op_GroupNormalization) public func packOperatorGroupNormalization(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { perform(GroupNormalization.self, step, running) }
