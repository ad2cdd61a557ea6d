import Glibc

/// Memory that a file is mapped to, in which bytes that vanish read as zeros.
///
/// A file that is shortened while it is mapped has no bytes behind the pages beyond its new end, and touching them raises
/// `SIGBUS`. A handler puts a page of zeros in such a place. Faults elsewhere go to whoever handled the signal before.
enum GuardedMapping {
    /// Mappings that can be guarded at a time.
    private static let slotCount = 1024
    /// Start and end of each guarded mapping, 0 where a slot is free; the handler reads it.
    private nonisolated(unsafe) static let slots: UnsafeMutablePointer<UInt> = {
        let slots = UnsafeMutablePointer<UInt>.allocate(capacity: 2 * slotCount)
        slots.initialize(repeating: 0, count: 2 * slotCount)
        return slots
    }()
    private nonisolated(unsafe) static let previous = UnsafeMutablePointer<sigaction>.allocate(capacity: 1)
    private nonisolated(unsafe) static let lock: UnsafeMutablePointer<pthread_mutex_t> = {
        let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        pthread_mutex_init(lock, nil)
        return lock
    }()
    private static let pageBytes = UInt(sysconf(Int32(_SC_PAGESIZE)))
    private static let isInstalled: Bool = {
        // What the handler uses is made before it can run.
        _ = (slots, pageBytes)
        previous.initialize(to: sigaction())
        var action = sigaction()
        action.__sigaction_handler.sa_sigaction = { _, info, _ in
            if !GuardedMapping.fill(info) { sigaction(SIGBUS, GuardedMapping.previous, nil) }
        }
        action.sa_flags = SA_SIGINFO
        return sigaction(SIGBUS, &action, previous) == 0
    }()

    /// Lends the first bytes of an open file.
    /// - Returns: What `body` returns; nil if the file cannot be mapped or guarded, and `body` was not called.
    static func withBytes<Result>(
        of descriptor: Int32, count: Int, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result? {
        guard isInstalled, count > 0 else { return nil }
        guard let base = mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, 0), base != MAP_FAILED else { return nil }
        defer { munmap(base, count) }
        guard let slot = occupy(UInt(bitPattern: base), count) else { return nil }
        defer { release(slot) }
        return body(UnsafeRawBufferPointer(start: base, count: count))
    }

    /// Guards memory that a file is mapped to, until the slot is released; nil if that cannot be done.
    static func guardMapping(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard isInstalled, let base = bytes.baseAddress else { return nil }
        return occupy(UInt(bitPattern: base), bytes.count)
    }

    private static func occupy(_ start: UInt, _ count: Int) -> Int? {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        guard let slot = (0..<slotCount).first(where: { slots[2 * $0] == 0 }) else { return nil }
        slots[2 * slot + 1] = start + UInt(count)
        slots[2 * slot] = start
        return slot
    }

    static func release(_ slot: Int) {
        pthread_mutex_lock(lock)
        slots[2 * slot] = 0
        pthread_mutex_unlock(lock)
    }

    /// Puts zeros where a guarded byte has vanished. Runs in a signal handler: it allocates nothing and takes no lock.
    private static func fill(_ info: UnsafeMutablePointer<siginfo_t>?) -> Bool {
        guard let info, let pointer = info.pointee._sifields._sigfault.si_addr else { return false }
        let address = UInt(bitPattern: pointer)
        var slot = 0
        while slot < 2 * slotCount {
            if slots[slot] != 0, address >= slots[slot] & ~(pageBytes - 1), address < slots[slot + 1] {
                let page = UnsafeMutableRawPointer(bitPattern: address & ~(pageBytes - 1))
                let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED
                return mmap(page, Int(pageBytes), PROT_READ, flags, -1, 0) != MAP_FAILED
            }
            slot += 2
        }
        return false
    }
}

/// Keeps a mapped file from ending the process when another process shortens it: bytes that vanish read as zeros.
///
/// It is for files whose bytes are checked by digests or checksums, so that zeros do not pass for contents.
public final class MappingGuard: Sendable {
    private let file: MappedFile
    private let slot: Int

    /// Guards a file's mapping as long as the object lives; nil if it is empty, or too many are guarded.
    public init?(_ file: MappedFile) {
        guard let slot = file.withBytes({ GuardedMapping.guardMapping($0) }) else { return nil }
        self.slot = slot
        self.file = file
    }

    deinit { GuardedMapping.release(slot) }
}
