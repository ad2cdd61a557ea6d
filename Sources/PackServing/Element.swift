import PackCore

/// Elements of tensors as JSON numbers, and back.
extension DType {
    /// Writes a number as an element; false if the type cannot hold it.
    func store(_ number: JSONNumber, to place: UnsafeMutableRawPointer) -> Bool {
        switch self {
        case .f32: place.storeBytes(of: Float(number.value), as: Float.self)
        case .f64: place.storeBytes(of: number.value, as: Double.self)
        case .f16: place.storeBytes(of: halfBits(Float(number.value)), as: UInt16.self)
        case .bf16: place.storeBytes(of: brainBits(Float(number.value)), as: UInt16.self)
        case .i8: return store(number, Int8.self, place)
        case .u8: return store(number, UInt8.self, place)
        case .i16: return store(number, Int16.self, place)
        case .u16: return store(number, UInt16.self, place)
        case .i32: return store(number, Int32.self, place)
        case .u32: return store(number, UInt32.self, place)
        case .i64: return store(number, Int64.self, place)
        case .u64: return store(number, UInt64.self, place)
        case .i4, .u4, .i2, .u2:
            guard case .integer(let whole) = number,
                let code = UInt8(exactly: whole) ?? Int8(exactly: whole).map({ UInt8(bitPattern: $0) }),
                NarrowInteger.value(code, self) == whole
            else { return false }
            place.storeBytes(of: code, as: UInt8.self)
        case .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1:
            place.storeBytes(of: NarrowFloat(self)?.code(number.value, saturates: true) ?? 0, as: UInt8.self)
        // Codes come from texts alone.
        case .string: return false
        case .bool:
            guard number == .integer(0) || number == .integer(1) else { return false }
            place.storeBytes(of: number == .integer(1) ? 1 : 0, as: UInt8.self)
        }
        return true
    }

    private func store<Value: FixedWidthInteger & BitwiseCopyable>(
        _ number: JSONNumber, _: Value.Type, _ place: UnsafeMutableRawPointer
    ) -> Bool {
        let value: Value?
        switch number {
        case .integer(let whole): value = Value(exactly: whole)
        case .real(let real): value = real.magnitude <= 0x1p53 ? Value(exactly: real) : nil
        }
        guard let value else { return false }
        place.storeBytes(of: value, as: Value.self)
        return true
    }

    /// An element as a `Float`, rounded where it must be.
    @inline(never)
    func float(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Float {
        switch self {
        case .f32: bytes.loadUnaligned(fromByteOffset: index * 4, as: Float.self)
        case .f64: Float(bytes.loadUnaligned(fromByteOffset: index * 8, as: Double.self))
        case .f16: halfValue(bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
        case .bf16: Float(bitPattern: UInt32(bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)) << 16)
        default: NarrowFloat(self)?.value(bytes[index]) ?? Float(integer(bytes, index))
        }
    }

    /// An element of an integer type; 0 for other types.
    @inline(never)
    func integer(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Int {
        switch self {
        case .i8: Int(bytes.loadUnaligned(fromByteOffset: index, as: Int8.self))
        case .u8, .bool: Int(bytes[index])
        case .i16: Int(bytes.loadUnaligned(fromByteOffset: index * 2, as: Int16.self))
        case .u16: Int(bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
        case .i32: Int(bytes.loadUnaligned(fromByteOffset: index * 4, as: Int32.self))
        case .u32: Int(bytes.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self))
        case .i64, .u64: Int(bytes.loadUnaligned(fromByteOffset: index * 8, as: Int64.self))
        case .i4, .u4, .i2, .u2: Int(NarrowInteger.value(bytes[index], self))
        case .string: Int(bytes.loadUnaligned(fromByteOffset: index * 8, as: Int64.self))
        case .f32, .f16, .bf16, .f64, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1: 0
        }
    }

    /// Appends elements as JSON numbers with commas between them.
    func append(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, to out: ByteBuffer) {
        for index in range {
            if index > range.lowerBound { out.append(0x2C) }
            switch self {
            case .f32, .f16, .bf16, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1:
                out.append(json: float(bytes, index))
            case .f64: out.append(json: bytes.loadUnaligned(fromByteOffset: index * 8, as: Double.self))
            case .u64: out.append(decimal: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
            case .bool: out.append(bytes[index] == 0 ? "false" : "true")
            default: out.append(decimal: integer(bytes, index))
            }
        }
    }

    /// The name in errors.
    var wanted: StaticText {
        switch self {
        case .f32, .f16, .bf16, .f64, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1:
            StaticText("number")
        case .i4, .u4, .i2, .u2: StaticText("integer of 2 or 4 bits")
        case .bool: StaticText("boolean, 0 or 1")
        case .i8: StaticText("8-bit integer")
        case .u8: StaticText("unsigned 8-bit integer")
        case .i16: StaticText("16-bit integer")
        case .u16: StaticText("unsigned 16-bit integer")
        case .i32: StaticText("32-bit integer")
        case .u32: StaticText("unsigned 32-bit integer")
        case .i64: StaticText("64-bit integer")
        case .u64: StaticText("unsigned 64-bit integer")
        case .string: StaticText("string")
        }
    }
}

/// The value of IEEE half-precision bits, exactly.
func halfValue(_ bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let rest = UInt32(bits & 0x7FFF)
    if rest >= 0x7C00 { return Float(bitPattern: sign | 0x7F80_0000 | (rest & 0x3FF) << 13) }
    if rest >= 0x400 { return Float(bitPattern: sign | (rest << 13 + 0x3800_0000)) }
    let magnitude = Float(rest) * 0x1p-24
    return sign == 0 ? magnitude : -magnitude
}

/// The nearest IEEE half-precision value, ties to even; too large values become infinite.
func halfBits(_ value: Float) -> UInt16 {
    let sign = UInt16(value.bitPattern >> 16 & 0x8000)
    let magnitude = value.magnitude
    if value.isNaN { return sign | 0x7E00 }
    if magnitude >= 65520 { return sign | 0x7C00 }
    if magnitude < 0x1p-14 {
        return sign | UInt16((magnitude * 0x1p24).rounded(.toNearestOrEven))
    }
    let bits = magnitude.bitPattern - 0x3800_0000
    return sign | UInt16((bits + 0xFFF + (bits >> 13 & 1)) >> 13)
}

/// The nearest bfloat16 value, ties to even.
func brainBits(_ value: Float) -> UInt16 {
    if value.isNaN { return 0x7FC0 }
    let bits = UInt64(value.bitPattern)
    return UInt16((bits + 0x7FFF + (bits >> 16 & 1)) >> 16)
}
