/// A growing list of values without references, whose memory is reused. Compared with an array it costs a fraction of the code.
final class PlainList<Element: BitwiseCopyable> {
    private let storage = ByteBuffer()

    /// Number of elements.
    var count: Int { storage.count / MemoryLayout<Element>.stride }

    /// Whether elements were lost for want of memory since `clear`.
    var overflowed: Bool { storage.overflowed }

    /// The first element's place, valid until the next change.
    var pointer: UnsafeMutablePointer<Element>? {
        storage.mutableBytes.baseAddress?.assumingMemoryBound(to: Element.self)
    }

    /// Forgets the elements and keeps the memory.
    func clear() { storage.clear() }

    /// Adds an element at the end.
    @inline(never)
    func append(_ element: Element) {
        let room = storage.reserve(MemoryLayout<Element>.stride)
        guard let place = room.baseAddress else { return }
        place.storeBytes(of: element, as: Element.self)
        storage.commit(room.count)
    }

    /// An element; the index must be below `count`.
    subscript(index: Int) -> Element {
        @inline(never) get {
            guard index >= 0, index < count, let pointer else { fatalError() }
            return pointer[index]
        }
        @inline(never) set {
            guard index >= 0, index < count, let pointer else { fatalError() }
            pointer[index] = newValue
        }
    }
}
