/// A Lambda event: a request itself, or one that an HTTP front end wraps.
///
/// API Gateway (REST and HTTP APIs), function URLs and load balancers send an object whose `body` holds the request as a string,
/// in base64 if `isBase64Encoded`; they show themselves by `requestContext`, `httpMethod` or `isBase64Encoded`. The answer then
/// goes into an object with `statusCode`, `headers` and `body`.
final class LambdaEvent {
    /// Whether the event comes from an HTTP front end.
    private(set) var isHTTP = false
    private let name = ByteBuffer()
    private let text = ByteBuffer()
    private let decoded = ByteBuffer()

    /// Finds the request in an event.
    ///
    /// - Returns: The request's JSON, a part of the event or of memory that stays until the next call.
    func request(_ event: UnsafeRawBufferPointer) throws(RequestError) -> UnsafeRawBufferPointer {
        isHTTP = false
        text.clear(keeping: 1 << 20)
        decoded.clear(keeping: 1 << 20)
        var found = Found()
        do throws(RequestError) {
            try read(event, &found)
        } catch {
            isHTTP = false
            return event
        }
        guard isHTTP else { return event }
        guard found.hasBody else {
            throw RequestError(.contradiction, detail: StaticText("the HTTP request has no body"))
        }
        guard found.isBase64 else { return text.bytes }
        guard decodeBase64(text.bytes, into: decoded) else {
            throw RequestError(.contradiction, detail: StaticText("the body of the event is not base64"))
        }
        return decoded.bytes
    }

    private struct Found {
        var hasBody = false
        var isBase64 = false
    }

    /// Reads an event's members as far as needed. Faults are left to whoever reads the request itself.
    private func read(_ event: UnsafeRawBufferPointer, _ found: inout Found) throws(RequestError) {
        var reader = JSONReader(event)
        var isFirst = true
        var isWrapped = false
        try reader.enterObject()
        while try reader.nextMember(&isFirst, name: name) {
            let field = name.bytes
            if matches(field, "text") || matches(field, "texts") || matches(field, "inputs") { return }
            if matches(field, "body"), try reader.kind() == .string {
                found.hasBody = true
                text.clear()
                try reader.readString(into: text)
                continue
            }
            if matches(field, "requestContext") || matches(field, "httpMethod") { isWrapped = true }
            if matches(field, "isBase64Encoded"), try reader.kind() == .boolean {
                isWrapped = true
                found.isBase64 = try reader.readBoolean()
                continue
            }
            try reader.skipValue(name)
        }
        isHTTP = isWrapped
    }

    /// Appends the object that an HTTP front end wants.
    static func append(status: Int, body: UnsafeRawBufferPointer, to out: ByteBuffer) {
        out.append("{\"statusCode\":")
        out.append(decimal: status)
        out.append(",\"headers\":{\"content-type\":\"application/json\"},\"isBase64Encoded\":false,\"body\":")
        out.append(jsonString: body)
        out.append("}")
    }
}
