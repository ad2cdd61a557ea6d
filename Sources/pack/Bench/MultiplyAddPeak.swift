import CPackBench
import CPackSystem

/// Measures how many multiply-adds this CPU does a second when it does nothing else.
final class MultiplyAddPeak {
    private let pool: OpaquePointer?
    private let threads: Int
    private let instructionSet: UInt32
    /// Steps of the loop that take some milliseconds.
    private static let steps: UInt64 = 400_000

    private struct Task {
        let instructionSet: UInt32
        let done: UnsafeMutablePointer<Double>
    }

    /// - Parameter instructionSet: An `enum pack_isa`: vectors are as wide as its own.
    init(threads: Int, instructionSet: UInt32) {
        pool = pack_pool_create(UInt32(threads))
        (self.threads, self.instructionSet) = (threads, instructionSet)
    }

    deinit { pack_pool_destroy(pool) }

    /// Floating-point operations a second, by all threads together, at the best of a few bursts; nil where the CPU has no such
    /// instruction. One burst alone may find the threads asleep.
    func measure() -> Double? {
        (0..<5).compactMap { _ in burst() }.max()
    }

    private func burst() -> Double? {
        var done = [Double](repeating: 0, count: threads)
        let start = benchClock()
        done.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            var task = Task(instructionSet: instructionSet, done: base)
            withUnsafeMutablePointer(to: &task) { context in
                pack_pool_run(
                    pool, threads,
                    { context, index, _ in
                        guard let task = context?.assumingMemoryBound(to: Task.self).pointee else { return }
                        task.done[index] = pack_bench_multiply_adds(task.instructionSet, MultiplyAddPeak.steps)
                    }, context)
            }
        }
        let seconds = benchClock() - start
        let operations = done.reduce(0, +)
        return operations > 0 && seconds > 0 ? operations / seconds : nil
    }
}
