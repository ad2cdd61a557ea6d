import CPackKernels
import CPackSystem
import PackCore

/// A refusal, as a `pack_operator_error`.
struct OperatorError: Error {
    let code: Int64
    static let shape = OperatorError(code: Int64(PACK_ERROR_SHAPE.rawValue))
    static let type = OperatorError(code: Int64(PACK_ERROR_TYPE.rawValue))
    static let attribute = OperatorError(code: Int64(PACK_ERROR_ATTRIBUTE.rawValue))
    static let index = OperatorError(code: Int64(PACK_ERROR_INDEX.rawValue))
    static let kernel = OperatorError(code: Int64(PACK_ERROR_KERNEL.rawValue))
    static let text = OperatorError(code: Int64(PACK_ERROR_TEXT.rawValue))
    static let texts = OperatorError(code: Int64(PACK_ERROR_TEXTS.rawValue))

    static func image(_ error: ImageError) -> OperatorError {
        let place = Int64(Swift.min(Swift.max(error.offset, 0), 1 << 40))
        return OperatorError(code: Int64(PACK_ERROR_IMAGE.rawValue) - Int64(error.fault.rawValue) << 4 - place << 16)
    }
}

/// An operator of the runtime. `prepare` checks everything that `run` relies on, so that `run` cannot leave its tensors'
/// bytes: shapes, types, attributes and the presence of arguments.
protocol Operator {
    /// Checks a step with shapes but no data, and returns the bytes of scratch memory that running it needs.
    static func prepare(_ step: Step) throws(OperatorError) -> Int
    /// Computes the outputs.
    static func run(_ step: Step) throws(OperatorError)
}

/// Calls an operator through the runtime's C interface.
func perform<Op: Operator>(_: Op.Type, _ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    guard let step else { return OperatorError.attribute.code }
    do throws(OperatorError) {
        switch running {
        case Int32(PACK_PREPARE.rawValue): return Int64(try Op.prepare(Step(step)))
        case Int32(PACK_RUN.rawValue): try Op.run(Step(step))
        default: throw .attribute
        }
        return 0
    } catch {
        return error.code
    }
}

/// An operator whose outputs may have extents that follow from its inputs' elements. `run` finds them again and compares: a
/// plan may have others.
protocol MeasuringOperator: Operator {
    /// Writes the extents of the measured outputs, which have no memory yet, by `Tensor.setExtent`. Their ranks are not
    /// checked before.
    static func measure(_ step: Step) throws(OperatorError)
}

/// Calls a measuring operator through the runtime's C interface.
func performMeasuring<Op: MeasuringOperator>(_: Op.Type, _ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    guard let step, running == Int32(PACK_MEASURE.rawValue) else { return perform(Op.self, step, running) }
    do throws(OperatorError) {
        try Op.measure(Step(step))
        return 0
    } catch {
        return error.code
    }
}

/// A step's arguments, with the checks that operators share.
struct Step {
    private let record: UnsafePointer<pack_step>

    init(_ record: UnsafePointer<pack_step>) { self.record = record }

    var kernels: UnsafePointer<pack_kernels> { record.pointee.kernels }
    var threads: Int { Int(record.pointee.threads) }
    var scratch: UnsafeMutableRawPointer? { record.pointee.scratch }
    var texts: UnsafeMutablePointer<pack_texts>? { record.pointee.texts }
    var inputCount: Int { Int(record.pointee.input_count) }
    var attributeCount: Int { Int(record.pointee.attribute_count) }
    var outputCount: Int { Int(record.pointee.output_count) }
    /// Where texts end that lie side by side without padding (`Segments`); nil where they are rows.
    var segmentEnds: UnsafePointer<Int64>? { record.pointee.segment_ends }
    var segmentCount: Int { Int(record.pointee.segment_count) }

    /// An input that may be absent.
    func optional(_ index: Int) -> Tensor? {
        guard index < Int(record.pointee.input_count), let tensor = record.pointee.inputs[index] else { return nil }
        return Tensor(record: tensor)
    }

    func input(_ index: Int) throws(OperatorError) -> Tensor {
        guard let tensor = optional(index) else { throw .attribute }
        return tensor
    }

    func output(_ index: Int = 0) throws(OperatorError) -> Tensor {
        guard index < Int(record.pointee.output_count), let tensor = record.pointee.outputs[index] else {
            throw .attribute
        }
        return Tensor(record: tensor)
    }

    /// An output that may be absent.
    func optionalOutput(_ index: Int) -> Tensor? {
        guard index < Int(record.pointee.output_count), let tensor = record.pointee.outputs[index] else { return nil }
        return Tensor(record: tensor)
    }

    func attribute(_ index: Int) throws(OperatorError) -> Int {
        guard index < Int(record.pointee.attribute_count) else { throw .attribute }
        return Int(record.pointee.attributes[index])
    }

    /// An attribute that holds the bits of a Float.
    func floatAttribute(_ index: Int) throws(OperatorError) -> Float {
        Float(bitPattern: UInt32(truncatingIfNeeded: try attribute(index)))
    }

    /// Calls `body` for 0 ..< count, shared among the threads; it gets a pointer to `context`, the index and the worker.
    func parallel<Context>(
        _ count: Int, _ context: Context, _ body: @convention(c) (UnsafeMutableRawPointer?, Int, UInt32) -> Void
    ) {
        var context = context
        withUnsafeMutablePointer(to: &context) {
            pack_pool_run(record.pointee.pool, count, body, UnsafeMutableRawPointer($0))
        }
    }
}

/// A tensor as an operator sees it: row-major and contiguous.
struct Tensor {
    fileprivate let record: UnsafePointer<pack_tensor>

    var rank: Int { Int(record.pointee.rank) }
    var count: Int { Int(record.pointee.count) }
    var bytes: Int { Int(record.pointee.bytes) }
    var dtype: DType { DType(rawValue: UInt8(truncatingIfNeeded: record.pointee.dtype)) ?? .u8 }

    /// The extent of an axis.
    func extent(_ axis: Int) -> Int { Int(record.pointee.shape[axis]) }
    /// Says what a measured extent is.
    func setExtent(_ axis: Int, _ extent: Int) {
        UnsafeMutablePointer(mutating: record.pointee.shape)?[axis] = Int64(extent)
    }
    /// The extent of the last axis; 1 for a scalar.
    var last: Int { rank == 0 ? 1 : extent(rank - 1) }
    /// Elements over all axes but the last.
    var rows: Int { last == 0 ? 0 : count / last }

    /// The product of the extents of a range of axes.
    func product(_ axes: Range<Int>) -> Int {
        var result = 1
        for axis in axes { result *= extent(axis) }
        return result
    }

    func hasShape(of other: Tensor) -> Bool {
        guard rank == other.rank else { return false }
        for axis in 0..<rank where extent(axis) != other.extent(axis) { return false }
        return true
    }

    func require(_ dtype: DType) throws(OperatorError) {
        guard self.dtype == dtype else { throw .type }
    }

    var raw: UnsafeMutableRawPointer? { record.pointee.data }

    /// The elements; none while the tensor has no memory. The type was checked when the step was prepared.
    func elements<T>(_: T.Type) -> UnsafeMutableBufferPointer<T> {
        guard let data = record.pointee.data else { return UnsafeMutableBufferPointer(start: nil, count: 0) }
        return UnsafeMutableBufferPointer(start: data.assumingMemoryBound(to: T.self), count: count)
    }

    var floats: UnsafeMutableBufferPointer<Float> { elements(Float.self) }
    var integers: UnsafeMutableBufferPointer<Int64> { elements(Int64.self) }
}
