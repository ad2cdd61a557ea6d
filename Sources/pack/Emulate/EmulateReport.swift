import Foundation
import PackLab
import PackProfiles
import PackReport

/// What an emulation measured. JSON: schema `pack.emulate/1`, times in seconds, sizes in bytes.
enum EmulateReport {
    static func document(_ run: LambdaRun, profile: Profile, bundle: String, zipped: Int, predicted: Int?) -> Document {
        var table = Table([.init("", overflow: .keep), .init("", overflow: .wrap)])
        let warm = [50, 95, 99].map { percent in
            "p\(percent) \(milliseconds(run.warm(percentile: Double(percent))))"
        }
        let limit = profile.limits[.packageUnpacked]?.bytes
        table.rows = [
            [
                Text("package", .strong),
                Text(
                    "\(NumberText.exactBytes(zipped)) zipped, \(NumberText.exactBytes(run.unpackedBytes)) unpacked"
                        + (limit.map { " of \(NumberText.exactBytes($0))" } ?? "")),
            ],
            [Text("answer", .strong), Text(answer(run.firstAnswer))],
            [
                Text("cold start", .strong),
                Text(
                    "\(milliseconds(run.coldStart)) from the start of the process to the first answer, median of "
                        + "\(run.coldStarts.count); ready for events after \(milliseconds(run.start))"),
            ],
            [Text("warm", .strong), Text(warm.joined(separator: ", ") + " over \(run.warm.count) requests")],
            [Text("memory", .strong), Text(memory(run, predicted))],
        ]
        return Document([
            .paragraph([Text(bundle, .strong), Text(" on \(profile.title), \(run.memoryLimit >> 20) MB, emulated")]),
            .table(table),
            .paragraph([Text(run.reportLine.replacingOccurrences(of: "\t", with: "  "), .faint)]),
            .list(run.notes.map { [Text($0, .faint)] }),
        ])
    }

    private static func milliseconds(_ seconds: Double?) -> String {
        seconds.map { "\(NumberText.significant($0 * 1000)) ms" } ?? "–"
    }

    private static func memory(_ run: LambdaRun, _ predicted: Int?) -> String {
        var text = "\(NumberText.bytes(run.memory.peak)) at the peak"
        if let anonymous = run.memory.anonymous, let file = run.memory.file {
            text += ", of which \(NumberText.bytes(anonymous)) its own and \(NumberText.bytes(file)) mapped from files"
        }
        if let predicted { text += "; \(NumberText.bytes(predicted)) predicted" }
        return text + "; limit enforced by \(run.limitMethod)"
    }

    /// An embedding in short, with its norm; any other answer cut.
    private static func answer(_ body: [UInt8]) -> String {
        struct Embedding: Decodable { let embedding: [Double] }
        guard let vector = try? JSONDecoder().decode(Embedding.self, from: Data(body)).embedding else {
            return String(decoding: body.prefix(160), as: UTF8.self) + (body.count > 160 ? "…" : "")
        }
        let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let some = vector.prefix(4).map { NumberText.significant($0) }.joined(separator: ", ")
        return "embedding of \(vector.count) numbers, norm \(NumberText.significant(norm)): \(some), …"
    }

    static func json(_ run: LambdaRun, profile: Profile, bundle: String, zipped: Int, predicted: Int?) -> JSON {
        [
            "schema": "pack.emulate/1",
            "profile": .string(profile.name),
            "bundle": .string(bundle),
            "bytes": ["zipped": .int(zipped), "unpacked": .int(run.unpackedBytes)],
            "cold": [
                "median": .optional(seconds: run.coldStart), "ready": .optional(seconds: run.start),
                "all": .array(run.coldStarts.map { .number($0) }),
            ],
            "warm": [
                "p50": .optional(seconds: run.warm(percentile: 50)),
                "p95": .optional(seconds: run.warm(percentile: 95)),
                "p99": .optional(seconds: run.warm(percentile: 99)), "requests": .int(run.warm.count),
            ],
            "memory": [
                "peak": .int(run.memory.peak), "anonymous": .optional(run.memory.anonymous),
                "file": .optional(run.memory.file), "predicted": .optional(predicted), "limit": .int(run.memoryLimit),
                "limitMethod": .string(run.limitMethod),
            ],
            "answer": .string(String(decoding: run.firstAnswer, as: UTF8.self)),
            "report": .string(run.reportLine),
            "notes": .array(run.notes.map { .string($0) }),
        ]
    }
}

extension JSON {
    /// A number of seconds, or null.
    fileprivate static func optional(seconds: Double?) -> JSON { seconds.map { .number($0) } ?? .null }
}
