public import CPackKernels
import PackCore

/// How scattered elements meet what is there; the values stand in plan files.
public enum ScatterKind: Int, Sendable {
    case replace = 0
    case add = 1
    case multiply = 2
    case maximum = 3
    case minimum = 4
}

/// A copy of a tensor with single elements changed (ONNX `ScatterElements`). Inputs: x, indices, updates. Attributes: axis,
/// `ScatterKind`.
enum ScatterElements: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        try checkScatter(step)
        let indices = try step.input(1)
        guard try step.input(2).hasShape(of: indices) else { throw .shape }
        try eachElementShape(step)
        return 0
    }

    private static func eachElementShape(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let indices = try step.input(1)
        let axis = try step.attribute(0)
        guard x.rank == indices.rank, axis >= 0, axis < x.rank else { throw .shape }
        for other in 0..<x.rank where other != axis && indices.extent(other) > x.extent(other) { throw .shape }
    }

    static func run(_ step: Step) throws(OperatorError) {
        let out = try step.output()
        let updates = try step.input(2)
        guard let kind = ScatterKind(rawValue: try step.attribute(1)) else { throw .attribute }
        out.copyAll(from: try step.input(0))
        try eachElement(out, try step.input(1), try step.attribute(0)) { place, position throws(OperatorError) in
            out.scatter(kind, place, updates, position, 1)
        }
    }
}

/// What both scattering operators check.
func checkScatter(_ step: Step) throws(OperatorError) {
    let x = try step.input(0)
    let out = try step.output()
    let updates = try step.input(2)
    guard x.dtype == out.dtype, updates.dtype == x.dtype else { throw .type }
    try step.input(1).requireInteger()
    guard x.hasShape(of: out) else { throw .shape }
    guard ScatterKind(rawValue: try step.attribute(1)) != nil else { throw .attribute }
}

extension Tensor {
    /// Combines neighbouring elements from `at` on with those of a tensor of the same type.
    func scatter(_ kind: ScatterKind, _ at: Int, _ updates: Tensor, _ from: Int, _ count: Int) {
        if kind == .replace { return copy(at, 1, from: updates, from, 1, count) }
        for i in 0..<count {
            if dtype.wide == .float {
                let old = number(at + i)
                let new = updates.number(from + i)
                var result =
                    switch kind {
                    case .add: old + new
                    case .multiply: old * new
                    case .maximum: old > new || old.isNaN ? old : new
                    default: old < new || old.isNaN ? old : new
                    }
                store(at + i, 1, 1, &result)
            } else {
                let old = integer(at + i)
                let new = updates.integer(from + i)
                let isLarger = dtype == .u64 ? UInt64(bitPattern: old) > UInt64(bitPattern: new) : old > new
                var result =
                    switch kind {
                    case .add: old &+ new
                    case .multiply: old &* new
                    case .maximum: isLarger ? old : new
                    default: isLarger ? new : old
                    }
                store(at + i, 1, 1, &result)
            }
        }
    }
}

/// C entry of `ScatterElements`.
@c(pack_op_ScatterElements) public func packOperatorScatterElements(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { perform(ScatterElements.self, step, running) }
