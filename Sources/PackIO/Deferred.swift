import Glibc

/// A value that a thread of its own makes, beginning at once.
///
/// It is waited for when it is first asked for, or when nobody wants it any more.
package final class Deferred<Value: Sendable> {
    private let work: Work
    private var thread = pthread_t()
    private var isRunning = false

    /// What both threads see: the maker writes the result, the other reads it when the thread has ended.
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
        let made = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Errand>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, carried.toOpaque())
        isRunning = made == 0
        if !isRunning { carried.release() }
    }

    deinit { wait() }

    /// The value.
    ///
    /// - Throws: What making it threw.
    package func get() throws -> Value {
        wait()
        if work.result == nil { work.run() }
        guard let result = work.result else { throw CancellationError() }
        return try result.get()
    }

    private func wait() {
        guard isRunning else { return }
        pthread_join(thread, nil)
        isRunning = false
    }
}

/// What a C function can carry to a thread.
private final class Errand {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}
