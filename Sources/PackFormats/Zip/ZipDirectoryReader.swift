import PackIO

/// Reads the records of a directory and compares them with the local headers.
struct ZipDirectoryReader {
    let bytes: UnsafeRawBufferPointer
    let end: ZipEnd
    let limit: Int

    mutating func entries() throws(ZipProblem) -> [ZipEntry] {
        var entries: [ZipEntry] = []
        // A record has at least 46 bytes: more entries than that cannot come, whatever is stated.
        entries.reserveCapacity(min(end.count, end.directory.count / 46))
        var position = end.directory.lowerBound
        while position < end.directory.upperBound {
            guard entries.count < limit else {
                throw ZipProblem(.count, found: "more entries", expected: "at most \(limit)")
            }
            entries.append(try record(&position))
        }
        guard entries.count & end.countMask == end.count else {
            throw ZipProblem(.count, found: "\(entries.count) entries", expected: "\(end.count), as it says")
        }
        markOverlaps(&entries)
        markRepeated(&entries)
        return entries
    }

    private func record(_ position: inout Int) throws(ZipProblem) -> ZipEntry {
        let start = position
        let left = end.directory.upperBound - start
        guard left >= 46, bytes.zip32(start) == 0x0201_4B50 else {
            throw ZipProblem(.record, found: "something else at byte \(start)", expected: "a record of an entry")
        }
        let (nameBytes, extraBytes) = (bytes.zip16(start + 28), bytes.zip16(start + 30))
        let length = 46 + nameBytes + extraBytes + bytes.zip16(start + 32)
        guard length <= left else {
            throw ZipProblem(
                .record, found: "a record of \(length) bytes at byte \(start)", expected: "at most \(left) bytes")
        }
        position = start + length
        var sizes = ZipSizes(
            bytes: bytes.zip32(start + 24), compressed: bytes.zip32(start + 20), offset: bytes.zip32(start + 42))
        let extraStart = start + 46 + nameBytes
        let isWide = sizes.widen(bytes, extraStart..<extraStart + extraBytes)
        let name = Array(bytes[start + 46..<start + 46 + nameBytes])
        let isUnix = [3, 19].contains(bytes.zip16(start + 4) >> 8)
        var entry = ZipEntry(
            name: name, path: ZipName(name).path, compressedBytes: sizes.compressed, bytes: sizes.bytes,
            method: UInt16(bytes.zip16(start + 10)), checksum: UInt32(bytes.zip32(start + 16)),
            mode: isUnix ? UInt32(bytes.zip16(start + 40)) : 0, headerOffset: sizes.offset, dataOffset: 0)
        entry.fault = isWide ? fault(&entry, flags: bytes.zip16(start + 8)) : .beyondFile
        return entry
    }

    /// Places the entry's bytes, and finds what is wrong with it.
    private func fault(_ entry: inout ZipEntry, flags: Int) -> ZipFault? {
        guard let data = data(of: entry) else { return .headerMissing }
        entry.headerOffset += end.base
        entry.dataOffset = data.lowerBound
        guard entry.compressedBytes <= end.directory.lowerBound - data.lowerBound else { return .beyondFile }
        if let fault = ZipName(entry.name).fault { return fault }
        // Bits 0 and 6: encrypted; bit 13: parts of the headers are masked.
        guard flags & 0x2041 == 0 else { return .encrypted }
        guard agrees(entry, flags: flags) else { return .headerDisagrees }
        guard entry.method == 0 || entry.method == 8 else { return .unknownMethod }
        let kind = entry.mode & 0o170000
        if entry.isFolder { return entry.bytes > 0 ? .folderWithBytes : nil }
        guard [0, 0o100000, 0o120000].contains(kind) else { return .otherKind }
        if entry.method == 0 { return entry.bytes == entry.compressedBytes ? nil : .sizesDisagree }
        let (stored, most) = (entry.compressedBytes, entry.bytes / ZipFault.deflateRatio)
        if most > stored { return .sizeImpossible }
        return entry.bytes >= ZipFault.expansionBytes && entry.bytes / ZipFault.ratioLimit >= stored
            ? .expandsMuch : nil
    }

