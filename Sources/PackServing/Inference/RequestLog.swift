import CPackSystem

/// Writes one line of JSON a request.
///
///     {"time":"2026-01-31T23:59:59.123Z","level":"info","method":"POST","path":"/predict","status":200,"received":123,"sent":456,
///      "seconds":0.001234,"computing":0.001100,"texts":1,"tokens":7}
///
/// Sizes are bytes, heads included; `seconds` is from the request's first byte to its answer, `computing` what of it was computing. Nothing
/// of a body is in it. A reader who does not keep up loses lines: the server does not wait for one.
final class RequestLog {
    /// Bytes of a path that are written; a pipe takes a line of less than 4096 bytes whole or not at all.
    private static var longestPath: Int { 512 }

    private let descriptor: Int32
    private let line = ByteBuffer()

    /// - Parameter descriptor: What gets the lines.
    init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Writes a request's line; false if the reader is behind.
    func write(_ exchange: HTTPExchange) -> Bool {
        var item = pack_poll_item(descriptor: descriptor, wanted: Int16(PACK_WRITABLE), ready: 0)
        guard pack_poll(&item, 1, 0) == 1, item.ready & Int16(PACK_WRITABLE) != 0 else { return false }
        line.clear()
        line.append("{\"time\":\"")
        append(time: pack_wall_clock_ms(), to: line)
        line.append("\",\"level\":")
        line.append(exchange.status >= 500 ? "\"error\"" : exchange.status >= 400 ? "\"warning\"" : "\"info\"")
        line.append(",\"method\":\"")
        line.append(
            exchange.request.method == .get
                ? "GET" : exchange.request.method == .post ? "POST" : exchange.request.method == .head ? "HEAD" : "-")
        line.append("\",\"path\":")
        line.append(jsonString: exchange.request.path.part(0..<Self.longestPath))
        member(",\"status\":", exchange.status)
        member(",\"received\":", exchange.received)
        member(",\"sent\":", exchange.sent)
        line.append(",\"seconds\":")
        append(seconds: exchange.duration, to: line)
        if exchange.computing > 0 {
            line.append(",\"computing\":")
            append(seconds: exchange.computing, to: line)
        }
        if exchange.texts > 0 {
            member(",\"texts\":", exchange.texts)
            member(",\"tokens\":", exchange.tokens)
        }
        line.append("}\n")
        return pack_write_all(descriptor, line.bytes.baseAddress, line.count) == 0
    }

    private func member(_ name: StaticString, _ value: Int) {
        line.append(name)
        line.append(decimal: value)
    }
}

/// Appends milliseconds since 1970 as RFC 3339 has it, in UTC.
func append(time milliseconds: Int64, to out: ByteBuffer) {
    let day = Int(milliseconds / 86_400_000)
    let rest = Int(milliseconds % 86_400_000)
    // Years from March on, in eras of 400 years, so that a leap day is the last of a year.
    let shifted = day + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    append(digits: 4, era * 400 + yearOfEra + (month >= 10 ? 1 : 0), to: out)
    out.append(0x2D)
    append(digits: 2, month < 10 ? month + 3 : month - 9, to: out)
    out.append(0x2D)
    append(digits: 2, dayOfYear - (153 * month + 2) / 5 + 1, to: out)
    out.append(0x54)
    append(digits: 2, rest / 3_600_000, to: out)
    out.append(0x3A)
    append(digits: 2, rest / 60_000 % 60, to: out)
    out.append(0x3A)
    append(digits: 2, rest / 1000 % 60, to: out)
    out.append(0x2E)
    append(digits: 3, rest % 1000, to: out)
    out.append(0x5A)
}

private func append(digits count: Int, _ value: Int, to out: ByteBuffer) {
    var divisor = 1
    for _ in 1..<count { divisor *= 10 }
    while divisor > 0 {
        out.append(0x30 + UInt8(value / divisor % 10))
        divisor /= 10
    }
}
