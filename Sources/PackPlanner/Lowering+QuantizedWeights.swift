import CPackKernels
import Glibc
import PackCore
import PackGraph
import PackRuntime

extension Lowering {
    /// Stores 8-bit weights as `IntegerProduct` has them: groups of [k, n], or [n, k] when transposed.
    ///
    /// - Returns: Panels, sums of columns and corrections; and what was subtracted from codes.
    mutating func integerPanels(
        _ name: String, _ constant: Constant, groups: Int, k: Int, n: Int, _ isTransposed: Bool
    ) throws(PlannerError) -> (values: [UInt32], shift: Int64) {
        let shift: Int64 = constant.dtype == .u8 ? 128 : 0
        let key = "\(name)#integers.\(groups).\(isTransposed)"
        let names = [key, key + ".sums", key + ".corrections"]
        if let panels = indices[names[0]], let sums = indices[names[1]] {
            return ([panels, sums, indices[names[2]] ?? PACK_PLAN_ABSENT], shift)
        }
        let packing = IntegerPacking(constant: constant, groups: groups, k: k, n: n, isTransposed: isTransposed)
        do throws(GraphError) {
            let bytes = packing.byteCount
            let panels = try Constant(
                .i8, [bytes],
                .made(bytes: bytes) { range, body in
                    packing.panels().withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
                })
            let count = packing.sumCount
            let sums = try Constant(
                .i32, [count],
                .made(bytes: count * 4) { range, body in
                    packing.sums().withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
                })
            var values = [try store(names[0], panels), try store(names[1], sums), PACK_PLAN_ABSENT]
            let pairs = packing.corrections()
            if !pairs.isEmpty {
                let list = try Constant(.i32, [pairs.count], bytes: pairs.withUnsafeBytes { Array($0) })
                values[2] = try store(names[2], list)
            }
            return (values, shift)
        } catch { throw PlannerError(node: name, op: "", found: error.found, expected: error.expected) }
    }

    private mutating func store(_ name: String, _ constant: Constant) throws(GraphError) -> UInt32 {
        do throws(PlannerError) {
            let index = try plain(name, constant)
            indices[name] = index
            return index
        } catch { throw GraphError(.wrongConstant, found: error.found, expected: error.expected) }
    }
}

/// Weights of 8 bits on their way into panels.
///
/// Codes of u8 become those of i8 less 128. -128 becomes -127, as some kernels need, and is noted for correction.
private struct IntegerPacking: Sendable {
    let constant: Constant
    let groups: Int
    let k: Int
    let n: Int
    let isTransposed: Bool

    /// As the runtime has it.
    private static let stretch = 512

    private var stretches: [Range<Int>] {
        stride(from: 0, to: k, by: IntegerPacking.stretch).map { $0..<min($0 + IntegerPacking.stretch, k) }
    }

    var byteCount: Int { groups * stretches.reduce(0) { $0 + pack_panels_bytes_s8($1.count, n) } }
    var sumCount: Int { groups * stretches.count * n }

    /// Lends the codes as those of i8.
    private func withCodes<Result>(_ body: (UnsafePointer<Int8>) -> Result) -> Result? {
        let turn: UInt8 = constant.dtype == .u8 ? 0x80 : 0
        return constant.withBytes { bytes in
            withUnsafeTemporaryAllocation(of: Int8.self, capacity: max(bytes.count, 1)) { codes in
                for index in 0..<bytes.count { codes[index] = max(Int8(bitPattern: bytes[index] ^ turn), -127) }
                return codes.baseAddress.map { body(UnsafePointer($0)) }
            }
        }
    }

    func panels() -> [Int8] {
        var result = [Int8](repeating: 0, count: byteCount)
        _ = withCodes { codes in
            result.withUnsafeMutableBufferPointer { target in
                guard var to = target.baseAddress else { return }
                for group in 0..<groups {
                    for stretch in stretches {
                        let from = codes + group * k * n + stretch.lowerBound * (isTransposed ? 1 : n)
                        pack_panels_s8(from, isTransposed ? k : n, isTransposed ? 1 : 0, stretch.count, n, to)
                        to += pack_panels_bytes_s8(stretch.count, n)
                    }
                }
            }
        }
        return result
    }

    func sums() -> [Int32] {
        var result = [Int32](repeating: 0, count: sumCount)
        _ = withCodes { codes in
            result.withUnsafeMutableBufferPointer { target in
                guard var sums = target.baseAddress else { return }
                for group in 0..<groups {
                    let codes = codes + group * k * n
                    for stretch in stretches {
                        if isTransposed {
                            for column in 0..<n {
                                for row in stretch { sums[column] += Int32(codes[column * k + row]) }
                            }
                        } else {
                            for row in stretch {
                                for column in 0..<n { sums[column] += Int32(codes[row * n + column]) }
                            }
                        }
                        sums += n
                    }
                }
            }
        }
        return result
    }

    /// Pairs of column and k where the weight is -128.
    func corrections() -> [Int32] {
        let least: UInt8 = constant.dtype == .u8 ? 0 : 0x80
        return constant.withBytes { bytes in
            var result: [Int32] = []
            guard let start = bytes.baseAddress else { return result }
            var at = 0
            while at < bytes.count, let found = memchr(start + at, Int32(least), bytes.count - at) {
                at = UnsafeRawPointer(found) - start
                let (group, rest) = (at / (k * n), at % (k * n))
                let (row, column) = isTransposed ? (rest % k, rest / k) : (rest / n, rest % n)
                result += [Int32(group * n + column), Int32(row)]
                at += 1
            }
            return result
        }
    }
}
