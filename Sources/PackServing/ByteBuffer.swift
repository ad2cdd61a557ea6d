import CPackSystem

/// Growing bytes that are reused from one request to the next.
///
/// Memory comes in whole pages straight from the system and grows without copying. Once no more is to be had, or `limit` is
/// reached, further bytes are dropped and `overflowed` tells; nothing traps.
public final class ByteBuffer {
    private var memory: UnsafeMutableRawPointer?
    private var capacity = 0
    /// Bytes held.
    public private(set) var count = 0
    /// The most bytes that it may hold.
    public var limit: Int
    /// Whether bytes were dropped since `clear`.
    public private(set) var overflowed = false

    /// An empty buffer; memory is taken when the first byte comes.
    public init(limit: Int = 1 << 40) {
        self.limit = limit
    }

    deinit {
        pack_memory_free(memory, capacity)
    }

    /// The bytes held, valid until the next change.
    public var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: memory, count: count)
    }

    /// A part of the bytes held; the range is cut to what there is.
    @inline(never)
    public func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        let part = range.clamped(to: 0..<count)
        guard let memory else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(start: memory + part.lowerBound, count: part.count)
    }

    /// Forgets the bytes and keeps the memory.
    @inline(never)
    public func clear() {
        count = 0
        overflowed = false
    }

    /// Forgets the bytes, and gives the memory back if it is more than `keeping`.
    @inline(never)
    public func clear(keeping: Int) {
        clear()
        if capacity > keeping {
            pack_memory_free(memory, capacity)
            memory = nil
            capacity = 0
        }
    }

    /// Forgets bytes at the end.
    public func truncate(to size: Int) {
        if size < count { count = max(size, 0) }
    }

    /// Forgets bytes at the start and moves the others there.
    public func removeFirst(_ size: Int) {
        if size > 0 { remove(0..<size) }
    }

    /// Forgets bytes in the middle and moves those after them there.
    @inline(never)
    public func remove(_ range: Range<Int>) {
        let gap = range.clamped(to: 0..<count)
        guard gap.count > 0, let memory else { return }
        if gap.upperBound < count {
            (memory + gap.lowerBound).copyMemory(from: memory + gap.upperBound, byteCount: count - gap.upperBound)
        }
        count -= gap.count
    }

    /// Room for `extra` more bytes after those held; empty when there is no memory or the limit forbids it.
    @inline(never)
    public func reserve(_ extra: Int) -> UnsafeMutableRawBufferPointer {
        guard extra > 0, extra <= limit - count, grow(to: count + extra), let memory else {
            if extra > 0 { overflowed = true }
            return UnsafeMutableRawBufferPointer(start: nil, count: 0)
        }
        return UnsafeMutableRawBufferPointer(start: memory + count, count: extra)
    }

    /// Counts bytes that were written to what `reserve` gave.
    public func commit(_ size: Int) {
        count = min(count + size, capacity)
    }

    private func grow(to size: Int) -> Bool {
        if size <= capacity { return true }
        let wanted = max(4096, (max(size, capacity &* 2) &+ 4095) & ~4095)
        guard let moved = pack_memory_resize(memory, capacity, wanted) else { return false }
        memory = moved
        capacity = wanted
        return true
    }

    // MARK: Appending

    /// Appends one byte.
    @inline(never)
    public func append(_ byte: UInt8) {
        if count < capacity, count < limit, let memory {
            memory.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
            count += 1
            return
        }
        let room = reserve(1)
        guard room.count == 1 else { return }
        room[0] = byte
        commit(1)
    }

    /// Appends bytes.
    @inline(never)
    public func append(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 0 else { return }
        let room = reserve(bytes.count)
        guard room.count == bytes.count else { return }
        room.copyMemory(from: bytes)
        commit(bytes.count)
    }

    /// Appends bytes.
    public func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        append(UnsafeRawBufferPointer(bytes))
    }

    /// Appends the UTF-8 of a literal.
    @inline(never)
    public func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends bytes.
    @inline(never)
    public func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { append($0) }
    }

    /// Appends a number in decimal.
    @inline(never)
    public func append(decimal value: Int) {
        if value < 0 { append(0x2D) }
        append(decimal: UInt64(value.magnitude))
    }

    /// Appends a number in decimal.
    @inline(never)
    public func append(decimal value: UInt64) {
        var divisor: UInt64 = 1
        while value / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            append(0x30 + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }
}

extension ByteBuffer {
    /// The bytes held, to be changed in place; valid until the next change of the buffer.
    public var mutableBytes: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(mutating: bytes)
    }
}
