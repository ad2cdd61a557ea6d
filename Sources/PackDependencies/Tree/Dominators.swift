/// For each node of a graph the last one that every path from the entries leads through (Cooper, Harvey and Kennedy
/// 2001).
struct Dominators {
    /// The nodes that can be reached, those behind others later.
    private var order: [Int] = []
    /// For each node its place in `order`; -1 if it cannot be reached.
    private var place: [Int]
    /// For each place that of the immediate dominator; -1 stands for the outside, which all entries come from.
    private var above: [Int] = []

    init(count: Int, entries: [Int], _ next: (Int) -> [Int]) {
        place = [Int](repeating: -1, count: count)
        var seen = [Bool](repeating: false, count: count)
        var post: [Int] = []
        for entry in entries where !seen[entry] {
            seen[entry] = true
            var frames = [(node: entry, next: next(entry), place: 0)]
            while let frame = frames.last {
                guard frame.place < frame.next.count else {
                    post.append(frame.node)
                    frames.removeLast()
                    continue
                }
                frames[frames.count - 1].place += 1
                let target = frame.next[frame.place]
                guard !seen[target] else { continue }
                seen[target] = true
                frames.append((target, next(target), 0))
            }
        }
        order = post.reversed()
        for (index, node) in order.enumerated() { place[node] = index }
        var before = [[Int]](repeating: [], count: order.count)
        for node in order {
            for target in next(node) { before[place[target]].append(place[node]) }
        }
        for entry in Set(entries) { before[place[entry]].append(-1) }
        settle(before)
    }

    private mutating func settle(_ before: [[Int]]) {
        let unknown = -2
        above = [Int](repeating: unknown, count: order.count)
        var isChanged = true
        while isChanged {
            isChanged = false
            for node in order.indices {
                var found = unknown
                for other in before[node] where other == -1 || above[other] != unknown {
                    found = found == unknown ? other : common(found, other)
                }
                if found != unknown, above[node] != found {
                    above[node] = found
                    isChanged = true
                }
            }
        }
    }

    private func common(_ left: Int, _ right: Int) -> Int {
        var (left, right) = (left, right)
        while left != right {
            if left > right { left = above[left] } else { right = above[right] }
        }
        return left
    }

    /// For each node the sum of values of it and all that it dominates.
    func sums(_ values: [Int]) -> [Int] {
        var sums = values
        for index in order.indices.reversed() where above[index] >= 0 {
            sums[order[above[index]]] += sums[order[index]]
        }
        return sums
    }
}