    /// The stored bytes of an entry, from the lengths in its local header to the directory.
    private func data(of entry: ZipEntry) -> Range<Int>? {
        let room = end.directory.lowerBound
        guard entry.headerOffset <= room - end.base - 30 else { return nil }
        let header = entry.headerOffset + end.base
        guard bytes.zip32(header) == 0x0403_4B50 else { return nil }
        let data = header + 30 + bytes.zip16(header + 26) + bytes.zip16(header + 28)
        return data <= room ? data..<room : nil
    }

    /// Whether the local header says the same as the directory.
    private func agrees(_ entry: ZipEntry, flags: Int) -> Bool {
        let header = entry.headerOffset
        let nameEnd = header + 30 + entry.name.count
        guard bytes.zip16(header + 26) == entry.name.count, nameEnd <= entry.dataOffset,
            bytes[header + 30..<nameEnd].elementsEqual(entry.name),
            bytes.zip16(header + 8) == Int(entry.method), (bytes.zip16(header + 6) ^ flags) & 0x2041 == 0
        else { return false }
        // Bit 3: sizes and checksum follow the stored bytes, and may be zeros here.
        let isStreamed = bytes.zip16(header + 6) & 8 != 0
        guard isStreamed == (flags & 8 != 0) else { return false }
        if isStreamed { return true }
        var sizes = ZipSizes(bytes: bytes.zip32(header + 22), compressed: bytes.zip32(header + 18), offset: 0)
        return sizes.widen(bytes, nameEnd..<entry.dataOffset) && sizes.bytes == entry.bytes
            && sizes.compressed == entry.compressedBytes && bytes.zip32(header + 14) == Int(entry.checksum)
    }

    private func markOverlaps(_ entries: inout [ZipEntry]) {
        let order = entries.indices.filter { entries[$0].dataOffset > 0 }
            .sorted { (entries[$0].headerOffset, $0) < (entries[$1].headerOffset, $1) }
        var free = 0
        for index in order {
            let entry = entries[index]
            if entry.headerOffset < free { entries[index].fault = entries[index].fault ?? .overlaps }
            // What lies beyond the directory was found out before, so the sum is small.
            guard entry.fault != .beyondFile else { continue }
            free = max(free, entry.dataOffset + entry.compressedBytes)
        }
    }

    /// The last entry of a name is the one that stays when all are unpacked in order.
    private func markRepeated(_ entries: inout [ZipEntry]) {
        var last: [[UInt8]: Int] = [:]
        last.reserveCapacity(entries.count)
        for index in entries.indices where entries[index].isReadable && !entries[index].isFolder {
            if let earlier = last.updateValue(index, forKey: Array(entries[index].path.utf8)) {
                entries[earlier].fault = .repeated
            }
        }
    }
}

/// The numbers that zip64 widens.
struct ZipSizes {
    var bytes: Int
    var compressed: Int
    var offset: Int

    /// Takes those that do not fit 32 bits from the extra field 1. Returns false if one of them is not there, or is beyond
    /// `Int`'s numbers.
    mutating func widen(_ file: UnsafeRawBufferPointer, _ extra: Range<Int>) -> Bool {
        let unknown = 0xFFFF_FFFF
        guard bytes == unknown || compressed == unknown || offset == unknown else { return true }
        var position = extra.lowerBound
        while extra.upperBound - position >= 4 {
            let (id, length) = (file.zip16(position), file.zip16(position + 2))
            position += 4
            guard length <= extra.upperBound - position else { return false }
            guard id == 1 else {
                position += length
                continue
            }
            let fieldEnd = position + length
            func next(_ value: inout Int) -> Bool {
                guard value == unknown else { return true }
                guard fieldEnd - position >= 8, let wide = file.zip64(position) else { return false }
                value = wide
                position += 8
                return true
            }
            return next(&bytes) && next(&compressed) && next(&offset)
        }
        return false
    }
}
