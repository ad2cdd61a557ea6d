/// A plan that follows a program in its file, where the system maps it with the program: read-only, in pages of its own, shared by
/// all who run it.
///
/// Layout of the file, all offsets from its beginning:
///
///     program        as it is linked; its last segment header (PT_LOAD, readable) is that of the plan
///     zeros          up to the machine's largest page, 4 KiB or 64 KiB
///     model.pack     the plan, mapped at `address`
///     zeros          up to 8 bytes
///     section table  none, model.pack, manifest.json, bom.cdx.json, .shstrtab: each 64 bytes, named after the files of other bundles
///     names          of the sections
///     manifest.json, bom.cdx.json
///
/// The sections are there for readers: `objcopy --dump-section manifest.json=/dev/stdout FILE` prints one.
struct InnerPlan {
    /// Bytes of the plan.
    let byteCount: Int

    /// Where the plan is mapped: far behind the program, which begins at 2 MiB, and below what 39 bits of address hold.
    static let address = 0x4000_0000
    /// The sections of the file; the first is the empty one that every table begins with.
    static let sectionNames = ["", "model.pack", "manifest.json", "bom.cdx.json", ".shstrtab"]
    static let sectionBytes = 64

    /// The runtime's symbols that say where the plan is.
    var symbols: [(name: String, value: Int)] {
        [("pack_inner_plan", Self.address), ("pack_inner_plan_end", Self.address + byteCount)]
    }

    /// Where the plan lies in the file of a program of so many bytes.
    func place(behind program: Int, _ machine: RelocatableObject.Machine) -> Range<Int> {
        let start = (program + machine.page - 1) / machine.page * machine.page
        return start..<start + byteCount
    }

    /// Where the table of sections lies.
    func tableOffset(behind program: Int, _ machine: RelocatableObject.Machine) -> Int {
        (place(behind: program, machine).upperBound + 7) / 8 * 8
    }

    /// Says in the header of a program where its sections are.
    func writeHeader(of program: inout [UInt8], _ machine: RelocatableObject.Machine) {
        program.put(UInt64(tableOffset(behind: program.count, machine)), at: 40)
        program.put(UInt16(Self.sectionNames.count), at: 60)
        program.put(UInt16(Self.sectionNames.count - 1), at: 62)
    }
}
