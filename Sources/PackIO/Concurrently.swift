import Dispatch
import Synchronization

/// Runs a closure on each element, on several threads, and gives the results in order.
///
/// - Throws: The error of the first element that has one, when all are done.
package func concurrently<Element, Result, Failure>(
    _ elements: [Element], _ body: @Sendable (Element) throws(Failure) -> Result
) throws(Failure) -> [Result] where Element: Sendable, Result: Sendable {
    let results = Mutex<[Int: Swift.Result<Result, Failure>]>([:])
    DispatchQueue.concurrentPerform(iterations: elements.count) { index in
        let result = Swift.Result { () throws(Failure) in try body(elements[index]) }
        results.withLock { $0[index] = result }
    }
    let made = results.withLock { $0 }
    var all: [Result] = []
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
    DispatchQueue.concurrentPerform(iterations: 2) { index in
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
