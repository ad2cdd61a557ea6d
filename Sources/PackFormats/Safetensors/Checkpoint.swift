import PackIO

/// A tensor of a checkpoint: its description and the file that lends its bytes.
public struct TensorView: Sendable {
    /// What it is and where it is.
    public let record: TensorRecord
    /// The shard that holds it.
    public let file: MappedFile

    /// Lends its bytes, which need not be aligned to the element's size.
    public func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try file.withBytes(in: record.range, body)
    }
}

/// The weights of a model: one safetensors file, or several with an index.
///
/// Opening reads the headers only.
public struct Checkpoint: Sendable {
    /// The file that names the tensors: the safetensors file itself, or the index.
    public let path: String
    /// The safetensors files, in order of their names.
    public let shards: [SafetensorsFile]
    private let places: [String: Place]

    private struct Place: Sendable {
        let shard: Int
        let tensor: Int
    }

    /// The names that are looked for in a folder, the first that is there wins.
    public static let fileName = "model.safetensors"
    /// The index of a sharded checkpoint.
    public static let indexName = "model.safetensors.index.json"

    /// Opens one safetensors file.
    public init(file path: String) throws(FormatFailure) {
        try self.init(path: path, shards: [SafetensorsFile(path: path)])
    }

    /// Opens the checkpoint of a folder; nil when there is none.
    public init?(in folder: ContainedFolder) throws(FormatFailure) {
        if folder.contains(Self.fileName) {
            try self.init(file: FormatFailure.reading { () throws(IOFailure) in try folder.file(Self.fileName) })
        } else if folder.contains(Self.indexName) {
            let index = try ShardIndex(in: folder)
            var shards: [SafetensorsFile] = []
            for name in index.files {
                shards.append(try SafetensorsFile(name: name, in: folder))
            }
            try self.init(path: index.path, shards: shards)
            try index.check(self)
        } else {
            return nil
        }
    }

    init(path: String, shards: [SafetensorsFile]) throws(FormatFailure) {
        self.path = path
        self.shards = shards
        var places: [String: Place] = [:]
        for (shard, file) in shards.enumerated() {
            for (tensor, record) in file.tensors.enumerated() {
                let earlier = places.updateValue(Place(shard: shard, tensor: tensor), forKey: record.name)
                if let earlier {
                    throw .shards(
                        .repeated(tensor: record.name, in: [shards[earlier.shard].file.path, file.file.path]))
                }
            }
        }
        self.places = places
    }

    /// The mapped files.
    public var files: [MappedFile] { shards.map(\.file) }

    /// Names of all tensors, in the order of shards and bytes.
    public var names: [String] { shards.flatMap { $0.tensors.map(\.name) } }

    /// Number of tensors.
    public var count: Int { places.count }

    /// Bytes of all tensors.
    public var bytes: Int { shards.reduce(0) { $0 + $1.file.size - $1.headerBytes } }

    /// Bytes of all files, headers included.
    public var fileBytes: Int { shards.reduce(0) { $0 + $1.file.size } }

    /// Elements of the tensors of floating-point numbers; buffers of integers are not parameters.
    public var parameters: Int {
        records.filter(\.type.isFloating).reduce(0) { $0 + $1.count }
    }

    /// Tensors by the name of their element type.
    public var types: [String: Int] {
        records.reduce(into: [:]) { $0[$1.type.name, default: 0] += 1 }
    }

    /// Descriptions of all tensors, in the order of shards and bytes.
    public var records: [TensorRecord] { shards.flatMap(\.tensors) }

    /// The tensor of a name.
    public func tensor(named name: String) -> TensorView? {
        guard let place = places[name] else { return nil }
        let shard = shards[place.shard]
        return TensorView(record: shard.tensors[place.tensor], file: shard.file)
    }
}
