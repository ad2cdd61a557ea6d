import PackFormats
import PackIO

/// The names of classes.
enum Labels {
    private static let limit = 1 << 16

    /// Names by class, from `id2label`; `LABEL_0` and so on where the configuration has none.
    /// - Parameters:
    ///   - classifier: The tensor whose first extent is the number of classes.
    static func read(_ settings: Settings, classifier: String, in checkpoint: Checkpoint) throws(ImportError)
        -> [String]
    {
        if let (key, value) = settings.value(["id2label"]) { return try named(value, key, settings) }
        let rows = checkpoint.tensor(named: classifier)?.record.shape.first
        let count = try settings.count("num_labels", in: 1...limit, default: min(max(rows ?? 2, 1), limit))
        return (0..<count).map { "LABEL_\($0)" }
    }

    private static func named(_ value: JSONValue, _ key: String, _ settings: Settings) throws(ImportError) -> [String] {
        let members = value.members
        guard value.kind == .object, (1...limit).contains(members.count) else {
            throw settings.invalid(value, at: key, expected: "an object of 1 to \(limit) names")
        }
        var labels = [String?](repeating: nil, count: members.count)
        for (member, name) in members {
            guard let index = Int(member), labels.indices.contains(index), labels[index] == nil else {
                throw settings.invalid(
                    name, at: "\(key).\(member)", expected: "keys from 0 to \(members.count - 1), each once")
            }
            guard let text = name.string else {
                throw settings.invalid(name, at: "\(key).\(member)", expected: "a name")
            }
            labels[index] = text
        }
        return labels.compactMap { $0 }
    }
}
