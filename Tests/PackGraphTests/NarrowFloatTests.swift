import PackCore
import Testing

@Suite struct NarrowFloatTests {
    static let types: [DType] = [.f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f4e2m1]

    @Test func knownNumbers() throws {
        let known: [(DType, UInt8, Float)] = [
            (.f8e4m3fn, 0x7E, 448), (.f8e4m3fn, 0x01, 0x1p-9), (.f8e4m3fn, 0x08, 0x1p-6), (.f8e4m3fn, 0xB9, -1.125),
            (.f8e4m3fnuz, 0x7F, 240), (.f8e4m3fnuz, 0x01, 0x1p-10), (.f8e4m3fnuz, 0xC0, -1),
            (.f8e5m2, 0x7B, 57344), (.f8e5m2, 0x01, 0x1p-16), (.f8e5m2, 0x7C, .infinity), (.f8e5m2, 0xFC, -.infinity),
            (.f8e5m2fnuz, 0x7F, 57344), (.f8e5m2fnuz, 0x01, 0x1p-17), (.f8e8m0, 127, 1), (.f8e8m0, 0, 0x1p-127),
            (.f8e8m0, 254, 0x1p127), (.f4e2m1, 1, 0.5), (.f4e2m1, 7, 6), (.f4e2m1, 15, -6), (.f4e2m1, 10, -1),
        ]
        for (dtype, code, value) in known {
            #expect(try #require(NarrowFloat(dtype)).value(code) == value, "\(dtype) \(code)")
        }
        for (dtype, code) in [(DType.f8e4m3fn, UInt8(0x7F)), (.f8e4m3fnuz, 0x80), (.f8e5m2, 0x7D), (.f8e8m0, 0xFF)] {
            #expect(try #require(NarrowFloat(dtype)).value(code).isNaN)
        }
        #expect(NarrowFloat(.f16) == nil && NarrowFloat(.u8) == nil)
    }

    @Test(arguments: types) func codesComeBack(dtype: DType) throws {
        let format = try #require(NarrowFloat(dtype))
        for code in 0..<UInt8(dtype == .f4e2m1 ? 16 : 255) {
            let value = format.value(code)
            if value.isNaN { continue }
            #expect(format.code(Double(value), saturates: false) == code, "\(code)")
        }
    }

    /// No other code is nearer, and of two as near ones the even one is taken.
    @Test(arguments: types) func roundsToNearestEven(dtype: DType) throws {
        let format = try #require(NarrowFloat(dtype))
        let codes = (0..<UInt8(dtype == .f4e2m1 ? 8 : 128)).filter { format.value($0).isFinite }
        let largest = codes.map { format.value($0) }.max() ?? 0
        for (low, high) in zip(codes, codes.dropFirst()) {
            let (a, b) = (Double(format.value(low)), Double(format.value(high)))
            #expect(format.code((a + b) / 2, saturates: true) == (low % 2 == 0 ? low : high))
            #expect(format.code(a + (b - a) * 0.49, saturates: true) == low)
            #expect(format.code(a + (b - a) * 0.51, saturates: true) == high)
        }
        #expect(format.value(format.code(1e30, saturates: true)) == largest)
        #expect(format.value(format.code(-.infinity, saturates: true)) == -largest)
    }

    @Test func beyondTheLargest() throws {
        #expect(try #require(NarrowFloat(.f8e4m3fn)).code(1000, saturates: false) == 0x7F)
        #expect(try #require(NarrowFloat(.f8e4m3fn)).code(-.infinity, saturates: false) == 0xFF)
        #expect(try #require(NarrowFloat(.f8e5m2)).code(-1e9, saturates: false) == 0xFC)
        #expect(try #require(NarrowFloat(.f8e5m2fnuz)).code(1e9, saturates: false) == 0x80)
        #expect(try #require(NarrowFloat(.f8e4m3fnuz)).code(.nan, saturates: true) == 0x80)
    }

    @Test func powersOfTwo() throws {
        let format = try #require(NarrowFloat(.f8e8m0))
        #expect(format.scaleCode(1.5, .nearest, saturates: true) == 128)
        #expect(format.scaleCode(1.25, .nearest, saturates: true) == 127)
        #expect(format.scaleCode(1.25, .up, saturates: true) == 128)
        #expect(format.scaleCode(1.99, .down, saturates: true) == 127)
        #expect(format.scaleCode(.greatestFiniteMagnitude, .up, saturates: true) == 254)
        #expect(format.scaleCode(.greatestFiniteMagnitude, .up, saturates: false) == 255)
        #expect(format.scaleCode(.infinity, .up, saturates: true) == 255)
    }

    @Test func narrowIntegers() {
        #expect(
            (0..<16).map { NarrowInteger.value($0, .i4) } == [0, 1, 2, 3, 4, 5, 6, 7, -8, -7, -6, -5, -4, -3, -2, -1])
        #expect((0..<5).map { NarrowInteger.value($0, .i2) } == [0, 1, -2, -1, 0])
        #expect(NarrowInteger.value(0xFF, .u4) == 15 && NarrowInteger.value(0xFE, .u2) == 2)
    }
}
