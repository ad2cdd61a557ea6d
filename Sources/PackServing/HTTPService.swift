/// A request as a service sees it; the bytes are valid during the call.
public struct HTTPRequest {
    /// What its method asks for.
    package var method: HTTPRequestParser.Method
    /// The path, without query.
    package var path: UnsafeRawBufferPointer
    /// The request line and the headers.
    package var head: UnsafeRawBufferPointer
    /// The body.
    package var body: UnsafeRawBufferPointer
}

/// What a service needs to know of its server.
public struct HTTPState: Sendable {
    /// Whether the server takes no more connections.
    public var isStopping = false
    /// Connections that are open.
    public var connections = 0
    /// Requests that wait to be computed, or are.
    public var queued = 0
    /// The most requests that may wait.
    public var queueLimit = 0
}

/// A request that was answered, for counts and logs.
public struct HTTPExchange {
    /// The request; its bytes are valid during the call.
    package var request: HTTPRequest
    /// The answer's status.
    package var status: Int
    /// Bytes of the request.
    package var received: Int
    /// Bytes of the answer.
    package var sent: Int
    /// Nanoseconds from the request's first byte to its answer.
    package var duration: UInt64
    /// Nanoseconds that its computing took; 0 if it was not computed.
    package var computing: UInt64
    /// Texts in it, and their tokens.
    package var texts: Int
    package var tokens: Int
}

/// An answer as it is made; one is used again and again.
public final class HTTPAnswer {
    /// The status.
    package var status = 200
    /// The body's type.
    package var type: StaticString = "application/json"
    /// Further headers, each after a line's end.
    package let headers = ByteBuffer()
    /// The body.
    package let body = ByteBuffer()
    /// Memory to word errors in.
    let scratch = ByteBuffer()
    /// Texts that were computed, and their tokens.
    package var texts = 0
    package var tokens = 0

    package init() {}

    /// Starts a new answer.
    func clear() {
        status = 200
        type = "application/json"
        headers.clear()
        texts = 0
        tokens = 0
        body.clear(keeping: 1 << 20)
    }
}

/// What an HTTP server serves.
///
/// Requests are routed and reported in the server's thread. Those that must be computed are gathered, computed and answered in
/// another thread, which does nothing else; a service that has none answers them one by one in the server's thread, and is not told of any.
public protocol HTTPService: AnyObject {
    /// Whether requests are computed in a thread of their own.
    static var hasThread: Bool { get }

    /// Answers a request at once, or leaves it to be computed.
    ///
    /// - Returns: Whether it must be computed.
    func route(_ request: HTTPRequest, _ state: HTTPState, into answer: HTTPAnswer) -> Bool

    /// Answers a request that the server refuses.
    func refuse(
        _ path: UnsafeRawBufferPointer, _ status: Int, type: StaticString, message: UnsafeRawBufferPointer,
        into answer: HTTPAnswer)

    /// Adds a request to those that are to be computed together, as `RequestHandler` has it.
    func gather(_ request: HTTPRequest, isFirst: Bool) -> Int?

    /// Computes the requests that were gathered; false if each must be answered by itself.
    func compute() -> Bool

    /// Answers a request, as one of those that were computed together if it has a place.
    func answer(_ request: HTTPRequest, place: Int?, into answer: HTTPAnswer)

    /// Takes note of a request that was answered.
    func finished(_ exchange: HTTPExchange)
}

extension HTTPService {
    /// Computing has a thread of its own.
    public static var hasThread: Bool { true }

    /// Refuses with a literal.
    func refuse(
        _ path: UnsafeRawBufferPointer, _ status: Int, type: StaticString, message: StaticString,
        into answer: HTTPAnswer
    ) {
        refuse(
            path, status, type: type,
            message: UnsafeRawBufferPointer(start: message.utf8Start, count: message.utf8CodeUnitCount), into: answer)
    }
}
