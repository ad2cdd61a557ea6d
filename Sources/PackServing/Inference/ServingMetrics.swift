import CPackSystem

/// Counts of a server, in the text format of Prometheus, version 0.0.4.
final class ServingMetrics {
    /// Upper ends of the histogram's buckets, in microseconds, as they are written in seconds.
    private static var bounds: [14 of (microseconds: UInt64, text: StaticString)] {
        [
            (100, "0.0001"), (250, "0.00025"), (500, "0.0005"), (1000, "0.001"), (2500, "0.0025"), (5000, "0.005"),
            (10_000, "0.01"), (25_000, "0.025"), (50_000, "0.05"), (100_000, "0.1"), (250_000, "0.25"),
            (500_000, "0.5"), (1_000_000, "1"), (5_000_000, "5"),
        ]
    }

    /// Statuses that the server answers, in rising order.
    private static var statuses: [17 of Int] {
        [200, 400, 404, 405, 408, 411, 413, 414, 415, 417, 429, 431, 500, 501, 502, 503, 505]
    }

    /// Answers by status; those that have none of `statuses` count as the next one above.
    private var answers: [17 of Int] = .init(repeating: 0)
    /// Computed requests by duration, each bucket without those below; the last has no upper end.
    private var durations: [15 of Int] = .init(repeating: 0)
    private var nanoseconds: UInt64 = 0
    private var computing: UInt64 = 0
    private var received = 0
    private var sent = 0
    private var texts = 0
    private var tokens = 0
    /// Lines of the log that nobody took.
    var linesLost = 0
    private let startedAt = pack_wall_clock_ms()

    /// Counts a request that was answered.
    func count(_ exchange: HTTPExchange) {
        var place = 0
        while place < 16, Self.statuses[place] < exchange.status { place += 1 }
        answers[place] += 1
        received += exchange.received
        sent += exchange.sent
        texts += exchange.texts
        tokens += exchange.tokens
        guard exchange.computing > 0 else { return }
        computing += exchange.computing
        nanoseconds += exchange.duration
        var bucket = 0
        while bucket < 14, Self.bounds[bucket].microseconds * 1000 < exchange.duration { bucket += 1 }
        durations[bucket] += 1
    }

    /// Answers with all counts.
    func write(_ state: HTTPState, to answer: HTTPAnswer) {
        answer.type = "text/plain; version=0.0.4; charset=utf-8"
        let out = answer.body
        head("pack_http_requests_total", "counter", "Requests that were answered, by status.", to: out)
        for place in 0..<17 where answers[place] > 0 {
            out.append("pack_http_requests_total{status=\"")
            out.append(decimal: Self.statuses[place])
            out.append("\"} ")
            end(answers[place], to: out)
        }
        writeDurations(to: out)
        head("pack_compute_seconds_total", "counter", "Time that the thread that computes has worked.", to: out)
        out.append("pack_compute_seconds_total ")
        append(seconds: computing, to: out)
        out.append(0x0A)
        value("pack_http_received_bytes_total", "counter", "Bytes of requests.", received, to: out)
        value("pack_http_sent_bytes_total", "counter", "Bytes of answers.", sent, to: out)
        value("pack_texts_total", "counter", "Texts that were computed.", texts, to: out)
        value("pack_tokens_total", "counter", "Tokens of these texts.", tokens, to: out)
        value("pack_log_lines_lost_total", "counter", "Lines of the log that nobody took.", linesLost, to: out)
        value("pack_http_connections", "gauge", "Connections that are open.", state.connections, to: out)
        value("pack_requests_in_flight", "gauge", "Requests that wait or are computed.", state.queued, to: out)
        value("pack_queue_limit", "gauge", "The most of them; others are refused.", state.queueLimit, to: out)
        head("process_start_time_seconds", "gauge", "When the server began, in seconds since 1970.", to: out)
        out.append("process_start_time_seconds ")
        append(seconds: UInt64(startedAt) * 1_000_000, to: out)
        out.append("\n")
        head("process_cpu_seconds_total", "counter", "Time that the process has computed.", to: out)
        out.append("process_cpu_seconds_total ")
        append(seconds: pack_process_ns(), to: out)
        out.append("\n")
        writeMemory(to: out)
    }

    private func writeDurations(to out: ByteBuffer) {
        let name: StaticString = "pack_request_duration_seconds"
        head(name, "histogram", "From the first byte of a request that was computed to its answer.", to: out)
        var total = 0
        for bucket in 0..<15 {
            total += durations[bucket]
            out.append(name)
            out.append("_bucket{le=\"")
            out.append(bucket < 14 ? Self.bounds[bucket].text : "+Inf")
            out.append("\"} ")
            end(total, to: out)
        }
        out.append(name)
        out.append("_sum ")
        append(seconds: nanoseconds, to: out)
        out.append("\n")
        out.append(name)
        out.append("_count ")
        end(total, to: out)
    }

    /// Where the system does not say how much memory there is, nothing is written.
    private func writeMemory(to out: ByteBuffer) {
        let usage = pack_usage_now()
        if usage.peak_memory > 0 {
            value("pack_peak_memory_bytes", "gauge", "The largest resident memory.", Int(usage.peak_memory), to: out)
        }
        let resident = Int(pack_resident_bytes())
        if resident > 0 {
            value("process_resident_memory_bytes", "gauge", "Resident memory.", resident, to: out)
        }
    }

    private func head(_ name: StaticString, _ type: StaticString, _ help: StaticString, to out: ByteBuffer) {
        out.append("# HELP ")
        out.append(name)
        out.append(0x20)
        out.append(help)
        out.append("\n# TYPE ")
        out.append(name)
        out.append(0x20)
        out.append(type)
        out.append("\n")
    }

    private func value(
        _ name: StaticString, _ type: StaticString, _ help: StaticString, _ value: Int, to out: ByteBuffer
    ) {
        head(name, type, help, to: out)
        out.append(name)
        out.append(0x20)
        end(value, to: out)
    }

    private func end(_ value: Int, to out: ByteBuffer) {
        out.append(decimal: value)
        out.append("\n")
    }
}

/// Appends nanoseconds as seconds with six digits after the point.
func append(seconds nanoseconds: UInt64, to out: ByteBuffer) {
    let microseconds = nanoseconds / 1000
    out.append(decimal: microseconds / 1_000_000)
    out.append(0x2E)
    var divisor: UInt64 = 100_000
    while divisor > 0 {
        out.append(0x30 + UInt8(microseconds / divisor % 10))
        divisor /= 10
    }
}
