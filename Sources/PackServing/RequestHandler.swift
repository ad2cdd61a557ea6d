/// What stands behind a front end: answers one request after the other.
public protocol RequestHandler: AnyObject {
    /// Answers one request.
    ///
    /// - Parameters:
    ///   - body: The request's JSON, valid during the call.
    ///   - answer: Gets the answer's JSON, in place of what it held, up to its limit.
    func answer(_ body: UnsafeRawBufferPointer, into answer: ByteBuffer) throws(RequestError)
}

extension Predictor: RequestHandler {}
