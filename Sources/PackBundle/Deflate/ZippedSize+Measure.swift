import CPackSystem
import PackIO
import Synchronization

extension ZippedSize {
    /// Compresses files.
    ///
    /// Each thread holds 1.5 MB. Files that cannot be read become problems, and the rest goes on.
    ///
    /// - Parameters:
    ///   - files: The files, in the order of the archive.
    ///   - level: zlib's level, 1 to 9.
    ///   - threads: Threads that compress; nil for as many as the process may use.
    ///   - progress: Told the bytes done and the bytes in all, by several threads, after each block of up to 1 MiB; its
    ///     answer says whether to go on.
    /// - Returns: nil if `progress` said no.
    public static func measure(
        _ files: [ZippedFile], level: Int = 6, threads: Int? = nil,
        progress: @escaping @Sendable (_ done: Int, _ all: Int) -> Bool = { _, _ in true }
    ) -> ZippedSize? {
        let work = DeflateWork(files, progress: progress)
        let wanted = Swift.min(threads ?? Int(pack_cpu_count()), Swift.max(work.blockCount, 1))
        let pool = pack_pool_create(UInt32(clamping: wanted))
        defer { pack_pool_destroy(pool) }
        let tools = (0..<pack_pool_threads(pool)).map { _ in DeflateTools(level: level) }
        let run = DeflateRun(work: work, tools: tools)
        withExtendedLifetime(run) {
            pack_pool_run(
                pool, work.blockCount,
                { context, index, worker in
                    guard let context else { return }
                    let run = Unmanaged<DeflateRun>.fromOpaque(context).takeUnretainedValue()
                    run.work.compress(index, with: run.tools[Int(worker)])
                }, Unmanaged.passUnretained(run).toOpaque())
        }
        guard !work.isCancelled else { return nil }
        let problems = work.problems.withLock { $0 }
        return ZippedSize(
            files, stored: work.storedBytes(),
            problems: problems.map { Problem(index: $0.key, failure: $0.value) }.sorted { $0.index < $1.index })
    }
}

/// What one thread needs.
private final class DeflateTools {
    let deflater: Deflater
    let reader = BlockReader(capacity: DeflateWork.blockBytes + Deflater.window)

    init(level: Int) { deflater = Deflater(level: level) }
}

/// What the pool's context points to.
private final class DeflateRun {
    let work: DeflateWork
    let tools: [DeflateTools]

    init(work: DeflateWork, tools: [DeflateTools]) {
        self.work = work
        self.tools = tools
    }
}

/// The blocks of all files, and what became of them.
private final class DeflateWork: Sendable {
    static let blockBytes = 1 << 20

    /// Bytes in all that are looked at: the pool counts blocks in 32 bits.
    static let limit = 1 << 50

    let files: [ZippedFile]
    /// Blocks of all files.
    let blockCount: Int
    let problems: Mutex<[Int: IOFailure]>
    /// The files that have blocks, and the number of the first block of each.
    private let owners: [(file: Int, first: Int)]
    private let all: Int
    private let done = Atomic<Int>(0)
    private let cancelled = Atomic<Bool>(false)
    private let progress: @Sendable (Int, Int) -> Bool
    /// Bytes of each file's blocks, compressed; threads add to them.
    private let sums: AtomicSums

    init(_ files: [ZippedFile], progress: @escaping @Sendable (Int, Int) -> Bool) {
        self.files = files
        self.progress = progress
        var owners: [(file: Int, first: Int)] = []
        owners.reserveCapacity(files.count)
        var problems: [Int: IOFailure] = [:]
        var count = 0
        var all = 0
        for (index, file) in files.enumerated() where file.size > 0 {
            guard file.size <= Self.limit - all else {
                problems[index] = .tooLarge(path: file.path, bytes: file.size, limit: Self.limit - all)
                continue
            }
            owners.append((index, count))
            count += (file.size - 1) / Self.blockBytes + 1
            all += file.size
        }
        self.owners = owners
        self.problems = Mutex(problems)
        self.all = all
        blockCount = count
        sums = AtomicSums(count: files.count)
    }

    var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

    /// The file that a block belongs to, and where in it the block starts.
    private func place(of block: Int) -> (file: Int, start: Int) {
        var low = 0
        var high = owners.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if owners[middle].first <= block { low = middle } else { high = middle }
        }
        return (owners[low].file, (block - owners[low].first) * Self.blockBytes)
    }

    func compress(_ index: Int, with tools: DeflateTools) {
        guard !isCancelled else { return }
        let (owner, start) = place(of: index)
        let file = files[owner]
        let end = Swift.min(file.size, start + Self.blockBytes)
        let before = Swift.min(start, Deflater.window)
        do throws(IOFailure) {
            try tools.reader.read(start - before..<end, of: file) { bytes in
                let dictionary = UnsafeRawBufferPointer(rebasing: bytes.prefix(before))
                let rest = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(before))
                let count = tools.deflater.compress(rest, after: dictionary, isLast: end == file.size)
                sums.add(count ?? rest.count, to: owner)
            }
        } catch {
            problems.withLock { problems in
                if problems[owner] == nil { problems[owner] = error }
            }
        }
        let now = done.add(end - start, ordering: .relaxed).newValue
        if !progress(now, all) { cancelled.store(true, ordering: .releasing) }
    }

    /// Data is stored as it is where that is no larger.
    func storedBytes() -> [Int] {
        files.indices.map { Swift.min(sums[$0], files[$0].size) }
    }
}

/// Sums that several threads add to.
private final class AtomicSums: @unchecked Sendable {
    // Touched by atomic operations alone while threads run, and read when they have ended.
    private let values: UnsafeMutablePointer<Atomic<Int>>
    private let count: Int

    init(count: Int) {
        self.count = count
        values = .allocate(capacity: Swift.max(count, 1))
        for index in 0..<count { (values + index).initialize(to: Atomic(0)) }
    }

    deinit {
        values.deinitialize(count: count)
        values.deallocate()
    }

    func add(_ bytes: Int, to index: Int) { values[index].add(bytes, ordering: .relaxed) }

    subscript(index: Int) -> Int { values[index].load(ordering: .relaxed) }
}
