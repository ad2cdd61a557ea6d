extension SavingChoice {
    /// The best of all sets.
    static func exact(_ items: [Item], _ zipped: Double, _ unpacked: Double) -> [Item] {
        var search = ExactSearch(items, zipped, unpacked)
        search.descend(0, Sum(), 0)
        return search.best.map { found in items.indices.filter { found.set & (1 << $0) != 0 }.map { items[$0] } }
            ?? items
    }

    /// Takes what helps most for its trouble, safe ones first, until it is enough.
    static func greedy(_ items: [Item], _ zipped: Double, _ unpacked: Double) -> [Item] {
        func worth(_ item: Item) -> Double {
            let share =
                (zipped > 0 ? min(item.zipped / zipped, 1) : 0) + (unpacked > 0 ? min(item.unpacked / unpacked, 1) : 0)
            return share / (Double(max(item.saving.rank, 0)) + 1)
        }
        func order(_ item: Item) -> (Int, Double, String) {
            (item.saving.certainty == .safe ? 0 : 1, -worth(item), item.saving.id)
        }
        var taken: [Item] = []
        var sum = Sum()
        for item in items.sorted(by: { order($0) < order($1) }) where !sum.reaches(zipped, unpacked) {
            taken.append(item)
            sum.add(item)
        }
        return taken
    }

    /// Puts back what the others make needless: the doubtful, the troublesome and the small first.
    static func pruned(_ items: [Item], _ zipped: Double, _ unpacked: Double) -> [Item] {
        func order(_ item: Item) -> (Int, Double, Double, String) {
            (
                item.saving.certainty == .safe ? 1 : 0, -Double(item.saving.rank), item.unpacked + item.zipped,
                item.saving.id
            )
        }
        var sum = items.reduce(into: Sum()) { $0.add($1) }
        var kept: [Item] = []
        for item in items.sorted(by: { order($0) < order($1) }) {
            var rest = sum
            rest.zipped -= item.zipped
            rest.unpacked -= item.unpacked
            if rest.reaches(zipped, unpacked) { sum = rest } else { kept.append(item) }
        }
        return kept.reversed()
    }
}

/// Looks at all sets, except those that cannot be enough or cannot be better.
private struct ExactSearch {
    let items: [SavingChoice.Item]
    let zipped: Double
    let unpacked: Double
    /// What the items from an index on save together.
    let rest: [(zipped: Double, unpacked: Double)]
    var best: (sum: SavingChoice.Sum, set: UInt64)?

    init(_ items: [SavingChoice.Item], _ zipped: Double, _ unpacked: Double) {
        self.items = items
        self.zipped = zipped
        self.unpacked = unpacked
        var rest = [(zipped: 0.0, unpacked: 0.0)]
        for item in items.reversed() {
            let last = rest[rest.count - 1]
            rest.append((last.zipped + item.zipped, last.unpacked + item.unpacked))
        }
        self.rest = rest.reversed()
    }

    /// Decides on the items from an index on. A set that is enough is not enlarged: it would only cost more.
    mutating func descend(_ index: Int, _ sum: SavingChoice.Sum, _ set: UInt64) {
        if let best, !(sum < best.sum) { return }
        if sum.reaches(zipped, unpacked) {
            best = (sum, set)
            return
        }
        guard index < items.count, sum.zipped + rest[index].zipped >= zipped,
            sum.unpacked + rest[index].unpacked >= unpacked
        else { return }
        var with = sum
        with.add(items[index])
        descend(index + 1, with, set | 1 << UInt64(index))
        descend(index + 1, sum, set)
    }
}
