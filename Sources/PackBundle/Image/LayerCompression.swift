/// How the layers of an image are compressed.
public enum LayerCompression: String, CaseIterable, Sendable {
    /// Which every registry, engine and tool reads.
    case gzip
    /// Smaller and faster to unpack; what reads it is younger.
    case zstd

    /// The media type of such a layer (OCI image specification 1.1, `layer.md`).
    var mediaType: String { "application/vnd.oci.image.layer.v1.tar+\(rawValue)" }
}
