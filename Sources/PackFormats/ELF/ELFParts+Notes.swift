extension ELFParts {
    /// The instruction sets that the file says it needs.
    ///
    /// A note has the lengths of its name and content, a type, the name and the content. NT_GNU_PROPERTY_TYPE_0 (5,
    /// name
    /// "GNU") holds properties: type, length, value, padded to the class's word (Linux gABI extensions, "Program
    /// Property").
    func readInstructionSets() -> UInt32 {
        var sets: UInt32 = 0
        for range in notes {
            // Notes in one segment are few; a damaged one could name millions.
            var (offset, left) = (range.lowerBound, 1024)
            while left > 0, let note = note(at: offset, in: range) {
                if note.type == 5, note.isGNU { sets |= instructionSets(in: note.content) }
                offset = note.next
                left -= 1
            }
        }
        return sets
    }

    private struct Note {
        var type: UInt32
        var isGNU: Bool
        var content: Range<Int>
        var next: Int
    }

    private func note(at offset: Int, in range: Range<Int>) -> Note? {
        guard range.upperBound - offset >= 12, let name = source.word(offset).map(Int.init),
            let length = source.word(offset + 4).map(Int.init), let type = source.word(offset + 8)
        else { return nil }
        let padding = type == 5 && source.is64 ? 8 : 4
        let content = offset + 12 + padded(name, 4)
        guard content <= range.upperBound, length <= range.upperBound - content else { return nil }
        return Note(
            type: type, isGNU: name == 4 && source.text(offset + 12, end: offset + 16) == "GNU",
            content: content..<(content + length), next: content + padded(length, padding))
    }

    private func instructionSets(in content: Range<Int>) -> UInt32 {
        var offset = content.lowerBound
        var sets: UInt32 = 0
        while content.upperBound - offset >= 8, let type = source.word(offset),
            let length = source.word(offset + 4).map(Int.init), length <= content.upperBound - offset - 8
        {
            // GNU_PROPERTY_X86_ISA_1_NEEDED
            if type == 0xC000_8002, length == 4, [62, 3].contains(source.half(18)) {
                sets |= source.word(offset + 8) ?? 0
            }
            offset += 8 + padded(length, source.is64 ? 8 : 4)
        }
        return sets
    }

    /// Rounds a length of at most 32 bits up.
    private func padded(_ length: Int, _ step: Int) -> Int { (length + step - 1) / step * step }
}
