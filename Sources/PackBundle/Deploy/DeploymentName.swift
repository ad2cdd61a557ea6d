/// Names of services, made of whatever a model is called.
public enum DeploymentName {
    /// The most letters of a name. A label of DNS has 63 (RFC 1123); KServe appends `-predictor`, Knative a revision such as
    /// `-00001`, and Cloud Run takes 49.
    public static let limit = 47

    /// A label of DNS that begins with a letter, as a Service of Kubernetes must (RFC 1035): small letters, digits and
    /// single dashes. What cannot stand in it becomes a dash; `model` where nothing is left.
    public static func label(_ name: String) -> String {
        let signs = name.lowercased().utf8.map { byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): byte
            default: UInt8(ascii: "-")
            }
        }
        var words = String(decoding: signs, as: UTF8.self).split(separator: "-").joined(separator: "-")
        guard let first = words.first else { return "model" }
        if first.isNumber { words = "model-" + words }
        let kept = words.prefix(limit)
        return String(kept.last == "-" ? kept.dropLast() : kept)
    }
}
