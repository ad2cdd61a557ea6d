public import CPackKernels
import PackCore

/// What `PadFixed` puts around a tensor; the values stand in plan files.
public enum PadMode: Int, Sendable {
    case constant = 0
    /// Mirrored at the first and last element, which are not repeated.
    case reflect = 1
    case edge = 2
    case wrap = 3
}

/// Adds elements around a tensor, or with negative counts takes some away, by counts that the plan knows: `Pad` whose pads are
/// constant. Any element type. Attributes: `PadMode`, the bits of the constant, for each axis the elements added before. Those
/// after follow from the output.
enum PadFixed: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let out = try step.output()
        guard x.dtype == out.dtype else { throw .type }
        guard x.rank == out.rank, x.rank <= 8 else { throw .shape }
        guard let mode = PadMode(rawValue: try step.attribute(0)) else { throw .attribute }
        for axis in 0..<x.rank {
            guard (try step.attribute(2 + axis)).magnitude < 1 << 31 else { throw .attribute }
            guard x.extent(axis) > 0 || mode == .constant || out.count == 0 else { throw .shape }
        }
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        guard let mode = PadMode(rawValue: try step.attribute(0)) else { throw .attribute }
        var before = InlineArray<8, Int>(repeating: 0)
        for axis in 0..<(try step.input(0).rank) { before[axis] = try step.attribute(2 + axis) }
        pad(try step.input(0), try step.output(), mode, before, try step.attribute(1))
    }

    /// Fills out, of the rank of x and at most 8 axes, with x from the places before on and, around it, what the mode says.
    static func pad(_ x: Tensor, _ out: Tensor, _ mode: PadMode, _ before: InlineArray<8, Int>, _ word: Int) {
        switch x.dtype.size {
        case 1: fill(x, out, mode, before, UInt8(truncatingIfNeeded: word))
        case 2: fill(x, out, mode, before, UInt16(truncatingIfNeeded: word))
        case 4: fill(x, out, mode, before, UInt32(truncatingIfNeeded: word))
        default: fill(x, out, mode, before, UInt64(bitPattern: Int64(word)))
        }
    }

    /// The place in an axis of `extent` elements that an output's place shows; nil for the constant.
    private static func source(_ place: Int, _ extent: Int, _ mode: PadMode) -> Int? {
        if place >= 0 && place < extent { return place }
        switch mode {
        case .constant: return nil
        case .edge: return place < 0 ? 0 : extent - 1
        case .wrap:
            let rest = place % extent
            return rest < 0 ? rest + extent : rest
        case .reflect:
            let period = Swift.max(2 * (extent - 1), 1)
            let rest = place % period
            let inside = rest < 0 ? rest + period : rest
            return inside < extent ? inside : period - inside
        }
    }

    private static func fill<T>(
        _ input: Tensor, _ output: Tensor, _ mode: PadMode, _ before: InlineArray<8, Int>, _ constant: T
    ) {
        let (x, out) = (input.elements(T.self), output.elements(T.self))
        guard out.count > 0 else { return }
        guard input.rank > 0 else {
            out[0] = x[0]
            return
        }
        let last = input.rank - 1
        let (width, extent, shift) = (output.last, input.last, before[last])
        // Where the row's own elements lie in it.
        let low = Swift.max(0, Swift.min(width, shift))
        let high = Swift.max(low, Swift.min(width, shift + extent))
        var start = 0
        while start < out.count {
            var row: Int? = 0
            var rest = start / width
            var stride = extent
            var axis = last - 1
            while axis >= 0 {
                let place = rest % output.extent(axis) - before[axis]
                rest /= output.extent(axis)
                if let known = row, let inside = source(place, input.extent(axis), mode) {
                    row = known + inside * stride
                } else {
                    row = nil
                }
                stride *= input.extent(axis)
                axis -= 1
            }
            if let row {
                for i in 0..<low { out[start + i] = source(i - shift, extent, mode).map { x[row + $0] } ?? constant }
                for i in low..<high { out[start + i] = x[row + i - shift] }
                for i in high..<width {
                    out[start + i] = source(i - shift, extent, mode).map { x[row + $0] } ?? constant
                }
            } else {
                for i in 0..<width { out[start + i] = constant }
            }
            start += width
        }
    }
}

/// C entry of `PadFixed`.
@c(pack_op_PadFixed) public func packOperatorPadFixed(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(PadFixed.self, step, running)
}
