/// An address to connect to: IPv4 in digits, or `localhost`, with a port.
public struct Endpoint: Equatable, Sendable {
    /// The address in host byte order.
    public var address: UInt32
    /// The port.
    public var port: UInt16

    /// Reads `127.0.0.1:9001`; nil for anything else. Without a port it is 80.
    public init?(_ text: UnsafeRawBufferPointer) {
        var end = 0
        while end < text.count, text[end] != 0x3A { end += 1 }
        let host = text.part(0..<end)
        var port: UInt16? = 80
        if end < text.count { port = decimal(text.part(end + 1..<text.count)).flatMap { UInt16(exactly: $0) } }
        guard let port, port > 0 else { return nil }
        guard let address = matches(host, "localhost") ? 0x7F00_0001 : Endpoint.address(host) else { return nil }
        self.address = address
        self.port = port
    }

    private static func address(_ host: UnsafeRawBufferPointer) -> UInt32? {
        var address: UInt32 = 0
        var parts = 0
        var start = 0
        for index in 0...host.count where index == host.count || host[index] == 0x2E {
            guard parts < 4, index - start <= 3, let part = decimal(host.part(start..<index)), part < 256 else {
                return nil
            }
            address = address << 8 | UInt32(part)
            parts += 1
            start = index + 1
        }
        return parts == 4 ? address : nil
    }
}
