/// One place in a section that holds an address (System V ABI, chapter 4; its supplements for x86-64 and for the Arm 64-bit
/// architecture name the kinds).
struct Relocation {
    /// Bytes from the start of the section.
    let offset: Int
    let symbol: Int
    let addend: Int
    let kind: Kind

    enum Kind {
        case absolute64
        /// 32 bits from here, and whether the place holds the address of a slot of the table of addresses (GOT).
        case relative32(viaTable: Bool)
        case armBranch26
        case armPage21(viaTable: Bool)
        /// The low 12 bits of an address, in units of `1 << scale` bytes.
        case armLow12(scale: Int, viaTable: Bool)
    }

    var isViaTable: Bool {
        switch kind {
        case .relative32(let table), .armPage21(let table), .armLow12(_, let table): table
        case .absolute64, .armBranch26: false
        }
    }

    /// Bytes that the address is taken beyond where the symbol's entry lies: x86-64 counts from the end of the place.
    var lead: Int {
        if case .relative32 = kind { 4 } else { 0 }
    }

    /// Bytes that it changes.
    var width: Int {
        if case .absolute64 = kind { 8 } else { 4 }
    }

    /// Reads the 24 bytes of one (Elf64_Rela).
    init(_ bytes: UnsafeRawBufferPointer, at place: Int, _ machine: RelocatableObject.Machine) throws(BundleError) {
        offset = Int(truncatingIfNeeded: bytes.number(place, UInt64.self))
        let number = bytes.number(place + 8, UInt32.self)
        symbol = Int(bytes.number(place + 12, UInt32.self))
        addend = Int(truncatingIfNeeded: bytes.number(place + 16, UInt64.self))
        switch (machine, number) {
        case (.x86_64, 1), (.arm64, 257): kind = .absolute64
        case (.x86_64, 2), (.x86_64, 4), (.arm64, 261): kind = .relative32(viaTable: false)
        case (.x86_64, 9), (.x86_64, 41), (.x86_64, 42): kind = .relative32(viaTable: true)
        case (.arm64, 282), (.arm64, 283): kind = .armBranch26
        case (.arm64, 275): kind = .armPage21(viaTable: false)
        case (.arm64, 311): kind = .armPage21(viaTable: true)
        case (.arm64, 277), (.arm64, 278): kind = .armLow12(scale: 0, viaTable: false)
        case (.arm64, 284): kind = .armLow12(scale: 1, viaTable: false)
        case (.arm64, 285): kind = .armLow12(scale: 2, viaTable: false)
        case (.arm64, 286): kind = .armLow12(scale: 3, viaTable: false)
        case (.arm64, 299): kind = .armLow12(scale: 4, viaTable: false)
        case (.arm64, 312): kind = .armLow12(scale: 3, viaTable: true)
        default: throw .link("a relocation of kind \(number), which is not supported")
        }
    }

    /// Writes the address into the program.
    ///
    /// - Parameters:
    ///   - target: The address, the addend added; nil for a weak symbol that nothing defines.
    ///   - place: Where it is written, as a byte of the program and as an address.
    func apply(_ target: Int?, to program: inout [UInt8], at place: (byte: Int, address: Int)) throws(BundleError) {
        let address = target ?? 0
        switch kind {
        case .absolute64: program.put(UInt64(bitPattern: Int64(address)), at: place.byte)
        case .relative32:
            guard let distance = Int32(exactly: address &- place.address) else { throw tooFar(address) }
            program.put(distance, at: place.byte)
        case .armBranch26:
            // A call of nothing goes on behind it.
            let distance = (target ?? place.address + 4) &- place.address
            guard distance >= -(1 << 27), distance < 1 << 27, distance & 3 == 0 else { throw tooFar(address) }
            insert(UInt32(truncatingIfNeeded: distance >> 2) & 0x3ff_ffff, mask: 0x3ff_ffff, &program, place.byte)
        case .armPage21:
            let pages = (address >> 12) - (place.address >> 12)
            guard pages >= -(1 << 20), pages < 1 << 20 else { throw tooFar(address) }
            let bits = UInt32(truncatingIfNeeded: pages)
            insert((bits & 3) << 29 | (bits >> 2 & 0x7ffff) << 5, mask: 3 << 29 | 0x7ffff << 5, &program, place.byte)
        case .armLow12(let scale, _):
            let low = address & 0xfff
            guard low & ((1 << scale) - 1) == 0 else { throw .link("an address that is not aligned to \(1 << scale)") }
            insert(UInt32(low >> scale) << 10, mask: 0xfff << 10, &program, place.byte)
        }
    }

    private func insert(_ bits: UInt32, mask: UInt32, _ program: inout [UInt8], _ byte: Int) {
        program.put(program.number(byte, UInt32.self) & ~mask | bits, at: byte)
    }

    private func tooFar(_ address: Int) -> BundleError { .link("address \(address) is too far from where it is used") }
}
