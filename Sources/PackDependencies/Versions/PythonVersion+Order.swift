extension PythonVersion: Comparable, Hashable {
    /// Whether two versions take the same place in the order.
    public static func == (left: PythonVersion, right: PythonVersion) -> Bool { order(left, right) == 0 }

    /// Whether a version comes before another.
    public static func < (left: PythonVersion, right: PythonVersion) -> Bool { order(left, right) < 0 }

    /// Hashes what equality compares.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(epoch)
        hasher.combine(trimmedRelease)
        hasher.combine(pre)
        hasher.combine(post)
        hasher.combine(dev)
        hasher.combine(local)
    }

    /// Below, at or above zero as the first comes before, with or after the second.
    private static func order(_ left: PythonVersion, _ right: PythonVersion) -> Int {
        if left.epoch != right.epoch { return left.epoch < right.epoch ? -1 : 1 }
        for index in 0..<max(left.release.count, right.release.count) {
            let (one, other) = (left.component(index), right.component(index))
            if one != other { return one < other ? -1 : 1 }
        }
        let (one, other) = (left.suffixKey, right.suffixKey)
        for (a, b) in zip(one, other) where a != b { return a < b ? -1 : 1 }
        return order(left.local, right.local)
    }

    /// Numbers that order what follows the release: a development release of the release itself comes before its
    /// pre-releases, no pre-release after them; no post-release before any; no development release after any.
    private var suffixKey: [Int] {
        let phase = pre.map { $0.phase.rawValue } ?? (post == nil && dev != nil ? -1 : Int.max)
        return [phase, pre?.number ?? 0, post ?? -1, dev ?? Int.max]
    }

    private static func order(_ left: [LocalPart], _ right: [LocalPart]) -> Int {
        for (one, other) in zip(left, right) where one != other {
            switch (one, other) {
            case (.text, .number): return -1
            case (.number, .text): return 1
            case (.text(let a), .text(let b)): return a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1
            case (.number(let a), .number(let b)):
                if a.utf8.count != b.utf8.count { return a.utf8.count < b.utf8.count ? -1 : 1 }
                return a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1
            }
        }
        return left.count == right.count ? 0 : (left.count < right.count ? -1 : 1)
    }
}
