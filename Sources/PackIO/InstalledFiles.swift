/// Where a program looks for the files that come with it.
package enum InstalledFiles {
    /// The places of something, best first: beside the executable, in `share/pack` of the prefix that it is installed in, and in
    /// the trees with a `Package.swift` that it lies in.
    ///
    /// - Parameters:
    ///   - name: Its path beside the executable, and in `share/pack`.
    ///   - inTree: Its path in a tree.
    ///   - executable: Absolute path of the program, links resolved.
    package static func places(of name: String, inTree: String, executable: String) -> [String] {
        var folder = parent(executable)
        var places = ["\(folder)/\(name)", "\(parent(folder))/share/pack/\(name)"]
        while !folder.isEmpty {
            folder = parent(folder)
            if stands(.regular, folder + "/Package.swift") { places.append("\(folder)/\(inTree)") }
        }
        return places
    }

    /// Whether something of a kind stands at a path. What cannot be looked at does not.
    package static func stands(_ kind: FileKind, _ path: String) -> Bool {
        do throws(IOFailure) {
            return try FileContents.kind(of: path) == kind
        } catch {
            return false
        }
    }

    private static func parent(_ path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "" }
        return String(path[..<slash])
    }
}
