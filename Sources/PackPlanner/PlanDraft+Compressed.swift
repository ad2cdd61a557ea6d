import Glibc

extension PlanDraft {
    /// About the bytes to which each weight can be compressed in an image of this plan, by name: what is told by how often each
    /// byte occurs in it (its entropy). Weights hardly repeat.
    public func compressedBytes(in image: PlanImage) -> [String: Int] {
        var sizes: [String: Int] = [:]
        for chunk in chunks where chunk.form != .plain {
            let data = dataOffset
            let bytes = image.bytes[data + chunk.offsets.elements..<data + chunk.end]
            var counts = [Int](repeating: 0, count: 256)
            for byte in bytes { counts[Int(byte)] += 1 }
            let bits = counts.reduce(0.0) { sum, count in
                count == 0 ? sum : sum - Double(count) * log2(Double(count) / Double(bytes.count))
            }
            sizes[chunk.name, default: 0] += Int(bits / 8)
        }
        return sizes
    }
}
