import FoundationEssentials
import PackIO

/// Points to a blob of an image (OCI image specification 1.1, `descriptor.md`).
struct ImageDescriptor: Encodable {
    /// An operating system and a CPU, as Go names them.
    struct Platform: Encodable {
        let architecture: String
        let os = "linux"
    }

    let mediaType: String
    let digest: String
    let size: Int
    var platform: Platform?
    var annotations: [String: String]?

    /// Where a layout has a blob.
    ///
    /// - Parameter digest: `sha256:` and the digits.
    static func place(_ digest: String) -> String { "blobs/sha256/" + digest.dropFirst("sha256:".count) }
}

/// What a container gets and what layers it has (`config.md`).
struct ImageConfiguration: Encodable {
    struct Execution: Encodable {
        let entrypoint: [String]
        let environment: [String]
        let ports: [String: [String: String]]
        let user: String
        let folder: String
        let labels: [String: String]

        enum CodingKeys: String, CodingKey {
            case entrypoint = "Entrypoint"
            case environment = "Env"
            case ports = "ExposedPorts"
            case user = "User"
            case folder = "WorkingDir"
            case labels = "Labels"
        }
    }

    struct Root: Encodable {
        let type = "layers"
        let differences: [String]

        enum CodingKeys: String, CodingKey {
            case type
            case differences = "diff_ids"
        }
    }

    struct Step: Encodable {
        let created: String
        let maker: String

        enum CodingKeys: String, CodingKey {
            case created
            case maker = "created_by"
        }
    }

    let architecture: String
    let os = "linux"
    let created: String
    let config: Execution
    let rootfs: Root
    let history: [Step]
}

/// The configuration and the layers of an image (`manifest.md`).
struct ImageManifest: Encodable {
    static let type = "application/vnd.oci.image.manifest.v1+json"
    let schemaVersion = 2
    let mediaType = Self.type
    let config: ImageDescriptor
    let layers: [ImageDescriptor]
    let annotations: [String: String]
}

/// The images of a layout, or those of one image for several platforms (`image-index.md`).
struct ImageIndex: Encodable {
    static let type = "application/vnd.oci.image.index.v1+json"
    let schemaVersion = 2
    let mediaType = Self.type
    let manifests: [ImageDescriptor]
}

/// What `docker load` reads in older versions, which do not know layouts; an array of these is `manifest.json`.
struct DockerImage: Encodable {
    let config: String
    let names: [String]
    let layers: [String]

    enum CodingKeys: String, CodingKey {
        case config = "Config"
        case names = "RepoTags"
        case layers = "Layers"
    }
}

extension Encodable {
    /// JSON with sorted keys.
    func json() throws(BundleError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do { return Array(try encoder.encode(self)) } catch {
            throw .archive(path: "\(Self.self)", message: "\(error)")
        }
    }
}
