/// What comes next: events by their time; of equal times the one that was entered first.
struct EventQueue<Event> {
    private var heap: [(time: Double, order: Int, event: Event)] = []
    private var count = 0

    /// Enters an event.
    mutating func add(_ event: Event, at time: Double) {
        heap.append((time, count, event))
        count += 1
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard isBefore(child, parent) else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes the next event out; nil where there is none.
    mutating func next() -> (time: Double, event: Event)? {
        guard let first = heap.first else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && isBefore(child, least) {
                least = child
            }
            if least == parent { break }
            heap.swapAt(parent, least)
            parent = least
        }
        return (first.time, first.event)
    }

    private func isBefore(_ a: Int, _ b: Int) -> Bool {
        (heap[a].time, heap[a].order) < (heap[b].time, heap[b].order)
    }
}

/// First in, first out, without moving what waits.
struct Line {
    private var items: [Int] = []
    private var head = 0

    var count: Int { items.count - head }
    var first: Int? { count > 0 ? items[head] : nil }

    mutating func append(_ item: Int) { items.append(item) }

    mutating func removeFirst() -> Int? {
        guard count > 0 else { return nil }
        head += 1
        let item = items[head - 1]
        if head > 4096, head * 2 > items.count {
            items.removeFirst(head)
            head = 0
        }
        return item
    }
}
