/// A file while it is read.
struct ELFParts {
    let source: ELFBytes
    var loads: [ELFLoad] = []
    var notes: [Range<Int>] = []
    var dynamic: Range<Int>?
    var stack = ELFFile.Stack.unstated
    var interpreter: String?
    var constants: [Range<Int>] = []
    var problems: [ELFFailure] = []

    init(source: ELFBytes) { self.source = source }

    /// Places of the fields of the class: gABI figures 4-3 (header) and 5-1 (program header).
    private var is64: Bool { source.is64 }

    /// Reads the program headers. The most that `e_phnum` can count are 65,535.
    mutating func readSegments() {
        guard let table = source.size(is64 ? 32 : 28), let stated = source.half(is64 ? 56 : 44) else { return }
        guard stated > 0 else { return }
        let size = is64 ? 56 : 32
        guard let step = source.half(is64 ? 54 : 42).map(Int.init), step >= size else {
            problems.append(
                ELFFailure(.programHeadersBeyondFile, at: is64 ? 54 : 42, found: "headers of too few bytes"))
            return
        }
        for index in 0..<Int(stated) {
            guard let offset = elfSum(table, index * step), source.range(offset, size) != nil else {
                problems.append(ELFFailure(.programHeadersBeyondFile, at: is64 ? 32 : 28, found: "\(stated) headers"))
                return
            }
            readSegment(at: offset)
        }
    }

    private mutating func readSegment(at offset: Int) {
        guard let type = source.word(offset), let flags = source.word(offset + (is64 ? 4 : 24)),
            let start = source.size(offset + (is64 ? 8 : 4)), let length = source.size(offset + (is64 ? 32 : 16))
        else { return }
        switch type {
        case 1:  // PT_LOAD
            guard let address = source.size(offset + (is64 ? 16 : 8)), let range = clamped(start, length) else {
                return
            }
            loads.append(ELFLoad(address: address, range: range))
        case 2:  // PT_DYNAMIC
            guard let range = source.range(start, length) else {
                problems.append(ELFFailure(.dynamicBeyondFile, at: offset, found: "\(length) bytes at \(start)"))
                return
            }
            dynamic = dynamic ?? range
        case 3:  // PT_INTERP
            interpreter = source.range(start, length).flatMap { source.text($0.lowerBound, end: $0.upperBound) }
        case 4, 0x6474_E553:  // PT_NOTE, PT_GNU_PROPERTY
            if let range = source.range(start, length), notes.count < 64 { notes.append(range) }
        case 0x6474_E551:  // PT_GNU_STACK; bit 0 is PF_X
            stack = flags & 1 == 1 ? .executable : .notExecutable
        default: break
        }
    }

    /// The part of a segment that the file holds, as files that were cut off still have useful beginnings.
    private func clamped(_ start: Int, _ length: Int) -> Range<Int>? {
        guard start >= 0, length > 0, start < source.count else { return nil }
        return start..<(start + min(length, source.count - start))
    }

    /// The bytes from an address to the end of its segment.
    func range(from address: Int) -> Range<Int>? {
        for load in loads where address >= load.address && address - load.address < load.range.count {
            return (load.range.lowerBound + (address - load.address))..<load.range.upperBound
        }
        return nil
    }
}

/// A part of the file and the address at which it is loaded.
struct ELFLoad {
    var address: Int
    var range: Range<Int>
}
