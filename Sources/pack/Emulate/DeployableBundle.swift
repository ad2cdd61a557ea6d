import PackBundle
import PackIO
import PackProfiles

/// A bundle in the form that a platform takes: itself, or one made of it in a folder that goes with this.
struct DeployableBundle {
    let path: String
    private let folder: TemporaryFolder?

    /// - Throws: `BundleError` where it cannot be written; a damaged one is left to who reads it, and what is none.
    init(_ bundle: String, on profile: Profile) throws {
        let wanted = BundleForm(for: profile)
        let form = try? BundleConverter.form(of: bundle)
        // A compressed tar is unpacked as a zip is; what makes no sense for the platform is left to be refused.
        guard let form, form != wanted, wanted == .image || form != .archive,
            BundleForm.possible(for: profile).contains(form)
        else {
            (path, folder) = (bundle, nil)
            return
        }
        let scratch = try TemporaryFolder(prefix: "pack-emulate")
        (path, folder) = (scratch.path + "/bundle", scratch)
        try BundleConverter.convert(
            bundle, to: wanted, arch: BundleProof.hostArchitecture, port: profile.requestProtocol == .http ? 8080 : nil,
            at: path, scratch: scratch.path)
    }
}
