/// Moves the first `wanted` of `count` indices to the end: the very first last, the next before it, and so on. Needs no memory.
@inline(never)
func heapSort(_ order: UnsafeMutablePointer<Int>, _ count: Int, taking wanted: Int, _ precedes: (Int, Int) -> Bool) {
    makeHeap(order, count, precedes)
    for taken in 0..<wanted { takeFirst(order, count - taken, precedes) }
}

/// Puts the first of `count` indices in front, and the others so that `takeFirst` finds the next.
func makeHeap(_ order: UnsafeMutablePointer<Int>, _ count: Int, _ precedes: (Int, Int) -> Bool) {
    for parent in stride(from: count / 2 - 1, through: 0, by: -1) { sink(order, parent, count, precedes) }
}

/// Moves the first of the `count` indices of a heap to their end; the others remain a heap.
func takeFirst(_ order: UnsafeMutablePointer<Int>, _ count: Int, _ precedes: (Int, Int) -> Bool) {
    let first = order[0]
    order[0] = order[count - 1]
    order[count - 1] = first
    sink(order, 0, count - 1, precedes)
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
