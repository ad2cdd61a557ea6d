public import PackProfiles

/// What a bundle is packed in.
public enum BundleForm: String, CaseIterable, Sendable {
    /// The tar of a container image.
    case image
    /// A zip.
    case zip
    /// A tar, compressed by zstd.
    case archive = "tar.zst"
    /// A folder.
    case folder
    /// One executable that holds its plan.
    case file

    /// The form that a platform takes.
    public init(for profile: Profile) { self = profile.packaging == .zip ? .zip : .image }

    /// The forms that make sense for a platform, that which it takes first: a zip is for platforms that unpack one, an image for
    /// those that start containers.
    public static func possible(for profile: Profile) -> [BundleForm] {
        [BundleForm(for: profile), .archive, .folder, .file]
    }

    /// What files of the form are called behind the dot; nil for those without one.
    public var suffix: String? {
        switch self {
        case .image: "tar"
        case .zip, .archive: rawValue
        case .folder, .file: nil
        }
    }

    /// The form with its article: "a zip".
    public var description: String {
        switch self {
        case .image: "an image"
        case .file: "an executable file"
        case .zip, .archive, .folder: "a \(rawValue)"
        }
    }
}
