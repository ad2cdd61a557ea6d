import CPackSystem
import Foundation
import PackServing
import Testing

/// Counts for Prometheus, and the log.
@Suite(.serialized) struct MetricsTests {
    private func get(_ client: RawClient, _ path: String) -> String {
        client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
        return String(decoding: client.readAnswer(), as: UTF8.self)
    }

    private func post(_ client: RawClient, _ path: String, _ body: String) -> String {
        client.send("POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        return String(decoding: client.readAnswer(), as: UTF8.self)
    }

    @Test func countsWhatWasAnswered() throws {
        let server = try RunningServer(service: InferenceService(embeddingPredictor(), modelName: Array("m".utf8)))
        defer { server.stop() }
        let client = RawClient(server.port)
        _ = post(client, "/predict", #"{"texts":["ab","c"]}"#)
        _ = post(
            client, "/v2/models/m/infer", #"{"inputs":[{"name":"text","shape":[1],"datatype":"BYTES","data":["abc"]}]}"#
        )
        _ = post(client, "/predict", "nonsense")
        _ = get(client, "/nowhere")
        // A request is counted a moment after its answer was sent.
        var found = get(client, "/metrics")
        while !found.isEmpty, !found.contains("duration_seconds_count 3\n") { found = get(client, "/metrics") }
        #expect(found.contains("Content-Type: text/plain; version=0.0.4"))
        for line in [
            #"pack_http_requests_total{status="400"} 1"#,
            #"pack_http_requests_total{status="404"} 1"#, "pack_texts_total 3", "pack_tokens_total 12",
            "pack_request_duration_seconds_count 3", #"pack_request_duration_seconds_bucket{le="+Inf"} 3"#,
            "pack_http_connections 1", "pack_requests_in_flight 0", "pack_queue_limit 256",
        ] {
            #expect(found.contains("\n\(line)\n"), "\(line) in \(found)")
        }
    }

    /// A pipe as the log: a line of JSON a request, whatever its path holds.
    @Test func writesALineARequest() throws {
        var (reading, writing): (Int32, Int32) = (-1, -1)
        #expect(pack_pipe(&reading, &writing) == 0)
        defer { pack_close(reading) }
        let server = try RunningServer(
            service: InferenceService(embeddingPredictor(), modelName: Array("m".utf8), log: writing))
        let client = RawClient(server.port)
        _ = post(client, "/predict", #"{"text":"ab","outputs":false}"#)
        _ = get(client, "/a\"b\\c?secret=1")
        _ = RawClient(server.port).send("bad\r\n\r\n")
        _ = get(client, "/health")
        server.stop()
        pack_close(writing)
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = pack_read_some(reading, &bytes, bytes.count)
        let lines = String(decoding: bytes[..<max(count, 0)], as: UTF8.self).split(separator: "\n")
        let objects = try lines.map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        let paths = objects.compactMap { $0["path"] as? String }
        #expect(paths.contains("/predict") && paths.contains("/a\"b\\c") && paths.contains("/health"))
        let first = try #require(objects.first { $0["path"] as? String == "/predict" })
        #expect(first["status"] as? Int == 200 && first["method"] as? String == "POST" && first["tokens"] as? Int == 4)
        let time = try #require(first["time"] as? String)
        let parsed = try #require(try? Date(time, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
        #expect(abs(parsed.timeIntervalSinceNow) < 60)
        #expect(!lines.joined().contains("secret"))
    }

    /// Nobody reads the log: lines are lost and counted, requests are answered.
    @Test func aLogThatNobodyReadsHoldsNothingUp() throws {
        var (reading, writing): (Int32, Int32) = (-1, -1)
        #expect(pack_pipe(&reading, &writing) == 0)
        defer {
            pack_close(reading)
            pack_close(writing)
        }
        let server = try RunningServer(
            service: InferenceService(embeddingPredictor(), modelName: Array("m".utf8), log: writing))
        defer { server.stop() }
        let client = RawClient(server.port)
        for _ in 0..<2000 { #expect(get(client, "/health").contains("ok")) }
        let lost = get(client, "/metrics").components(separatedBy: "\npack_log_lines_lost_total ").last ?? ""
        #expect((Int(lost.prefix(while: \.isNumber)) ?? 0) > 0)
    }
}
