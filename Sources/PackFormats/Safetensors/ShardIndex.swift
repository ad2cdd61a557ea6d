import PackIO

/// How the index of a sharded checkpoint and its shards can disagree.
public enum ShardFailure: Error, Hashable, Sendable {
    /// A tensor that stands in two shards.
    case repeated(tensor: String, in: [String])
    /// A tensor that is not in the shard that the index names.
    case absent(tensor: String, index: String, shard: String)
    /// A shard that the index names and that is not there.
    case missing(shard: String, index: String)
    /// More shards than the reader opens.
    case tooMany(index: String, count: Int, limit: Int)
}

extension ShardFailure: FactualError {
    /// The failure in parts, for a message.
    public var facts: ErrorFacts {
        switch self {
        case .repeated(let tensor, let files):
            ErrorFacts(
                "holds a tensor that another shard holds, too", file: files.last, place: "tensor \"\(tensor)\"",
                found: "the same name in \(files.first ?? "")", expected: "each tensor in one shard")
        case .absent(let tensor, let index, let shard):
            ErrorFacts(
                "names a shard that lacks the tensor", file: index, place: "weight_map[\"\(tensor)\"]",
                found: "no such tensor in \(shard)")
        case .missing(let shard, let index):
            ErrorFacts(
                "names a shard that is not there", file: index, place: "weight_map", found: shard,
                hint: "fetch all files of the model")
        case .tooMany(let index, let count, let limit):
            ErrorFacts("names too many shards", file: index, found: "\(count)", expected: "at most \(limit)")
        }
    }
}

/// `model.safetensors.index.json`: under `weight_map`, the shard of every tensor.
///
/// Shards are files of the index's own folder. Other keys (`metadata`) are not used.
struct ShardIndex {
    /// The index file.
    let path: String
    /// Names of the shards, sorted.
    let files: [String]
    private let shardOf: [(tensor: String, file: String)]

    private static let shardLimit = 4096

    init(in folder: ContainedFolder) throws(FormatFailure) {
        let path = try FormatFailure.reading { () throws(IOFailure) in try folder.file(Checkpoint.indexName) }
        let root = try JSONDocument(file: path).root
        guard let map = root["weight_map"], map.kind == .object else {
            throw .form(root["weight_map"] ?? root, at: "weight_map", of: path, expected: "an object of file names")
        }
        var shardOf: [(tensor: String, file: String)] = []
        for (tensor, value) in map.members {
            guard let file = value.string else {
                throw .form(value, at: "weight_map[\"\(tensor)\"]", of: path, expected: "a file name")
            }
            shardOf.append((tensor, file))
        }
        files = Set(shardOf.map(\.file)).sorted()
        self.path = path
        self.shardOf = shardOf
        guard files.count <= Self.shardLimit else {
            throw .shards(.tooMany(index: path, count: files.count, limit: Self.shardLimit))
        }
        for file in files {
            do throws(IOFailure) {
                _ = try folder.file(file)
            } catch .system(.resolve, _, _) {
                throw .shards(.missing(shard: file, index: path))
            } catch {
                throw .io(error)
            }
        }
    }

    /// Checks that every tensor stands where the index says.
    func check(_ checkpoint: Checkpoint) throws(FormatFailure) {
        for (tensor, file) in shardOf {
            guard let view = checkpoint.tensor(named: tensor), view.file.path.hasSuffix("/" + file) else {
                throw .shards(.absent(tensor: tensor, index: path, shard: file))
            }
        }
    }
}
