import Glibc
import PackFit
import PackFormats

/// Groups of tensors with the same type, shape and bytes.
struct DuplicateTensors {
    /// The groups, the most wasteful first.
    private(set) var groups: [ModelFacts.Duplicate] = []
    /// Tensors that look alike in samples and were not compared in full, for there were too many bytes.
    private(set) var uncompared = 0

    /// Smaller ones are often alike by nature: zeros of a bias, ones of a norm.
    private static let leastBytes = 4096
    /// Bytes that are compared in full at most.
    private var budget = 1 << 30

    private struct Key: Hashable {
        var type: String
        var shape: [Int]
    }

    /// Looks at a checkpoint. Few bytes are read: only tensors whose samples agree are compared in full, and tensors
    /// whose samples hold one value alone (all zeros) are left out.
    init(in checkpoint: Checkpoint) {
        for shard in checkpoint.shards { shard.file.expectScatteredReads() }
        let candidates = checkpoint.records.filter { $0.range.count >= Self.leastBytes }
        let byShape = Dictionary(grouping: candidates) { Key(type: $0.type.name, shape: $0.shape) }
        for alike in byShape.values.filter({ $0.count > 1 }).sorted(by: { $0[0].name < $1[0].name }) {
            let tensors = alike.compactMap { checkpoint.tensor(named: $0.name) }
            var bySample: [[UInt8]: [TensorView]] = [:]
            for (index, tensor) in tensors.enumerated() {
                bySample[Self.sample(of: tensor), default: []].append(tensor)
                if index % 64 == 63 { for shard in checkpoint.shards { shard.file.dropPages() } }
            }
            for (sample, agreeing) in bySample where agreeing.count > 1 && Set(sample).count > 1 { compare(agreeing) }
        }
        // Each place that was read maps the pages around it.
        for shard in checkpoint.shards { shard.file.dropPages() }
        groups.sort { ($1.wasted, $0.names[0]) < ($0.wasted, $1.names[0]) }
    }

    private static func sample(of tensor: TensorView) -> [UInt8] {
        tensor.withBytes { bytes in
            let middle = bytes.count / 2
            return Array(bytes.prefix(64)) + Array(bytes[middle...].prefix(64)) + Array(bytes.suffix(64))
        }
    }

    private mutating func compare(_ tensors: [TensorView]) {
        let bytes = tensors.reduce(0) { $0 + $1.record.range.count }
        guard bytes <= budget else {
            uncompared += tensors.count
            return
        }
        budget -= bytes
        var alike: [[TensorView]] = []
        for tensor in tensors {
            if let index = alike.firstIndex(where: { Self.same($0[0], tensor) }) {
                alike[index].append(tensor)
            } else {
                alike.append([tensor])
            }
        }
        groups += alike.filter { $0.count > 1 }.map { group in
            ModelFacts.Duplicate(names: group.map(\.record.name).sorted(), bytes: group[0].record.range.count)
        }
    }

    private static func same(_ left: TensorView, _ right: TensorView) -> Bool {
        left.withBytes { a in
            right.withBytes { b in
                guard a.count == b.count, let left = a.baseAddress, let right = b.baseAddress else { return false }
                return memcmp(left, right, a.count) == 0
            }
        }
    }
}
