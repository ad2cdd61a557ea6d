import PackIO

/// The folder with the profiles that come with the tool.
public struct ProfileLibrary: Sendable {
    /// Where the profiles are.
    public let folder: String

    /// Uses a folder of `NAME.yaml` files.
    public init(folder: String) { self.folder = folder }

    /// Finds the folder that belongs to an executable: `Profiles` beside it, `share/pack/Profiles` in the prefix
    /// that it is installed in, or `Profiles` beside the `Package.swift` of the tree that it was built in.
    ///
    /// - Parameter executable: Absolute path of the program, links resolved.
    /// - Throws: An error that names the places if none of them exists.
    public static func locate(executable: String) throws(ProfileError) -> ProfileLibrary {
        let tried = InstalledFiles.places(of: "Profiles", inTree: "Profiles", executable: executable)
        if let found = tried.first(where: { InstalledFiles.stands(.folder, $0) }) {
            return ProfileLibrary(folder: found)
        }
        throw ProfileError(
            file: executable, found: "no folder Profiles", expected: "one of " + tried.joined(separator: ", "),
            hint: "give a profile by its path")
    }

    /// Names of the profiles, sorted.
    public func names() throws(ProfileError) -> [String] {
        do throws(IOFailure) {
            return try FolderWalk.names(in: folder).filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }
                .sorted()
        } catch {
            throw ProfileError(error, file: folder)
        }
    }

    /// All profiles, by name.
    public func all() throws(ProfileError) -> [Profile] {
        try concurrently(try names()) { name throws(ProfileError) in try listed(name, try text(of: name)) }
    }

    /// The profiles that are shown when none is asked for, by name; all if none says that it is one of them.
    public func defaults() throws(ProfileError) -> [Profile] {
        // One after the other: others have the CPUs meanwhile.
        var read: [Profile] = []
        for name in try names() {
            let text = try text(of: name)
            if Self.mentionsDefault(text) { read.append(try listed(name, text)) }
        }
        let chosen = read.filter(\.isDefault)
        return chosen.isEmpty ? try all() : chosen
    }

    /// Whether a text may have the key `default`: no file that has it is missed.
    private static func mentionsDefault(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            var rest = bytes[...]
            while let start = rest.firstIndex(of: UInt8(ascii: "d")) {
                // As in memory.default, it would be the end of another key.
                let isEnd = start > 0 && bytes[start - 1] == UInt8(ascii: ".")
                if !isEnd, bytes[start...].starts(with: "default".utf8) { return true }
                rest = bytes[(start + 1)...]
            }
            return false
        }
    }

    /// The profiles for targets as they are given: the default ones for none, all for the word `all`, else those of the
    /// names and files, each once.
    public func profiles(for targets: [String]) throws(ProfileError) -> [Profile] {
        if targets.isEmpty { return try defaults() }
        var found: [Profile] = []
        for target in targets {
            let profiles = target == "all" ? try all() : [try profile(target)]
            found += profiles.filter { profile in !found.contains { $0.name == profile.name } }
        }
        return found
    }

    /// The profile of that name, or the one in that file: what has a slash or ends with `.yaml` or `.yml` is a path.
    ///
    /// - Throws: For an unknown name, an error that gives the nearest one and the list.
    public func profile(_ nameOrPath: String) throws(ProfileError) -> Profile {
        if Self.isPath(nameOrPath) { return try Self.read(nameOrPath) }
        let names = try names()
        guard names.contains(nameOrPath) else {
            let meant = Suggestion.nearest(to: nameOrPath, among: names) ?? names.first { $0.hasPrefix(nameOrPath) }
            throw ProfileError(
                file: nameOrPath, found: "no profile of that name",
                expected: "one of " + names.joined(separator: ", "),
                hint: meant.map { "did you mean \($0)?" } ?? "a profile of your own is given by its path, ./NAME.yaml")
        }
        return try listed(nameOrPath, try text(of: nameOrPath))
    }

    private func path(of name: String) -> String { folder + "/" + name + ".yaml" }

    private func text(of name: String) throws(ProfileError) -> String {
        try ProfileReader.fields(of: path(of: name)).text()
    }

    /// The profile of one of `names()`, from its text.
    private func listed(_ name: String, _ text: String) throws(ProfileError) -> Profile {
        let path = path(of: name)
        let profile = try ProfileReader.read(text, file: path)
        guard profile.name == name else {
            throw ProfileError(
                file: path, field: "name", found: profile.name, expected: name + ", as the file is called")
        }
        return profile
    }

    /// Whether a target is meant as a path to a profile, not as a name.
    public static func isPath(_ text: String) -> Bool {
        text.utf8.contains(UInt8(ascii: "/")) || text.hasSuffix(".yaml") || text.hasSuffix(".yml")
    }

    /// The profile in a file.
    public static func read(_ path: String) throws(ProfileError) -> Profile {
        let text = try ProfileReader.fields(of: path).text()
        return try ProfileReader.read(text, file: path)
    }

    /// The profile in a file, or everything that is wrong with the file.
    public static func check(_ path: String) -> (profile: Profile?, faults: [ProfileError]) {
        do throws(ProfileError) {
            return ProfileReader.check(try ProfileReader.fields(of: path).text(), file: path)
        } catch {
            return (nil, [error])
        }
    }
}
