import CPackKernels
import PackCore

/// How elements of a type are computed with: all types are widened to one of these and rounded back, so that an operator
/// needs few loops.
///
/// 64-bit floats hold every float exactly, and what they give for f32 and narrower after rounding is what arithmetic in that
/// type gives. Unsigned 64-bit numbers are held as the signed ones with the same bits.
enum Wide {
    case float, signed, unsigned
}

extension DType {
    var wide: Wide {
        switch self {
        case .f32, .f16, .bf16, .f64, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1: .float
        case .u64: .unsigned
        default: .signed
        }
    }
}

/// Elements that are widened at once.
let blockElements = 256

extension Tensor {
    /// Widens `count` elements of a floating-point tensor from `at` on, every `step`-th.
    func load(_ at: Int, _ step: Int, _ count: Int, _ target: UnsafeMutablePointer<Double>) {
        switch dtype {
        case .f32: widen(Float.self, at, step, count, target) { Double($0) }
        case .f16: widen(UInt16.self, at, step, count, target) { Double(pack_half_to_float($0)) }
        case .bf16: widen(UInt16.self, at, step, count, target) { Double(Float(bitPattern: UInt32($0) << 16)) }
        case .f64: widen(Double.self, at, step, count, target) { $0 }
        case .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1: widenNarrow(at, step, count, target)
        default: widenIntegers(at, step, count, target)
        }
    }

    @inline(never)
    private func widenNarrow(_ at: Int, _ step: Int, _ count: Int, _ target: UnsafeMutablePointer<Double>) {
        guard let format = NarrowFloat(dtype) else { return }
        widen(UInt8.self, at, step, count, target) { Double(format.value($0)) }
    }

    /// Widens elements of an integer or bool tensor to floats: u64 by its own value.
    private func widenIntegers(_ at: Int, _ step: Int, _ count: Int, _ target: UnsafeMutablePointer<Double>) {
        switch dtype {
        case .bool: widen(UInt8.self, at, step, count, target) { $0 == 0 ? 0 : 1 }
        case .u8: widen(UInt8.self, at, step, count, target) { Double($0) }
        case .i32: widen(Int32.self, at, step, count, target) { Double($0) }
        case .i64: widen(Int64.self, at, step, count, target) { Double($0) }
        default:
            for i in 0..<count {
                let value = integer(at + i * step)
                target[i] = dtype == .u64 ? Double(UInt64(bitPattern: value)) : Double(value)
            }
        }
    }

    /// Widens `count` elements of an integer or bool tensor from `at` on, every `step`-th.
    func load(_ at: Int, _ step: Int, _ count: Int, _ target: UnsafeMutablePointer<Int64>) {
        switch dtype {
        case .i8: widen(Int8.self, at, step, count, target) { Int64($0) }
        case .u8: widen(UInt8.self, at, step, count, target) { Int64($0) }
        case .bool: widen(UInt8.self, at, step, count, target) { $0 == 0 ? 0 : 1 }
        case .i16: widen(Int16.self, at, step, count, target) { Int64($0) }
        case .u16: widen(UInt16.self, at, step, count, target) { Int64($0) }
        case .i32: widen(Int32.self, at, step, count, target) { Int64($0) }
        case .u32: widen(UInt32.self, at, step, count, target) { Int64($0) }
        case .i4, .u4, .i2, .u2: widen(UInt8.self, at, step, count, target) { NarrowInteger.value($0, dtype) }
        default: widen(Int64.self, at, step, count, target) { $0 }
        }
    }

    @inline(__always)
    private func widen<T, W>(
        _: T.Type, _ at: Int, _ step: Int, _ count: Int, _ target: UnsafeMutablePointer<W>, _ convert: (T) -> W
    ) {
        let source = elements(T.self)
        if step == 1 {
            for i in 0..<count { target[i] = convert(source[at + i]) }
        } else {
            for i in 0..<count { target[i] = convert(source[at + i * step]) }
        }
    }

