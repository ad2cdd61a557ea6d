import CKernelChecks
import CPackKernels
import Testing

/// A kernel of the list, by its place in it.
struct Kernel: CustomTestStringConvertible {
    let index: Int
    let family: String
    let isa: String
    let symbol: String
    let slot: String
    let arch: String

    var testDescription: String { symbol }

    static let all: [Kernel] = {
        var count = 0
        let entries = UnsafeBufferPointer(start: pack_kernel_entries(&count), count: count)
        return entries.enumerated().map { index, entry in
            Kernel(
                index: index, family: String(cString: entry.family), isa: String(cString: entry.isa),
                symbol: String(cString: entry.symbol), slot: String(cString: entry.slot),
                arch: String(cString: entry.arch))
        }
    }()
}

extension kernel_check {
    /// The first failure, in words; empty if there was none.
    var message: String {
        withUnsafeBytes(of: first) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

@Suite struct KernelTests {
    @Test(arguments: Kernel.all) func agreesWithReference(kernel: Kernel) {
        var result = kernel_check()
        guard check_kernel(kernel.index, &result) != 0 else {
            print("skipped \(kernel.symbol): it cannot run on this CPU")
            return
        }
        #expect(result.cases > 0)
        #expect(result.failures == 0, "\(result.failures) of \(result.cases) cases, first: \(result.message)")
    }

    /// Families whose results are exact give the same bits in every variant; all give the same in every variant but the
    /// portable one.
    @Test func variantsAgreeToTheBit() {
        var exact: [String: [UInt64: [String]]] = [:]
        var fused: [String: [UInt64: [String]]] = [:]
        for kernel in Kernel.all {
            var result = kernel_check()
            guard check_kernel(kernel.index, &result) != 0 else { continue }
            if result.digest != 0 { exact[kernel.family, default: [:]][result.digest, default: []].append(kernel.isa) }
            guard kernel.isa != "portable" else { continue }
            fused[kernel.family, default: [:]][result.fused, default: []].append(kernel.isa)
        }
        #expect(
            Set(exact.keys).isSuperset(of: [
                "gemm_s8", "gemm_s4", "quantize_rows", "binary", "dequantize_s8", "dequantize_s4",
            ]))
        for (family, found) in exact { #expect(found.count == 1, "\(family): \(found)") }
        for (family, found) in fused {
            #expect(Set(found.keys) == [expected_digest(family)], "\(family): \(found)")
        }
    }

    /// A family without a digest would be compared with nothing.
    @Test(arguments: Set(Kernel.all.map(\.family))) func familyHasDigest(family: String) {
        #expect(expected_digest(family) != 0)
    }

    @Test func packing() {
        var result = kernel_check()
        check_packing(&result)
        #expect(result.cases > 0)
        #expect(result.failures == 0, "\(result.message)")
    }
}
