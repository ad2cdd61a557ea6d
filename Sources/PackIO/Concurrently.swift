import CPackSystem
import Synchronization

/// Runs a closure on each element, on as many threads as the process has CPUs, and gives the results in order.
///
/// Calls may be nested: each has threads of its own.
///
/// - Throws: The error of the first element that has one, when all are done.
package func concurrently<Element, Result, Failure>(
    _ elements: [Element], _ body: @Sendable (Element) throws(Failure) -> Result
) throws(Failure) -> [Result] where Element: Sendable, Result: Sendable {
    let results = Mutex<[Int: Swift.Result<Result, Failure>]>([:])
    onThreads(count: elements.count) { index in
        let result = Swift.Result { () throws(Failure) in try body(elements[index]) }
        results.withLock { $0[index] = result }
    }
    let made = results.withLock { $0 }
    var all: [Result] = []
    all.reserveCapacity(elements.count)
    for index in elements.indices {
        if let result = try made[index]?.get() { all.append(result) }
    }
    return all
}

/// Runs two closures at the same time.
///
/// - Throws: The error of the first, else of the second, when both are done.
package func concurrently<First: Sendable, Second: Sendable>(
    _ first: @Sendable () throws -> First, _ second: @Sendable () throws -> Second
) throws -> (First, Second) {
    let one = Mutex<Result<First, any Error>?>(nil)
    let other = Mutex<Result<Second, any Error>?>(nil)
    onThreads(count: 2) { index in
        if index == 0 {
            let result = Result { try first() }
            one.withLock { $0 = result }
        } else {
            let result = Result { try second() }
            other.withLock { $0 = result }
        }
    }
    guard let made = one.withLock({ $0 }), let also = other.withLock({ $0 }) else { throw CancellationError() }
    return (try made.get(), try also.get())
}

/// Calls the task once for each index below the count, and returns when all are done.
private func onThreads(count: Int, _ task: @Sendable (Int) -> Void) {
    guard count > 1 else {
        if count == 1 { task(0) }
        return
    }
    let pool = pack_pool_create(UInt32(clamping: min(cpuCount, count)))
    defer { pack_pool_destroy(pool) }
    withoutActuallyEscaping(task) { task in
        withUnsafePointer(to: ThreadTask(run: task)) { pointer in
            pack_pool_run(
                pool, count,
                { context, index, _ in context?.assumingMemoryBound(to: ThreadTask.self).pointee.run(index) },
                UnsafeMutableRawPointer(mutating: pointer))
        }
    }
}

/// Asking takes as long as a thread's start.
private let cpuCount = Int(pack_cpu_count())

/// What the pool's context points to.
private struct ThreadTask {
    let run: @Sendable (Int) -> Void
}
