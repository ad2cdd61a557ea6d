/// A program, and where it has what of the object.
struct LinkedProgram: Sendable {
    let bytes: [UInt8]
    /// The parts of the object.
    let parts: [RelocatableObject.Part]
    /// Where the program has the bytes of each part; -1 for what is left out, or is zero at the start.
    let places: [Int32]

    /// The bytes of the object that are in this program and not in another one of it, one after the other.
    func bytes(notIn other: LinkedProgram) -> [UInt8] {
        var result: [UInt8] = []
        for (part, (own, others)) in zip(parts, zip(places, other.places)) where own >= 0 && others < 0 {
            result += bytes[Int(own)..<Int(own) + Int(part.count)]
        }
        return result
    }
}

/// Makes a static program of the parts of an object that it needs, as `ld -static --gc-sections -s` does: no shared libraries, no
/// position independence, no symbols.
struct StaticLinker {
    private let parts: LinkedParts
    private let object: RelocatableObject
    private let entry: Int
    private var segments: [Segment] = []
    /// The address of each part that is needed.
    private var addresses: [Int]
    /// Where each part that is needed begins in the program; -1 for what only takes memory.
    private var places: [Int32]
    private var table = (address: 0, byte: 0)
    /// The plan that the program holds.
    private let plan: InnerPlan?

    private static let base = 0x20_0000
    private static let headerBytes = 64
    private static let segmentBytes = 56
    private static let entryBytes = 8

    /// Links the object.
    ///
    /// - Parameters:
    ///   - ties: Names of symbols by the symbols that they shall stand for.
    ///   - plan: The plan that will follow the program in its file.
    /// - Throws: `.link` where the object is damaged or needs what is not supported.
    static func link(
        _ object: RelocatableObject, ties: [String: String], plan: InnerPlan? = nil
    ) throws(BundleError) -> LinkedProgram {
        func symbol(_ name: String) throws(BundleError) -> Int {
            guard let symbol = object.globals[name] else { throw .link("the runtime has no symbol \(name)") }
            return symbol
        }
        let entry = try symbol("_start")
        var symbols: [(symbol: Int, target: Int)] = []
        for (name, target) in ties { symbols.append((try symbol(name), try symbol(target))) }
        var numbers: [(symbol: Int, value: Int)] = []
        for (name, value) in plan?.symbols ?? [] { numbers.append((try symbol(name), value)) }
        return try object.file.withBytes { file throws(BundleError) in
            var linker = StaticLinker(
                try LinkedParts(object, file, entry: entry, ties: symbols, numbers: numbers), entry: entry, plan: plan)
            linker.arrange()
            return LinkedProgram(bytes: try linker.program(), parts: object.parts, places: linker.places)
        }
    }

    private init(_ parts: LinkedParts, entry: Int, plan: InnerPlan?) {
        self.parts = parts
        self.entry = entry
        self.plan = plan
        object = parts.object
        addresses = Array(repeating: 0, count: object.parts.count)
        places = Array(repeating: -1, count: object.parts.count)
    }

    private struct Segment {
        var kind: UInt32 = 1
        let flags: UInt32
        let offset: Int
        let address: Int
        var fileBytes: Int
        var memoryBytes: Int
    }

    private enum Role: Int, CaseIterable { case constants, code, data, zeros }

    private func role(_ section: RelocatableObject.Section) -> Role {
        if section.kind == RelocatableObject.Section.nobits { return .zeros }
        if section.isCode { return .code }
        return section.isWritable ? .data : .constants
    }

    private var page: Int { object.machine.page }

    private var headersEnd: Int { Self.headerBytes + (plan == nil ? 4 : 5) * Self.segmentBytes }

    /// Gives every part its place: constants behind the headers, then code, then data with the table of addresses and what
    /// is zero at the start. Segments follow one another in the file without gaps, each in pages of its own in memory.
    private mutating func arrange() {
        var byRole: [[Int]] = Array(repeating: [], count: Role.allCases.count)
        for (index, part) in object.parts.enumerated() where parts.isNeeded[index] {
            byRole[role(object.sections[Int(part.section)]).rawValue].append(index)
        }
        var offset = headersEnd
        var shift = Self.base
        for (role, flags) in [(Role.constants, UInt32(4)), (.code, 5), (.data, 6)] {
            let start = role == .constants ? 0 : offset
            if role != .constants { shift = (offset + shift + page - 1) / page * page + offset % page - offset }
            for part in byRole[role.rawValue] { place(part, &offset, shift: shift) }
            if role == .data {
                offset = (offset + Self.entryBytes - 1) / Self.entryBytes * Self.entryBytes
                table = (offset + shift, offset)
                offset += parts.tableSlots.count * Self.entryBytes
            }
            segments.append(
                Segment(
                    flags: flags, offset: start, address: start + shift, fileBytes: offset - start,
                    memoryBytes: offset - start))
        }
        let fileEnd = offset
        for part in byRole[Role.zeros.rawValue] {
            place(part, &offset, shift: shift)
            places[part] = -1
        }
        segments[2].memoryBytes += offset - fileEnd
    }

