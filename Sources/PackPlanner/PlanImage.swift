import CPackSystem
import Glibc

/// The bytes of a plan file in memory, page-aligned.
public final class PlanImage: @unchecked Sendable {
    // Written only by whoever makes it, before it is handed out; read-only afterwards, hence safe to share.
    let memory: UnsafeMutableRawBufferPointer

    /// Memory of zeros; nil where there is none.
    init?(byteCount: Int) {
        guard let start = pack_memory_allocate(byteCount) else { return nil }
        // Most of the time that filling it takes goes for page faults: fewer of them where the system can. It may refuse.
        _ = madvise(start, byteCount, MADV_HUGEPAGE)
        memory = UnsafeMutableRawBufferPointer(start: start, count: byteCount)
    }

    /// The bytes of a plan that a closure fills in; nil where there is no memory for them.
    public convenience init?(byteCount: Int, fill: (UnsafeMutableRawBufferPointer) -> Void) {
        self.init(byteCount: byteCount)
        fill(memory)
    }

    deinit { pack_memory_free(memory.baseAddress, memory.count) }

    /// The file's bytes. They live as long as this object, which Swift may end after its last use: keep it beside them.
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(memory) }
}
