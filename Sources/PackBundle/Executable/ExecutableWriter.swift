import PackIO

/// Writes a program and the plan that it holds as one executable file; ``InnerPlan`` describes it.
public enum ExecutableWriter {
    /// Writes the file in place of whatever is at `path`.
    ///
    /// - Parameters:
    ///   - program: A runtime that was linked to hold a plan of this size.
    ///   - plan: The plan.
    ///   - documents: `manifest.json` and `bom.cdx.json`.
    /// - Throws: `BundleError.link` where the program was linked for another plan.
    public static func write(
        _ program: [UInt8], plan: BundleEntry, documents: [BundleEntry], to path: String
    ) throws(BundleError) {
        var outcome: Result<Void, BundleError> = .success(())
        plan.withBytes { bytes in
            outcome = Result { () throws(BundleError) in try write(program, bytes, documents, to: path) }
        }
        try outcome.get()
    }

    private static func write(
        _ program: [UInt8], _ plan: UnsafeRawBufferPointer, _ documents: [BundleEntry], to path: String
    ) throws(BundleError) {
        guard let machine = RelocatableObject.Machine(rawValue: program.number(18, UInt16.self)),
            program.number(56, UInt16.self) == 5
        else { throw .link("the program has no place for a plan") }
        let inner = InnerPlan(byteCount: plan.count)
        let place = inner.place(behind: program.count, machine)
        let table = inner.tableOffset(behind: program.count, machine)
        guard program.number(40, UInt64.self) == table else { throw .link("the program has another plan's place") }
        do throws(IOFailure) {
            let file = try AtomicFile(path: path, mode: 0o755)
            try file.write(program)
            try file.write([UInt8](repeating: 0, count: place.lowerBound - program.count))
            try file.write(plan)
            try file.write([UInt8](repeating: 0, count: table - place.upperBound))
            try file.write(sections(place, table, documents))
            try file.commit()
        } catch { throw .io(error) }
    }

    /// The table of sections and what they hold beside the plan.
    private static func sections(_ plan: Range<Int>, _ table: Int, _ documents: [BundleEntry]) -> [UInt8] {
        let names = InnerPlan.sectionNames
        var nameOffsets: [Int] = []
        var text: [UInt8] = []
        for name in names {
            nameOffsets.append(text.count)
            text += Array(name.utf8) + [0]
        }
        var bytes = [UInt8](repeating: 0, count: names.count * InnerPlan.sectionBytes)
        var contents = text
        let start = table + bytes.count
        func put(_ section: Int, kind: UInt32, flags: UInt64 = 0, address: Int = 0, _ place: Range<Int>) {
            let header = section * InnerPlan.sectionBytes
            bytes.put(UInt32(nameOffsets[section]), at: header)
            bytes.put(kind, at: header + 4)
            for (index, number) in [flags, UInt64(address), UInt64(place.lowerBound), UInt64(place.count)].enumerated()
            {
                bytes.put(number, at: header + 8 + 8 * index)
            }
            bytes.put(UInt64(1), at: header + 48)
        }
        put(1, kind: 1, flags: 2, address: InnerPlan.address, plan)
        for (section, name) in names.enumerated() {
            guard let document = documents.first(where: { $0.name == name }) else { continue }
            let offset = start + contents.count
            document.withBytes { contents += $0 }
            put(section, kind: 1, offset..<start + contents.count)
        }
        put(names.count - 1, kind: 3, start..<start + text.count)
        return bytes + contents
    }
}
