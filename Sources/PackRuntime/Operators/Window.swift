import CPackKernels
import PackCore

/// How a window goes along one axis of an image.
struct WindowAxis {
    var input = 1
    var output = 1
    var kernel = 1
    var stride = 1
    var dilation = 1
    var before = 0
    var after = 0

    /// Input positions from a window's first tap to its last.
    var span: Int { (kernel - 1) * dilation + 1 }
    /// Positions of the padded input that windows reach.
    var reach: Int { output == 0 ? 0 : (output - 1) * stride + span }

    /// Whether every window ends in the padded input, or, if `loose`, less than a stride after it.
    fileprivate func holds(loose: Bool) -> Bool {
        let (last, overflow) = (output - 1).multipliedReportingOverflow(by: stride)
        let room = input + before + after - span
        return !overflow && room >= 0 && room < 1 << 50 && last <= room + (loose ? stride - 1 : 0)
    }
}

/// A window over an image of up to three axes, which become depth, height and width; those that it lacks have extent 1.
///
/// In attribute words: how it is padded (0: by the numbers that follow; 1: so that outputs are inputs over strides, rounded up,
/// more padding after than before; 2: more before), the number of axes, and for each of them kernel, stride, dilation, padding
/// before and after.
struct Window {
    var axes: InlineArray<3, WindowAxis> = [WindowAxis(), WindowAxis(), WindowAxis()]

    /// Reads the words from `first` on, for images [N, C, axes…].
    ///
    /// - Parameter loose: Whether windows may end after the padded input, as those of pooling may.
    init(_ step: Step, from first: Int, input: Tensor, output: Tensor, loose: Bool = false) throws(OperatorError) {
        let mode = try step.attribute(first)
        let rank = try step.attribute(first + 1)
        guard (0...2).contains(mode), (1...3).contains(rank) else { throw .attribute }
        guard input.rank == rank + 2, output.rank == rank + 2, input.extent(0) == output.extent(0) else { throw .shape }
        for index in 0..<rank {
            let word = first + 2 + index * 5
            var axis = WindowAxis()
            axis.input = input.extent(index + 2)
            axis.output = output.extent(index + 2)
            axis.kernel = try Window.bounded(step, word, 1)
            axis.stride = try Window.bounded(step, word + 1, 1)
            axis.dilation = try Window.bounded(step, word + 2, 1)
            axis.before = try Window.bounded(step, word + 3, 0)
            axis.after = try Window.bounded(step, word + 4, 0)
            if mode != 0 {
                guard axis.output <= axis.input else { throw .shape }
                let total = Swift.max(axis.reach - axis.input, 0)
                axis.before = mode == 1 ? total / 2 : total - total / 2
                axis.after = total - axis.before
            }
            guard axis.output == 0 || axis.holds(loose: loose) else { throw .shape }
            axes[index + 3 - rank] = axis
        }
    }

    /// Reads the words from `first` on: the number of axes, and for each of them kernel, stride, dilation and padding before. The
    /// image [N, C, axes…] is what windows fall on, one for each place of `places` [.., .., axes…], or without it as many as
    /// the image and the padding hold. The extents of the kernel may be given apart.
    init(
        _ step: Step, from first: Int, image: Tensor, places: Tensor?, kernel: Tensor? = nil
    ) throws(OperatorError) {
        let rank = try step.attribute(first)
        guard (1...3).contains(rank) else { throw .attribute }
        guard image.rank == rank + 2, places == nil || places?.rank == rank + 2 else { throw .shape }
        for index in 0..<rank {
            let word = first + 1 + index * 5
            var axis = WindowAxis()
            axis.input = image.extent(index + 2)
            axis.kernel = try Window.bounded(step, word, 1)
            if let kernel {
                guard kernel.count == rank, (1..<1 << 31).contains(kernel.index(index)) else { throw .shape }
                axis.kernel = kernel.index(index)
            }
            axis.stride = try Window.bounded(step, word + 1, 1)
            axis.dilation = try Window.bounded(step, word + 2, 1)
            axis.before = try Window.bounded(step, word + 3, 0)
            axis.after = try Window.bounded(step, word + 4, 0)
            let room = axis.input + axis.before + axis.after - axis.span
            axis.output = places?.extent(index + 2) ?? (room < 0 ? 0 : room / axis.stride + 1)
            guard axis.output < 1 << 31, axis.input < 1 << 31 else { throw .shape }
            axes[index + 3 - rank] = axis
        }
    }

    static func bounded(_ step: Step, _ word: Int, _ least: Int) throws(OperatorError) -> Int {
        let value = try step.attribute(word)
        guard value >= least, value < 1 << 31 else { throw .attribute }
        return value
    }

    /// Taps of the window.
    func taps() throws(OperatorError) -> Int { try product { $0.kernel } }
    /// Elements of one channel of the input.
    var inputCount: Int { axes[0].input * axes[1].input * axes[2].input }
    /// Elements of one channel of the output.
    var outputCount: Int { axes[0].output * axes[1].output * axes[2].output }

    /// A product over the axes that fits memory.
    func product(_ value: (WindowAxis) -> Int) throws(OperatorError) -> Int {
        try bytes(value(axes[0]), value(axes[1]), value(axes[2]))
    }

    /// The record that C reads.
    var record: pack_window {
        let (z, y, x) = (axes[0], axes[1], axes[2])
        return pack_window(
            input: (z.input, y.input, x.input), output: (z.output, y.output, x.output),
            kernel: (z.kernel, y.kernel, x.kernel), stride: (z.stride, y.stride, x.stride),
            dilation: (z.dilation, y.dilation, x.dilation), before: (z.before, y.before, x.before))
    }
}

/// The product of counts, none negative; an error where memory could not hold as much.
func bytes(_ counts: Int...) throws(OperatorError) -> Int {
    var result = 1
    for count in counts {
        let (product, overflow) = result.multipliedReportingOverflow(by: count)
        guard !overflow, product <= 1 << 44 else { throw .shape }
        result = product
    }
    return result
}
