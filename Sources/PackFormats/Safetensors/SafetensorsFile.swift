import PackIO

/// A tensor in a safetensors file.
public struct TensorRecord: Hashable, Sendable {
    /// Its name.
    public let name: String
    /// Its element type.
    public let type: StoredType
    /// Its extents.
    public let shape: [Int]
    /// Its bytes in the file, counted from the file's start. They need not be aligned to the element's size.
    public let range: Range<Int>
    /// Its elements.
    public let count: Int
}

/// A safetensors file whose header was read and checked; the tensors' bytes are mapped and not touched.
///
/// The format (<https://github.com/huggingface/safetensors>): a little-endian 64-bit count of header bytes, the header,
/// the tensors' bytes. The header is a JSON object that starts with its brace and may end in blanks; under each name it
/// has `dtype`, `shape` and `data_offsets` (begin and end, counted from the end of the header), under `__metadata__`
/// strings. Tensors follow one another without gaps and fill the file. As in the reference implementation, a header has
/// at most 100,000,000 bytes.
public struct SafetensorsFile: Sendable {
    /// The mapped file.
    public let file: MappedFile
    /// The tensors in the order of their bytes.
    public let tensors: [TensorRecord]
    /// The strings under `__metadata__`.
    public let metadata: [String: String]
    /// Bytes before the tensors' bytes.
    public let headerBytes: Int

    /// The most bytes that a header may have.
    public static let headerLimit = 100_000_000

    /// Maps a file and reads its header.
    public init(path: String) throws(FormatFailure) {
        try self.init(file: FormatFailure.reading { () throws(IOFailure) in try MappedFile(path: path) })
    }

    /// Maps a file of a folder and reads its header.
    public init(name: String, in folder: ContainedFolder) throws(FormatFailure) {
        try self.init(file: FormatFailure.reading { () throws(IOFailure) in try folder.mapped(name) })
    }

    /// Reads the header of a mapped file.
    public init(file: MappedFile) throws(FormatFailure) {
        do throws(SafetensorsFailure) {
            let header = try SafetensorsHeader(of: file)
            self.file = file
            tensors = header.tensors
            metadata = header.metadata
            headerBytes = header.end
        } catch {
            throw .safetensors(error)
        }
    }
}
