import CPackSystem
import Testing

@Suite struct PoolTests {
    /// Every index once, no worker twice at a time, whatever the number of threads and indices.
    @Test(arguments: [0, 1, 2, 3, 8] as [UInt32])
    func everyIndexOnce(threads: UInt32) {
        let pool = pack_pool_create(threads)
        defer { pack_pool_destroy(pool) }
        #expect(pack_pool_threads(pool) == max(threads, 1))
        let counts = UnsafeMutablePointer<UInt8>.allocate(capacity: 4096)
        defer { counts.deallocate() }
        for round in 0..<2000 {
            let count = round * 37 % 61
            counts.initialize(repeating: 0, count: 4096)
            // An index belongs to one thread at a time, and so do its count and its worker's slot from 1,024 on.
            pack_pool_run(
                pool, count,
                { context, index, worker in
                    guard let counts = context?.assumingMemoryBound(to: UInt8.self) else { return }
                    counts[index] &+= 1
                    let slot = 1024 + Int(worker) * 64
                    if counts[slot] != 0 { counts[4095] = 1 }
                    counts[slot] = 1
                    counts[slot] = 0
                }, counts)
            #expect((0..<1024).allSatisfy { counts[$0] == ($0 < count ? 1 : 0) } && counts[4095] == 0)
        }
    }

    @Test func noPoolIsTheCallerAlone() {
        var sum = 0
        pack_pool_run(
            nil, 10, { context, index, _ in context?.assumingMemoryBound(to: Int.self).pointee += index }, &sum)
        #expect(sum == 45 && pack_pool_threads(nil) == 1)
    }
}

@Suite struct SystemTests {
    @Test(
        arguments: [
            ("max 100000", 0), ("100000 100000\n", 1), ("150000 100000", 2), ("1000 100000", 1), ("", 0), ("x", 0),
            ("5", 0),
            ("-1 100000", 0), ("100000 0", 0), ("999999999999999999999 1", 0), ("100000000 10", 1024),
        ] as [(String, UInt32)])
    func quotas(text: String, cpus: UInt32) {
        #expect(pack_cpu_quota(text, text.utf8.count) == cpus)
    }

    @Test func memoryGrowsAndKeepsItsBytes() throws {
        let small = try #require(pack_memory_allocate(10))
        small.storeBytes(of: 7, toByteOffset: 9, as: UInt8.self)
        let large = try #require(pack_memory_resize(small, 10, 10 << 20))
        #expect(large.load(fromByteOffset: 9, as: UInt8.self) == 7)
        #expect(large.load(fromByteOffset: (10 << 20) - 1, as: UInt8.self) == 0)
        pack_memory_free(large, 10 << 20)
        #expect(pack_memory_allocate(0) == nil && pack_memory_allocate(1 << 62) == nil)
    }

    @Test func filesThatCannotBeMapped() {
        var bytes: UnsafeRawPointer?
        var size = 1
        #expect(pack_map_file("/nowhere/model.pack", &bytes, &size) == -2 && bytes == nil && size == 0)
        #expect(pack_map_file("/", &bytes, &size) == -21)
        #expect(pack_map_file("/dev/null", &bytes, &size) == -22)
    }
}
