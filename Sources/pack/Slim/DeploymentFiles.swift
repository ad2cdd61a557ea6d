import ArgumentParser
import Glibc
import PackBundle
import PackFit
import PackIO
import PackProfiles
import PackServing

/// The deployment files of a bundle, and the folder for them.
struct DeploymentFiles {
    private let folder: String
    private let profile: Profile
    private let platform: DeploymentPlatform

    /// Bytes that are read of a file to see whose it is, at most.
    private static let limit = 1 << 20

    /// Finds out, before anything is computed, whether the files can be written.
    ///
    /// - Throws: If there are none for the target, the folder is none, or someone else's file is in their place.
    init(folder: String, profile: Profile, image: String?) throws {
        guard let platform = DeploymentPlatform(profile) else {
            let known = DeploymentPlatform.allCases.map(\.rawValue).joined(separator: ", ")
            throw Refusal(
                facts: ErrorFacts(
                    "there are no deployment files for this target", file: profile.name, expected: "one of \(known)",
                    hint: "a profile of your own is taken for one of them if its name begins so: kubernetes-ours"))
        }
        guard image == nil || profile.packaging == .image else {
            throw ValidationError("--image is for targets that take images: \(profile.name) takes a zip")
        }
        (self.folder, self.profile, self.platform) = (folder, profile, platform)
        guard let kind = try FileContents.kind(of: folder) else { return }
        guard kind == .folder else {
            throw Refusal(
                facts: ErrorFacts("is no folder", file: folder, found: kind.description, expected: "a folder"))
        }
        for path in platform.names.map(place) where try FileContents.kind(of: path) != nil {
            let text = String(decoding: try FileContents.bytes(of: path, limit: Self.limit), as: UTF8.self)
            guard DeploymentPlatform.isOurs(text) else {
                throw Refusal(
                    facts: ErrorFacts(
                        "would be replaced, and was not written by pack", file: path,
                        hint: "give --manifests another folder, or move the file away"))
            }
        }
    }

    /// Limits of the program that platforms have to go with.
    static func program(_ limits: PredictorLimits) -> DeploymentFacts.Program {
        let server = HTTPLimits()
        return .init(
            graceSeconds: (server.grace + 999) / 1000, bodyBytes: server.bodyBytes,
            waitingBytes: server.queueBytes + server.bodyBytes, gatheredTokens: limits.gatheredTokens)
    }

    /// Writes the files for a bundle that is in its place.
    ///
    /// - Parameter facts: What is known of the bundle; its path is as this process sees it.
    /// - Returns: Their paths.
    func write(_ facts: DeploymentFacts) throws -> [String] {
        try makeFolder()
        var facts = facts
        facts.bundle = try Self.path(of: facts.bundle, from: folder)
        let name = DeploymentName.label(facts.model)
        let place = facts.image.map { $0.prefix { $0 != "@" } } ?? "REGISTRY/\(name):1"
        facts.push =
            "skopeo copy --digestfile digest \(shellQuoted("oci-archive:" + facts.bundle)) "
            + shellQuoted("docker://\(place)") + " && cat digest"
        let settings = DeploymentSettings(facts, on: profile, as: platform)
        return try platform.files(settings).map { file in
            try AtomicFile.write(Array(file.text.utf8), to: self.place(file.name))
            return self.place(file.name)
        }
    }

    private func place(_ name: String) -> String { folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)" }

    /// Makes the folder and those that it is in, where they are missing.
    private func makeFolder() throws(IOFailure) {
        let parts = folder.split(separator: "/")
        for count in 1...max(1, parts.count) {
            let path = (folder.hasPrefix("/") ? "/" : "") + parts.prefix(count).joined(separator: "/")
            guard mkdir(path, 0o777) == 0 || errno == EEXIST else {
                throw .system(.create, path: path, code: errno)
            }
        }
    }

    /// The path of a file as a folder sees it; as the root does where they have no folder in common but that.
    private static func path(of file: String, from folder: String) throws(IOFailure) -> String {
        let target = try resolved(file).split(separator: "/")
        let start = try resolved(folder).split(separator: "/")
        let common = zip(target, start).prefix { $0 == $1 }.count
        guard common > 0 else { return "/" + target.joined(separator: "/") }
        let up = Array(repeating: "..", count: start.count - common)
        let path = (up + target.dropFirst(common).map(String.init)).joined(separator: "/")
        return up.isEmpty ? "./" + path : path
    }

    private static func resolved(_ path: String) throws(IOFailure) -> String {
        guard let real = realpath(path, nil) else { throw .system(.resolve, path: path, code: errno) }
        defer { free(real) }
        return String(cString: real)
    }
}
