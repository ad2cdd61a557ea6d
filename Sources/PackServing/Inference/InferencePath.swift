/// What a path of the Open Inference Protocol asks for.
enum InferencePath: Equatable {
    case server, live, ready
    /// The model by its right name and version, or nothing of these.
    case model, modelReady, infer
    case unknownModel, unknownVersion, unknown

    /// Reads a path; nil for one outside of `/v2`.
    ///
    /// - Parameters:
    ///   - path: The path, escapes and all.
    ///   - model: The name of the model that is served.
    ///   - scratch: Gets the path without escapes.
    init?(_ path: UnsafeRawBufferPointer, model: [UInt8], scratch: ByteBuffer) {
        scratch.clear()
        guard unescape(path, into: scratch) else {
            guard hasPrefix(path, "/v2/") else { return nil }
            self = .unknown
            return
        }
        var rest = scratch.bytes
        // One slash at the end means nothing.
        if rest.count > 1, rest.last == 0x2F { rest = rest.part(0..<rest.count - 1) }
        if matches(rest, "/v2") {
            self = .server
        } else if matches(rest, "/v2/health/live") {
            self = .live
        } else if matches(rest, "/v2/health/ready") {
            self = .ready
        } else if hasPrefix(rest, "/v2/models/") {
            self = model.withUnsafeBytes { InferencePath.ofModel(rest.part(11..<rest.count), $0) }
        } else if hasPrefix(rest, "/v2/") {
            self = .unknown
        } else {
            return nil
        }
    }

    /// Reads what follows `/v2/models/`: `NAME[/versions/VERSION][/ready|/infer]`.
    private static func ofModel(_ path: UnsafeRawBufferPointer, _ model: UnsafeRawBufferPointer) -> InferencePath {
        // A name may have slashes.
        guard equal(path.part(0..<model.count), model), path.count == model.count || path[model.count] == 0x2F else {
            return .unknownModel
        }
        var rest = path.part(model.count..<path.count)
        if hasPrefix(rest, "/versions/") {
            rest = rest.part(10..<rest.count)
            guard rest.first == 0x31, rest.count == 1 || rest[1] == 0x2F else { return .unknownVersion }
            rest = rest.part(1..<rest.count)
        }
        if rest.count == 0 { return .model }
        if matches(rest, "/ready") { return .modelReady }
        return matches(rest, "/infer") ? .infer : .unknown
    }
}

/// Whether bytes begin with those of a literal.
func hasPrefix(_ bytes: UnsafeRawBufferPointer, _ prefix: StaticString) -> Bool {
    bytes.count >= prefix.utf8CodeUnitCount && matches(bytes.part(0..<prefix.utf8CodeUnitCount), prefix)
}

/// Appends a path with each `%XX` resolved; false if an escape is malformed.
private func unescape(_ path: UnsafeRawBufferPointer, into out: ByteBuffer) -> Bool {
    var index = 0
    while index < path.count {
        guard path[index] == 0x25 else {
            out.append(path[index])
            index += 1
            continue
        }
        guard index + 2 < path.count, let high = hexadecimal(path[index + 1]), let low = hexadecimal(path[index + 2])
        else { return false }
        out.append(UInt8(high << 4 | low))
        index += 3
    }
    return true
}
