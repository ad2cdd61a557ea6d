/// How the layers of an image are compressed.
public enum LayerCompression: String, CaseIterable, Sendable {
    /// Which every registry, engine and tool reads.
    case gzip
    /// Faster to unpack and about as small; what reads it is younger. Weights are near what their entropy allows with either.
    case zstd

    /// The media type of such a layer (OCI image specification 1.1, `layer.md`).
    var mediaType: String { "application/vnd.oci.image.layer.v1.tar+\(rawValue)" }
}
