/// Walks over the positions of row-major tensors.
enum Indexing {
    /// Distance in elements between neighbours along each axis.
    static func strides(_ shape: [Int]) -> [Int] {
        var strides = [Int](repeating: 1, count: shape.count)
        for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
        return strides
    }

    /// For each element of a tensor of shape `shape`, in order, `offset` plus the sum of its coordinates times `strides`.
    static func positions(_ shape: [Int], strides: [Int], offset: Int = 0) -> [Int] {
        var positions = [offset]
        for (extent, stride) in zip(shape, strides) {
            var next: [Int] = []
            next.reserveCapacity(positions.count * extent)
            for position in positions {
                for index in 0..<extent { next.append(position + index * stride) }
            }
            positions = next
        }
        return positions
    }

    /// For each element of `target`, the position in a tensor of shape `source` that is stretched to it.
    static func stretched(_ source: [Int], to target: [Int]) -> [Int] {
        let own = strides(source)
        let lead = target.count - source.count
        let stretched = target.indices.map { axis in
            axis < lead || source[axis - lead] == 1 ? 0 : own[axis - lead]
        }
        return positions(target, strides: stretched)
    }

    /// Splits a shape at an axis: elements before it, along it, and after it.
    static func split(_ shape: [Int], _ axis: Int) -> (outer: Int, extent: Int, inner: Int) {
        (shape[..<axis].reduce(1, *), shape[axis], shape[(axis + 1)...].reduce(1, *))
    }
}
