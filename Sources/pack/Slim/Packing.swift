import ArgumentParser
import PackBundle
import PackIO
import PackProfiles

extension BundleForm: ExpressibleByArgument {}
extension LayerCompression: ExpressibleByArgument {}

/// How a bundle is packed, as far as the target allows.
struct Packing {
    let form: BundleForm
    /// At least one; the first is the one that reports are about.
    let architectures: [String]
    let compression: LayerCompression

    /// - Throws: What does not go together, with what would.
    init(_ command: Slim, for profile: Profile) throws {
        form = try Self.form(command, profile)
        architectures = try Self.architectures(command.arch, profile)
        compression = command.compression ?? .gzip
        guard command.compression == nil || form == .image else {
            throw ValidationError("--compression is for the layers of images, and this bundle is \(form.description)")
        }
        if architectures.count > 1 { try Self.checkSeveral(architectures, form, profile) }
        if let output = command.output, form == .folder, try !BundleFolder.isReplaceable(output) {
            throw Refusal(
                facts: ErrorFacts(
                    "would be replaced, and is no bundle", file: output,
                    expected: "a new folder, an empty one, or an earlier bundle"
                ))
        }
    }

    private static func form(_ command: Slim, _ profile: Profile) throws -> BundleForm {
        let possible = BundleForm.possible(for: profile)
        let form = command.form ?? possible[0]
        let names = possible.map(\.rawValue).joined(separator: ", ")
        guard possible.contains(form) else {
            let other = form == .image ? profile.imageVariant : nil
            throw Refusal(
                facts: ErrorFacts(
                    "the target takes no such form of bundle", file: profile.name, found: "--form \(form.rawValue)",
                    expected: "one of \(names)", hint: other.map { "images are for the target \($0)" }))
        }
        guard command.manifests == nil || form == possible[0] else {
            throw Refusal(
                facts: ErrorFacts(
                    "deployment files are for a bundle that the target takes as it is", file: profile.name,
                    found: "--manifests with --form \(form.rawValue)", expected: "--form \(possible[0].rawValue)"))
        }
        return form
    }

    private static func architectures(_ asked: [String], _ profile: Profile) throws -> [String] {
        let offered = profile.architectures.map(\.name)
        var wanted: [String] = []
        for name in asked.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }).map(String.init)
        where !wanted.contains(name) { wanted.append(name) }
        if wanted.isEmpty { wanted = [offered.first ?? "x86_64"] }
        for name in wanted {
            guard RuntimeLibrary.architectures.contains(name) else {
                throw ValidationError(
                    "--arch is \(RuntimeLibrary.architectures.joined(separator: " or ")), not '\(name)'")
            }
            guard offered.contains(name) else {
                throw Refusal(
                    facts: ErrorFacts(
                        "the target has no such architecture", file: profile.name, found: name,
                        expected: offered.joined(separator: " or ")))
            }
        }
        return wanted
    }

    private static func checkSeveral(_ names: [String], _ form: BundleForm, _ profile: Profile) throws {
        let found = "--arch \(names.joined(separator: ","))"
        guard form == .image else {
            throw Refusal(
                facts: ErrorFacts(
                    "only an image holds several architectures", file: profile.name,
                    found: found + " for \(form.description)", expected: "one of \(names.joined(separator: ", "))",
                    hint: "make one bundle for each"))
        }
        guard profile.requestProtocol != .lambda else {
            throw Refusal(
                facts: ErrorFacts(
                    "the target takes images for one architecture", file: profile.name, found: found,
                    expected: "one of \(names.joined(separator: ", "))", hint: "make one image for each function"))
        }
    }

    /// What a bundle is called if nothing is said.
    func standardName(of model: String, for profile: Profile) -> String {
        let name = "\(model)-\(profile.name)-\(architectures.joined(separator: "-"))"
        return form.suffix.map { "\(name).\($0)" } ?? name
    }
}
