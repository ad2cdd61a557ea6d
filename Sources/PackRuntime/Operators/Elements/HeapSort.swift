/// Moves the first `wanted` of `count` indices to the end: the very first last, the next before it, and so on. Needs no memory.
@inline(never)
func heapSort(_ order: UnsafeMutablePointer<Int>, _ count: Int, taking wanted: Int, _ precedes: (Int, Int) -> Bool) {
    for parent in stride(from: count / 2 - 1, through: 0, by: -1) { sink(order, parent, count, precedes) }
    for taken in 0..<wanted {
        let last = count - 1 - taken
        let first = order[0]
        order[0] = order[last]
        order[last] = first
        sink(order, 0, last, precedes)
    }
}

/// Moves an index down to where no child comes before it.
private func sink(
    _ order: UnsafeMutablePointer<Int>, _ start: Int, _ count: Int, _ precedes: (Int, Int) -> Bool
) {
    var parent = start
    while true {
        var best = parent
        for child in 2 * parent + 1...2 * parent + 2 where child < count && precedes(order[child], order[best]) {
            best = child
        }
        if best == parent { return }
        let moved = order[parent]
        order[parent] = order[best]
        order[best] = moved
        parent = best
    }
}
