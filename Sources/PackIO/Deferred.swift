import Glibc
import Synchronization

/// A value that a thread of its own makes, beginning at once.
///
/// It is waited for when it is first asked for, or when nobody wants it any more.
package final class Deferred<Value: Sendable>: Sendable {
    private let work: Work
    /// The thread, until it was waited for.
    private let thread: Mutex<pthread_t?>

    /// The thread writes the result; others read it when it has ended.
    private final class Work: @unchecked Sendable {
        let make: @Sendable () throws -> Value
        var result: Result<Value, any Error>?

        init(_ make: @escaping @Sendable () throws -> Value) { self.make = make }

        func run() { result = Result { try make() } }
    }

    /// Begins. Where no thread can be had, the value is made when it is asked for.
    package init(_ make: @escaping @Sendable () throws -> Value) {
        work = Work(make)
        let carried = Unmanaged.passRetained(Errand { [work] in work.run() })
        var made = pthread_t()
        let failure = pthread_create(
            &made, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Errand>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, carried.toOpaque())
        thread = Mutex(failure == 0 ? made : nil)
        if failure != 0 { carried.release() }
    }

    deinit { thread.withLock { wait(for: &$0) } }

    /// The value.
    ///
    /// - Throws: What making it threw.
    package func get() throws -> Value {
        let result = thread.withLock { thread in
            wait(for: &thread)
            if work.result == nil { work.run() }
            return work.result
        }
        guard let result else { throw CancellationError() }
        return try result.get()
    }

    private func wait(for thread: inout pthread_t?) {
        guard let running = thread else { return }
        pthread_join(running, nil)
        thread = nil
    }
}

/// What a C function can carry to a thread.
private final class Errand {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}
