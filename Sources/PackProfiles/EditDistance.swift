/// The number of insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`
/// (optimal string alignment), counted in bytes.
package func editDistance(_ a: String, _ b: String) -> Int {
    let a = Array(a.utf8.prefix(200))
    let b = Array(b.utf8.prefix(200))
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in a.indices {
        var row = [i + 1]
        for j in b.indices {
            let replaced = last[j] + (a[i] == b[j] ? 0 : 1)
            var best = min(replaced, last[j + 1] + 1, row[j] + 1)
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, beforeLast[j - 1] + 1) }
            row.append(best)
        }
        beforeLast = last
        last = row
    }
    return last[b.count]
}

/// The candidate nearest to `name`, if it is near enough to be what was meant: at most a third of its length away,
/// or beginning with it. The first wins among equals.
package func nearest(to name: String, among candidates: [String]) -> String? {
    let best = candidates.map { ($0, editDistance(name, $0)) }.min { $0.1 < $1.1 }
    if let best, best.1 <= max(2, best.0.utf8.count / 3) { return best.0 }
    return candidates.first { !name.isEmpty && ($0.hasPrefix(name) || name.hasPrefix($0)) }
}
