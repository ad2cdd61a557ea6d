import PackFit
import PackFormats
import PackIO
import PackReport

/// `pack.baseline/1`: the measures of a state that was let through, kept beside the code.
///
/// `values` holds numbers by ``GateMeasure`` in bytes and seconds; `parts` what the bytes are in, each with `kind`, `name`,
/// `version` (or null) and `bytes`.
enum BaselineFile {
    /// The largest file that is read, in bytes.
    static let limit = 64 << 20

    /// A baseline as JSON.
    static func json(_ baseline: GateBaseline) -> JSON {
        let values = baseline.values.map { ($0.key.rawValue, JSON.whole($0.value)) }
        let parts = baseline.parts.sorted {
            ($0.kind.rawValue, $0.name, $0.version ?? "") < ($1.kind.rawValue, $1.name, $1.version ?? "")
        }
        return [
            "schema": "pack.baseline/1",
            "values": .object(Dictionary(values) { $1 }),
            "parts": .array(
                parts.map {
                    [
                        "kind": .string($0.kind.rawValue), "name": .string($0.name),
                        "version": .optional($0.version), "bytes": .int($0.bytes),
                    ]
                }),
        ]
    }

    /// Reads a baseline.
    /// - Throws: `IOFailure`, `FormatFailure`, or a `Refusal` that names the field.
    static func read(_ path: String) throws -> GateBaseline {
        let bytes = try FileContents.bytes(of: path, limit: limit)
        let root: JSONValue
        do throws(JSONFailure) {
            root = try JSONDocument(bytes).root
        } catch { throw FormatFailure.json(error, file: path) }
        func refuse(_ place: String, _ found: JSONValue?, _ expected: String) -> Refusal {
            Refusal(
                facts: ErrorFacts(
                    "is not a baseline", file: path, place: place, found: found?.excerpt ?? "nothing",
                    expected: expected, hint: "pack gate --write-baseline writes one"))
        }
        guard root["schema"]?.string == "pack.baseline/1" else {
            throw refuse("schema", root["schema"], "\"pack.baseline/1\"")
        }
        guard let values = root["values"], values.kind == .object else {
            throw refuse("values", root["values"], "an object")
        }
        guard let parts = root["parts"], parts.kind == .array else {
            throw refuse("parts", root["parts"], "an array")
        }
        var baseline = GateBaseline(values: [:], parts: [])
        for (key, value) in values.members {
            guard let number = value.double, number.isFinite, number >= 0 else {
                throw refuse("values." + key, value, "a number that is not negative")
            }
            if let measure = GateMeasure(rawValue: key) { baseline.values[measure] = number }
        }
        for (index, item) in parts.elements.enumerated() {
            guard let kind = item["kind"]?.string.flatMap(GateMeasures.Part.Kind.init), let name = item["name"]?.string,
                let bytes = item["bytes"]?.int, bytes >= 0
            else {
                throw refuse("parts[\(index)]", item, "kind (package, model or file), name and bytes")
            }
            baseline.parts.append(.init(kind: kind, name: name, version: item["version"]?.string, bytes: bytes))
        }
        return baseline
    }
}
