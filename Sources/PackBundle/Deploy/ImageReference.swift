/// References to images in registries: `[HOST[:PORT]/]NAME[:TAG][@sha256:DIGEST]`, as container engines take them.
public enum ImageReference {
    /// Whether a text is a reference.
    public static func isValid(_ text: String) -> Bool {
        guard text.utf8.count <= 512 else { return false }
        var rest = Substring(text)
        if let at = rest.firstIndex(of: "@") {
            let digest = rest[rest.index(after: at)...]
            guard digest.hasPrefix("sha256:"), digest.utf8.count == 71,
                digest.utf8.dropFirst(7).allSatisfy({ "0123456789abcdef".utf8.contains($0) })
            else { return false }
            rest = rest[..<at]
        }
        let slash = rest.lastIndex(of: "/") ?? rest.startIndex
        if let colon = rest[slash...].lastIndex(of: ":") {
            let tag = rest[rest.index(after: colon)...]
            guard !tag.isEmpty, tag.utf8.count <= 128, tag.utf8.first.map({ !".-".utf8.contains($0) }) ?? false,
                tag.utf8.allSatisfy({ isLarge($0) || isSmall($0) || "._-".utf8.contains($0) })
            else { return false }
            rest = rest[..<colon]
        }
        var parts = rest.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count > 1, let host = parts.first, isHost(host) { parts.removeFirst() }
        return !parts.isEmpty && parts.allSatisfy(isPart)
    }

    /// Whether it names an image by its digest, which cannot move as a tag can.
    public static func isPinned(_ text: String) -> Bool { text.utf8.contains(UInt8(ascii: "@")) }

    private static func isHost(_ text: Substring) -> Bool {
        let pieces = text.split(separator: ":", omittingEmptySubsequences: false)
        guard pieces.count <= 2, pieces.count == 2 || text == "localhost" || text.utf8.contains(UInt8(ascii: "."))
        else { return false }
        if pieces.count == 2, UInt16(pieces[1]) == nil { return false }
        return !pieces[0].isEmpty && pieces[0].utf8.allSatisfy { isLarge($0) || isSmall($0) || ".-".utf8.contains($0) }
    }

    /// Small letters and digits, with signs only between them.
    private static func isPart(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last, isSmall(first), isSmall(last) else {
            return false
        }
        return text.utf8.allSatisfy { isSmall($0) || "._-".utf8.contains($0) }
    }

    private static func isLarge(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }

    private static func isSmall(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