    /// Rounds `count` numbers to this floating-point tensor's type and stores them from `at` on, every `step`-th.
    func store(_ at: Int, _ step: Int, _ count: Int, _ source: UnsafeMutablePointer<Double>) {
        switch dtype {
        case .f32: narrow(Float.self, at, step, count, source) { Float($0) }
        case .f16: narrow(UInt16.self, at, step, count, source) { pack_half_from_float(roundedToOdd($0)) }
        case .bf16: narrow(UInt16.self, at, step, count, source) { bfloat(roundedToOdd($0)) }
        case .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1:
            storeNarrow(at, step, count, source, saturates: true)
        default: narrow(Double.self, at, step, count, source) { $0 }
        }
    }

    /// Stores numbers as floats of 8 or 4 bits.
    @inline(never)
    func storeNarrow(
        _ at: Int, _ step: Int, _ count: Int, _ source: UnsafeMutablePointer<Double>, saturates: Bool
    ) {
        guard let format = NarrowFloat(dtype) else { return }
        narrow(UInt8.self, at, step, count, source) { format.code($0, saturates: saturates) }
    }

    /// Stores the low bits of `count` numbers in this integer tensor, or whether they are not 0 in a bool one.
    func store(_ at: Int, _ step: Int, _ count: Int, _ source: UnsafeMutablePointer<Int64>) {
        switch dtype {
        case .bool: narrow(UInt8.self, at, step, count, source) { $0 == 0 ? 0 : 1 }
        case .i4, .u4, .i2, .u2:
            narrow(UInt8.self, at, step, count, source) {
                UInt8(truncatingIfNeeded: NarrowInteger.value(UInt8(truncatingIfNeeded: $0), dtype))
            }
        case .i8, .u8: narrow(UInt8.self, at, step, count, source) { UInt8(truncatingIfNeeded: $0) }
        case .i16, .u16: narrow(UInt16.self, at, step, count, source) { UInt16(truncatingIfNeeded: $0) }
        case .i32, .u32: narrow(UInt32.self, at, step, count, source) { UInt32(truncatingIfNeeded: $0) }
        default: narrow(Int64.self, at, step, count, source) { $0 }
        }
    }

    @inline(__always)
    private func narrow<T, W>(
        _: T.Type, _ at: Int, _ step: Int, _ count: Int, _ source: UnsafeMutablePointer<W>, _ convert: (W) -> T
    ) {
        let target = elements(T.self)
        if step == 1 {
            for i in 0..<count { target[at + i] = convert(source[i]) }
        } else {
            for i in 0..<count { target[at + i * step] = convert(source[i]) }
        }
    }

    /// One element of an integer or bool tensor.
    func integer(_ at: Int) -> Int64 {
        var value: Int64 = 0
        load(at, 1, 1, &value)
        return value
    }

    /// One element of a floating-point tensor.
    func number(_ at: Int) -> Double {
        var value = 0.0
        load(at, 1, 1, &value)
        return value
    }

    /// One element of an i64 or i32 tensor of sizes or positions.
    func index(_ at: Int) -> Int { Int(integer(at)) }

    func requireInteger() throws(OperatorError) {
        guard dtype == .i64 || dtype == .i32 else { throw .type }
    }
}

/// A 64-bit float as a 32-bit one whose last bit says that digits were lost, so that rounding it further is right.
private func roundedToOdd(_ value: Double) -> Float {
    let nearest = Float(value)
    guard nearest.isFinite, Double(nearest) != value, nearest.bitPattern & 1 == 0 else { return nearest }
    return Double(nearest.magnitude) > value.magnitude
        ? Float(bitPattern: nearest.bitPattern - 1) : Float(bitPattern: nearest.bitPattern + 1)
}

/// The upper half of a float, rounded to nearest even.
private func bfloat(_ value: Float) -> UInt16 {
    if value.isNaN { return 0x7fc0 }
    let bits = value.bitPattern
    return UInt16(truncatingIfNeeded: (bits + 0x7fff + (bits >> 16 & 1)) >> 16)
}
