/// What stands behind a front end: answers one request after the other, or several that are computed together.
public protocol RequestHandler: AnyObject {
    /// Answers one request.
    ///
    /// - Parameters:
    ///   - body: The request's JSON, valid during the call.
    ///   - answer: Gets the answer's JSON, in place of what it held, up to its limit.
    func answer(_ body: UnsafeRawBufferPointer, into answer: ByteBuffer) throws(RequestError)

    /// Adds a request to those that are to be computed together.
    ///
    /// - Parameters:
    ///   - body: The request's JSON, valid during the call.
    ///   - isFirst: Whether those gathered before are to be forgotten.
    /// - Returns: Its place for `answer(_:gathered:into:)`; nil if it is not computed together with those gathered.
    func gather(_ body: UnsafeRawBufferPointer, isFirst: Bool) -> Int?

    /// Computes the requests that were gathered. After an error each can still be answered by itself.
    func compute() throws(RequestError)

    /// Answers one of the requests that were computed together, before anything else is gathered or answered by itself.
    ///
    /// - Parameter place: What `gather` returned for it.
    func answer(_ body: UnsafeRawBufferPointer, gathered place: Int, into answer: ByteBuffer) throws(RequestError)
}

/// For handlers that take each request by itself.
extension RequestHandler {
    /// Gathers nothing.
    public func gather(_ body: UnsafeRawBufferPointer, isFirst: Bool) -> Int? { nil }
    /// Fails, as nothing was gathered.
    public func compute() throws(RequestError) { throw RequestError(.failed) }
    /// Answers the request by itself.
    public func answer(
        _ body: UnsafeRawBufferPointer, gathered place: Int, into answer: ByteBuffer
    ) throws(RequestError) {
        try self.answer(body, into: answer)
    }
}

extension Predictor: RequestHandler {
    /// Texts are gathered until there are `PredictorLimits.gatheredTokens` of their tokens, where the model packs texts. A
    /// request is read once more when it is answered.
    public func gather(_ body: UnsafeRawBufferPointer, isFirst: Bool) -> Int? {
        if isFirst { batch.clear() }
        guard engine.packsTexts, batch.count < limits.gatheredTokens else { return nil }
        do throws(RequestError) {
            try read(body)
            // A token stands for about four bytes. What is long gains nothing, and others would wait for it.
            guard !request.hasInputs, request.text.count <= 4 * limits.gatheredTokens else { return nil }
            try encodeTexts()
        } catch { return nil }
        return firstText
    }

    /// Runs the model on the texts that were gathered.
    public func compute() throws(RequestError) { try computeBatch() }

    /// Answers a request with its part of what was computed.
    public func answer(
        _ body: UnsafeRawBufferPointer, gathered place: Int, into answer: ByteBuffer
    ) throws(RequestError) {
        try read(body)
        firstText = place
        textCount = request.texts.count
        try write(answer)
    }
}
