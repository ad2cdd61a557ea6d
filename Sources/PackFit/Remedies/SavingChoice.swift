/// The cheapest set of savings that is enough: with the fewest doubtful ones, then with the least trouble in all, then the
/// fewest, then the one that takes the fewest bytes out, then the first by ids.
///
/// Exact for up to `exactCount` savings that help at all; above that, the best are taken one by one, and those that the
/// others make needless are put back.
struct SavingChoice {
    /// What is left out, in the order of certainty, rank and size; empty where nothing is needed.
    let chosen: [Saving]
    /// Whether it is enough. If not, `chosen` holds all that helps.
    let suffices: Bool
    /// Whether no cheaper set is enough for sure.
    let isExact: Bool

    static let exactCount = 16

    init(_ savings: [Saving], for need: SavingNeed) {
        let (zipped, unpacked) = need.amounts
        guard zipped > 0 || unpacked > 0 else {
            (chosen, suffices, isExact) = ([], true, true)
            return
        }
        let items = savings.sorted { Self.order($0) < Self.order($1) }.map(Item.init)
            .filter { (zipped > 0 && $0.zipped > 0) || (unpacked > 0 && $0.unpacked > 0) }
        let total = items.reduce(into: Sum()) { $0.add($1) }
        guard total.reaches(zipped, unpacked) else {
            (chosen, suffices, isExact) = (items.map(\.saving), false, true)
            return
        }
        suffices = true
        isExact = items.count <= Self.exactCount
        let picked =
            isExact
            ? Self.exact(items, zipped, unpacked) : Self.pruned(Self.greedy(items, zipped, unpacked), zipped, unpacked)
        chosen = picked.map(\.saving)
    }

    private static func order(_ saving: Saving) -> (Int, Int, Double, String) {
        (saving.certainty == .safe ? 0 : 1, saving.rank, -saving.unpacked.low, saving.id)
    }

    /// A saving with what it is sure to save.
    struct Item {
        let saving: Saving
        let zipped: Double
        let unpacked: Double

        init(_ saving: Saving) {
            self.saving = saving
            zipped = max(saving.zipped?.low ?? 0, 0)
            unpacked = max(saving.unpacked.low, 0)
        }
    }

    /// What a set costs and saves.
    struct Sum {
        var doubtful = 0
        var rank = 0
        var count = 0
        var zipped = 0.0
        var unpacked = 0.0

        mutating func add(_ item: Item) {
            doubtful += item.saving.certainty == .safe ? 0 : 1
            rank = rank.addingReportingOverflow(max(item.saving.rank, 0)).partialValue
            count += 1
            zipped += item.zipped
            unpacked += item.unpacked
        }

        func reaches(_ zipped: Double, _ unpacked: Double) -> Bool {
            self.zipped >= zipped && self.unpacked >= unpacked
        }

        static func < (a: Sum, b: Sum) -> Bool {
            (a.doubtful, a.rank, a.count, a.unpacked, a.zipped) < (b.doubtful, b.rank, b.count, b.unpacked, b.zipped)
        }
    }
}
