import CPackKernels
import CPackSystem
import PackCore

/// Different texts, numbered in the order in which they came: their codes.
///
/// Memory grows by doubling and is kept when texts are dropped. What a run adds is bounded by `byteLimit` and `countLimit`.
struct TextPool {
    /// Bytes that texts of one run may have beyond those that are always kept.
    static let byteLimit = 1 << 26
    /// Texts that one run may add.
    static let countLimit = 1 << 22

    private(set) var count = 0
    /// All texts one after another.
    private var bytes = GrowingBytes()
    /// Where each text ends, UInt32.
    private var ends = GrowingBytes()
    /// A hash table with linear probing: code + 1, or 0 where a slot is free, UInt32.
    private var slots = GrowingBytes()
    private var slotCount = 0
    private var byteCount = 0
    private var byteMaximum = Int(UInt32.max)
    private var countMaximum = Int(UInt32.max) - 1
    private let seed: UInt64
    private let byteRoom: Int
    private let countRoom: Int

    /// - Parameters:
    ///   - seed: What an attacker must not know, so that texts cannot be made to collide.
    ///   - bytes: What texts of one run may have beyond those that are always kept.
    ///   - count: Texts that one run may add.
    init(seed: UInt64, bytes: Int = byteLimit, count: Int = countLimit) {
        (self.seed, byteRoom, countRoom) = (seed, bytes, count)
    }

    mutating func free() {
        bytes.free()
        ends.free()
        slots.free()
    }

    /// The bytes of a text; nil for what is no code.
    func find(_ code: Int64) -> UnsafeBufferPointer<UInt8>? {
        guard code >= 0, code < Int64(count) else { return nil }
        let start = start(Int(code))
        return UnsafeBufferPointer(start: bytes.start(UInt8.self).map { $0 + start }, count: end(Int(code)) - start)
    }

    /// The code of a text, which is added if it is new. The bytes may be those of a text that is here.
    mutating func code(_ text: UnsafeBufferPointer<UInt8>) throws(OperatorError) -> Int64 {
        guard UTF8Decoding.isValid(text) else { throw .text }
        try growSlots()
        let slot = slot {
            $0.count == text.count && $0.elementsEqual(text)
        } startingAt: {
            hash(text)
        }
        let found = slotValues[slot]
        if found != 0 { return Int64(found) - 1 }
        guard count < countMaximum, text.count <= byteMaximum - byteCount else { throw .texts }
        try append(text)
        slotValues[slot] = UInt32(count)
        return Int64(count) - 1
    }

    /// Drops all but the first so many texts, which from then on do not count.
    mutating func reset(_ kept: Int) {
        // Dropped in the order opposite to that in which they were added, they leave the table as it was before.
        while count > Swift.max(kept, 0) {
            let code = UInt32(count)
            let text = UnsafeBufferPointer(
                start: bytes.start(UInt8.self).map { $0 + start(count - 1) }, count: end(count - 1) - start(count - 1))
            let first = hash(text)
            var slot = Int(first & UInt64(slotCount - 1))
            while slotValues[slot] != code, slotValues[slot] != 0 { slot = (slot + 1) & (slotCount - 1) }
            slotValues[slot] = 0
            count -= 1
        }
        byteCount = count == 0 ? 0 : end(count - 1)
        byteMaximum = Swift.min(byteCount + byteRoom, Int(UInt32.max))
        countMaximum = Swift.min(count + countRoom, Int(UInt32.max) - 1)
    }

    private func end(_ code: Int) -> Int { ends.start(UInt32.self).map { Int($0[code]) } ?? 0 }
    private func start(_ code: Int) -> Int { code == 0 ? 0 : end(code - 1) }
    private var slotValues: UnsafeMutableBufferPointer<UInt32> {
        UnsafeMutableBufferPointer(start: slots.start(UInt32.self), count: slotCount)
    }

    /// The slot of the text that suits, or the free one where it would be.
    private func slot(
        _ suits: (UnsafeBufferPointer<UInt8>) -> Bool, startingAt hash: () -> UInt64
    ) -> Int {
        var slot = Int(hash() & UInt64(slotCount - 1))
        while slotValues[slot] != 0 {
            if let text = find(Int64(slotValues[slot]) - 1), suits(text) { break }
            slot = (slot + 1) & (slotCount - 1)
        }
        return slot
    }

    private func hash(_ text: UnsafeBufferPointer<UInt8>) -> UInt64 {
        var hash = seed
        for byte in text { hash = TextPool.mix(hash ^ UInt64(byte)) }
        return TextPool.mix(hash ^ UInt64(text.count))
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return product.high ^ product.low
    }

    private mutating func append(_ text: UnsafeBufferPointer<UInt8>) throws(OperatorError) {
        // Growing moves the texts that are here, and with them what may be added.
        let own = bytes.start(UInt8.self)
        let place = text.baseAddress.flatMap { base in own.map { UnsafeRawPointer(base) - UnsafeRawPointer($0) } } ?? -1
        let isOwn = place >= 0 && place < byteCount
        try bytes.grow(to: byteCount + text.count)
        try ends.grow(to: (count + 1) * 4)
        guard let target = bytes.start(UInt8.self), let ends = ends.start(UInt32.self) else { throw .texts }
        if isOwn {
            (target + byteCount).update(from: target + place, count: text.count)
        } else if let base = text.baseAddress {
            (target + byteCount).update(from: base, count: text.count)
        }
        byteCount += text.count
        ends[count] = UInt32(byteCount)
        count += 1
    }

    /// Keeps at least half of the slots free.
    private mutating func growSlots() throws(OperatorError) {
        guard (count + 1) * 2 > slotCount else { return }
        let larger = Swift.max(slotCount * 2, 1024)
        try slots.grow(to: larger * 4)
        slotCount = larger
        for slot in 0..<slotCount { slotValues[slot] = 0 }
        for code in 0..<count {
            guard let text = find(Int64(code)) else { continue }
            let free = slot { _ in
                false
            } startingAt: {
                hash(text)
            }
            slotValues[free] = UInt32(code + 1)
        }
    }
}

/// Memory that grows by doubling.
private struct GrowingBytes {
    private var memory: UnsafeMutableRawPointer?
    private var capacity = 0

    func start<T>(_: T.Type) -> UnsafeMutablePointer<T>? { memory?.assumingMemoryBound(to: T.self) }

    mutating func grow(to count: Int) throws(OperatorError) {
        // There is always memory, also for an empty text.
        guard count > capacity || memory == nil else { return }
        let larger = Swift.max(capacity * 2, count, 4096)
        guard let grown = pack_memory_resize(memory, capacity, larger) else { throw .texts }
        memory = grown
        capacity = larger
    }

    mutating func free() {
        if let memory { pack_memory_free(memory, capacity) }
        memory = nil
        capacity = 0
    }
}

extension Texts {
    /// Number of texts in a pool of its own after some were added, each given back, and the pool reset: for tests.
    package static func probe(
        _ texts: [[UInt8]], keeping kept: Int, bytes: Int = 1 << 26, count: Int = 1 << 22
    ) -> (codes: [Int64], count: Int, again: [Int64]) {
        var pool = TextPool(seed: 7, bytes: bytes, count: count)
        defer { pool.free() }
        func codes() -> [Int64] {
            texts.map { text in
                text.withUnsafeBufferPointer { text in
                    do throws(OperatorError) { return try pool.code(text) } catch { return error.code }
                }
            }
        }
        let first = codes()
        pool.reset(kept)
        let count = pool.count
        return (first, count, codes())
    }
}
