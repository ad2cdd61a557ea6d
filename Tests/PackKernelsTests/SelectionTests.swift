import CKernelChecks
import CPackKernels
import Testing

@Suite struct SelectionTests {
    @Test func choosesByNameAndCPU() {
        var result = kernel_check()
        check_selection(&result)
        #expect(result.cases > 0)
        #expect(result.failures == 0, "\(result.message)")
    }

    @Test func tableIsCallable() throws {
        var kernels = pack_kernels()
        #expect(pack_kernels_select("portable", &kernels) == Int32(PACK_SELECT_DONE.rawValue))
        let unary = try #require(kernels.unary)
        var values: [Float] = [-1, 0, 2]
        values.withUnsafeMutableBufferPointer { x in
            unary(UInt32(PACK_UNARY_RELU.rawValue), nil, x.baseAddress, x.baseAddress, x.count)
        }
        #expect(values == [0, 0, 2])
        #expect(pack_kernels_isa(&kernels, UInt32(PACK_FAMILY_unary.rawValue)) == PACK_ISA_portable.rawValue)
        #expect(pack_kernels_select("quick", &kernels) == Int32(PACK_SELECT_UNKNOWN.rawValue))
    }

    @Test func namesAreWhatTheLinkNeeds() {
        #expect(Set(Kernel.all.map(\.symbol)).count == Kernel.all.count)
        for kernel in Kernel.all {
            #expect(kernel.symbol == "pack_\(kernel.family)_\(kernel.isa)")
            #expect(kernel.slot == "pack_kslot_\(kernel.family)_\(kernel.isa)")
            #expect(["any", "x86_64", "arm64"].contains(kernel.arch))
        }
    }

    @Test func everyFamilyHasAPortableKernel() {
        for family in 0..<UInt32(PACK_FAMILY_COUNT.rawValue) {
            let name = pack_family_name(family).map { String(cString: $0) }
            #expect(Kernel.all.contains { $0.family == name && $0.isa == "portable" })
        }
        #expect(pack_family_name(UInt32(PACK_FAMILY_COUNT.rawValue)) == nil)
        #expect(pack_isa_name(99) == nil)
    }
}
