import CPackSystem
import PackServing

/// Prints lines on standard output and error.
enum Terminal {
    /// Writes a buffer's bytes to a descriptor; false if that failed.
    @discardableResult
    static func write(_ buffer: ByteBuffer, to descriptor: Int32) -> Bool {
        pack_write_all(descriptor, buffer.bytes.baseAddress, buffer.count) == 0
    }

    /// Writes a literal to a descriptor.
    static func write(_ text: StaticString, to descriptor: Int32) {
        _ = pack_write_all(descriptor, text.utf8Start, text.utf8CodeUnitCount)
    }
}

/// A failure to start: what goes to standard error and, on Lambda, to the Runtime API.
struct StartFailure: Error {
    /// The name for programs.
    var type: StaticString
    /// The sentence for people.
    var message: [UInt8] = []

    init(_ type: StaticString, _ text: StaticString) {
        self.type = type
        self = with(text)
    }

    /// The failure with a literal after its sentence.
    func with(_ text: StaticString) -> StartFailure {
        with(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// The failure with bytes after its sentence.
    func with(_ bytes: UnsafeRawBufferPointer) -> StartFailure {
        var failure = self
        failure.message += bytes
        return failure
    }

    /// The failure with bytes after its sentence.
    func with(_ bytes: [UInt8]) -> StartFailure {
        bytes.withUnsafeBytes { with($0) }
    }

    /// The failure with a number after its sentence.
    func with(_ number: Int) -> StartFailure {
        let digits = ByteBuffer()
        digits.append(decimal: number)
        return with(digits.bytes)
    }

    /// The failure with what a negative result of the system means after its sentence.
    func withSystemError(_ result: Int) -> StartFailure {
        switch -result {
        case 2: with("no such file")
        case 13: with("permission denied")
        case 12: with("out of memory")
        case 21: with("it is a folder")
        case 98: with("the port is in use")
        case 111: with("connection refused")
        default: with("system error ").with(-result)
        }
    }
}