    private mutating func place(_ index: Int, _ offset: inout Int, shift: Int) {
        let part = object.parts[index]
        let alignment = Int(object.sections[Int(part.section)].alignment)
        // An entry of a section keeps the alignment that it has there.
        let start = Int(part.start)
        let own = start == 0 ? alignment : min(alignment, start & -start)
        offset = (offset + shift + own - 1) / own * own - shift
        (addresses[index], places[index]) = (offset + shift, Int32(clamping: offset))
        offset += Int(part.count)
    }

    private func address(_ target: LinkedParts.Target) -> Int? {
        switch target {
        case .part(let part, let offset): addresses[part] &+ offset
        case .number(let number): number
        case .nothing: nil
        }
    }

    private func program() throws(BundleError) -> [UInt8] {
        let count = segments[2].offset + segments[2].fileBytes
        guard count < 1 << 28 else { throw .link("a program of \(count) bytes") }
        var bytes = [UInt8](repeating: 0, count: count)
        for (index, part) in object.parts.enumerated() where places[index] >= 0 {
            let section = object.sections[Int(part.section)]
            let place = Int(places[index])
            let source = section.bytes.lowerBound + Int(part.start)
            bytes.withUnsafeMutableBytes { program in
                UnsafeMutableRawBufferPointer(rebasing: program[place..<place + Int(part.count)])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: parts.bytes[source..<source + Int(part.count)]))
            }
            for relocation in LinkedParts.places(section) {
                try apply(
                    try Relocation(parts.bytes, at: relocation, object.machine), (place, addresses[index]), &bytes)
            }
        }
        for (symbol, slot) in parts.tableSlots {
            let value = address(try parts.target(symbol, addend: 0, lead: 0)) ?? 0
            bytes.put(UInt64(bitPattern: Int64(value)), at: table.byte + slot * Self.entryBytes)
        }
        try writeHeaders(&bytes)
        return bytes
    }

    private func apply(
        _ relocation: Relocation, _ start: (byte: Int, address: Int), _ bytes: inout [UInt8]
    ) throws(BundleError) {
        let place = (start.byte + relocation.offset, start.address + relocation.offset)
        let target: Int?
        if let slot = relocation.isViaTable ? parts.tableSlots[relocation.symbol] : nil {
            target = table.address + slot * Self.entryBytes &+ relocation.addend
        } else if relocation.symbol == parts.tableSymbol {
            target = table.address &+ relocation.addend
        } else {
            target = address(try parts.target(of: relocation))
        }
        try relocation.apply(target, to: &bytes, at: place)
    }

    private func writeHeaders(_ bytes: inout [UInt8]) throws(BundleError) {
        let start = address(try parts.target(entry, addend: 0, lead: 0)) ?? 0
        bytes.replaceSubrange(0..<8, with: [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0])
        bytes.put(UInt16(2), at: 16)
        bytes.put(object.machine.rawValue, at: 18)
        bytes.put(UInt32(1), at: 20)
        bytes.put(UInt64(bitPattern: Int64(start)), at: 24)
        bytes.put(UInt64(Self.headerBytes), at: 32)
        bytes.put(UInt16(Self.headerBytes), at: 52)
        bytes.put(UInt16(Self.segmentBytes), at: 54)
        var headers = segments
        // The stack holds no code (PT_GNU_STACK).
        headers.append(Segment(kind: 0x6474_e551, flags: 6, offset: 0, address: 0, fileBytes: 0, memoryBytes: 0))
        if let plan {
            let place = plan.place(behind: bytes.count, object.machine)
            headers.append(
                Segment(
                    flags: 4, offset: place.lowerBound, address: InnerPlan.address, fileBytes: place.count,
                    memoryBytes: place.count))
            plan.writeHeader(of: &bytes, object.machine)
        }
        bytes.put(UInt16(headers.count), at: 56)
        bytes.put(UInt16(64), at: 58)
        for (index, segment) in headers.enumerated() {
            write(segment, at: Self.headerBytes + index * Self.segmentBytes, &bytes)
        }
    }

    private func write(_ segment: Segment, at place: Int, _ bytes: inout [UInt8]) {
        bytes.put(segment.kind, at: place)
        bytes.put(segment.flags, at: place + 4)
        let numbers = [
            segment.offset, segment.address, segment.address, segment.fileBytes, segment.memoryBytes,
            segment.kind == 1 ? page : 0,
        ]
        for (index, number) in numbers.enumerated() { bytes.put(UInt64(number), at: place + 8 + 8 * index) }
    }
}
