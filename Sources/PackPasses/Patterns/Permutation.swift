import PackCore
import PackGraph

/// An order of axes as Transpose takes it: axis i of the result is axis `axes[i]` of what is turned.
struct Permutation: Hashable {
    let axes: [Int]

    /// `nil` if an axis is missing or there are none.
    init?(_ axes: [Int]) {
        guard !axes.isEmpty, axes.sorted() == Array(axes.indices) else { return nil }
        self.axes = axes
    }

    private init(unchecked axes: [Int]) { self.axes = axes }

    var isIdentity: Bool { axes == Array(axes.indices) }

    /// What undoes it.
    var inverse: Permutation {
        var result = axes
        for (index, axis) in axes.enumerated() { result[axis] = index }
        return Permutation(unchecked: result)
    }

    /// This first, the other on its result; both have as many axes.
    func then(_ other: Permutation) -> Permutation {
        Permutation(unchecked: other.axes.map { axes[$0] })
    }

    /// The order of what is left when the given axes of the result go.
    func dropping(_ gone: Set<Int>) -> Permutation {
        let kept = axes.indices.filter { !gone.contains($0) }.map { axes[$0] }
        let places = Dictionary(uniqueKeysWithValues: kept.sorted().enumerated().map { ($1, $0) })
        return Permutation(unchecked: kept.compactMap { places[$0] })
    }

    /// The order after new axes are put in at the same places before and after.
    func inserting(_ new: Set<Int>) -> Permutation {
        let count = axes.count + new.count
        let old = (0..<count).filter { !new.contains($0) }
        var result = Array(0..<count)
        for (index, axis) in axes.enumerated() { result[old[index]] = old[axis] }
        return Permutation(unchecked: result)
    }
}

extension Constant {
    /// The constant, with axes of extent 1 put in front up to the rank, turned.
    func turned(_ order: Permutation) throws(GraphError) -> Constant {
        let rank = order.axes.count
        let own = Array(repeating: 1, count: max(0, rank - shape.count)) + shape
        let turnedShape = order.axes.map { own[$0] }
        // One line stays in its order.
        if own.count(where: { $0 != 1 }) <= 1 { return try Constant(dtype, turnedShape, storage) }
        var strides = Array(repeating: 1, count: rank)
        for axis in own.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * own[axis + 1] }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(byteCount)
        var place = Array(repeating: 0, count: rank)
        withBytes { source in
            for _ in 0..<count {
                let start = zip(place, order.axes).reduce(0) { $0 + $1.0 * strides[$1.1] } * dtype.size
                bytes.append(contentsOf: source[start..<(start + dtype.size)])
                for axis in place.indices.reversed() {
                    place[axis] += 1
                    if place[axis] < turnedShape[axis] { break }
                    place[axis] = 0
                }
            }
        }
        return try Constant(dtype, turnedShape, bytes: bytes)
    }
}
