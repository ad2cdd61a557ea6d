import PackFit
import PackFormats

/// Groups of tensors with the same type, shape and bytes. Few bytes are read: only tensors whose samples agree are
/// compared in full.
func duplicateTensors(in checkpoint: Checkpoint) -> [ModelFacts.Duplicate] {
    struct Key: Hashable {
        var type: String
        var shape: [Int]
        var sample: [UInt8]
    }
    // Small ones are often alike by nature: zeros of a bias, ones of a norm.
    let candidates = checkpoint.records.filter { $0.range.count >= 4096 }
    let byShape = Dictionary(grouping: candidates) { Key(type: $0.type.name, shape: $0.shape, sample: []) }
    var groups: [ModelFacts.Duplicate] = []
    for (_, alike) in byShape where alike.count > 1 {
        let bySample = Dictionary(grouping: alike.compactMap { checkpoint.tensor(named: $0.name) }, by: sample)
        for (_, agreeing) in bySample where agreeing.count > 1 { groups += equal(agreeing) }
    }
    return groups.sorted { ($1.wasted, $0.names[0]) < ($0.wasted, $1.names[0]) }
}

private func sample(of tensor: TensorView) -> [UInt8] {
    tensor.withBytes { bytes in
        let middle = bytes.count / 2
        return Array(bytes.prefix(64)) + Array(bytes[middle...].prefix(64)) + Array(bytes.suffix(64))
    }
}

private func equal(_ tensors: [TensorView]) -> [ModelFacts.Duplicate] {
    var groups: [[TensorView]] = []
    for tensor in tensors {
        if let index = groups.firstIndex(where: { same($0[0], tensor) }) {
            groups[index].append(tensor)
        } else {
            groups.append([tensor])
        }
    }
    return groups.filter { $0.count > 1 }.map { group in
        ModelFacts.Duplicate(names: group.map(\.record.name).sorted(), bytes: group[0].record.range.count)
    }
}

private func same(_ left: TensorView, _ right: TensorView) -> Bool {
    left.withBytes { a in right.withBytes { b in a.count == b.count && a.elementsEqual(b) } }
}
