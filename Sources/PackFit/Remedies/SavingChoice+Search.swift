extension SavingChoice {
    /// The best of all sets.
    static func exact(_ items: [Item], _ zipped: Double, _ unpacked: Double) -> [Item] {
        var best: (sum: Sum, set: UInt32)?
        for set in 1..<(UInt32(1) << UInt32(items.count)) {
            var sum = Sum()
            for (index, item) in items.enumerated() where set & (1 << UInt32(index)) != 0 { sum.add(item) }
            guard sum.reaches(zipped, unpacked) else { continue }
            if let found = best, !(sum < found.sum) { continue }
            best = (sum, set)
        }
        guard let best else { return items }
        return items.indices.filter { best.set & (1 << UInt32($0)) != 0 }.map { items[$0] }
    }

    /// Takes what helps most for its trouble, safe ones first, until it is enough.
    static func greedy(_ items: [Item], _ zipped: Double, _ unpacked: Double) -> [Item] {
        var left = Array(items)
        var taken: [Item] = []
        var sum = Sum()
        while !sum.reaches(zipped, unpacked), !left.isEmpty {
            let needs = (max(zipped - sum.zipped, 0), max(unpacked - sum.unpacked, 0))
            let isSafe = left.contains { $0.saving.certainty == .safe && helps($0, needs) > 0 }
            var best = (index: 0, worth: -1.0)
            for (index, item) in left.enumerated() where !isSafe || item.saving.certainty == .safe {
                let worth = helps(item, needs) / Double(max(item.saving.rank, 0) + 1)
                if worth > best.worth { best = (index, worth) }
            }
            let item = left.remove(at: best.index)
            taken.append(item)
            sum.add(item)
        }
        return taken
    }

    /// The shares of the needs that an item meets.
    private static func helps(_ item: Item, _ needs: (zipped: Double, unpacked: Double)) -> Double {
        (needs.zipped > 0 ? min(item.zipped / needs.zipped, 1) : 0)
            + (needs.unpacked > 0 ? min(item.unpacked / needs.unpacked, 1) : 0)
    }

    /// Puts back what the others make needless: the doubtful, the troublesome and the small first.
    static func pruned(_ items: [Item], _ zipped: Double, _ unpacked: Double) -> [Item] {
        func cost(_ item: Item) -> (Int, Int, Double, String) {
            (item.saving.certainty == .safe ? 1 : 0, -item.saving.rank, item.unpacked, item.saving.id)
        }
        var kept = items.sorted { cost($0) < cost($1) }
        var index = 0
        while index < kept.count {
            var sum = Sum()
            for (other, item) in kept.enumerated() where other != index { sum.add(item) }
            if sum.reaches(zipped, unpacked) { kept.remove(at: index) } else { index += 1 }
        }
        return kept.reversed()
    }
}
