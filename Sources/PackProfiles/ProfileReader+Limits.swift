import PackIO

extension ProfileReader {
    /// Limits that a profile must state, and pairs of which the first must not be above the second.
    mutating func requireLimits(of packaging: Profile.Packaging, in limits: [LimitID: Quantity], _ top: Entries) {
        guard let node = top.values["limits"], case .mapping(let mapping, _) = node else { return }
        let stated = Set(mapping.compactMap(\.key.string))
        let names = LimitID.allCases.map(\.rawValue)
        let meant = Set(stated.subtracting(names).compactMap { Suggestion.nearest(to: $0, among: names) })
        let package: [LimitID] = packaging == .zip ? [.packageZipped, .packageUnpacked] : [.imageSize]
        for id in package + [.memoryDefault, .memoryMaximum, .startupTime, .requestTime]
        where !stated.contains(id.rawValue) && !meant.contains(id.rawValue) {
            faults.append(
                fields.error(
                    node, "limits." + id.rawValue, found: "nothing",
                    expected: "this limit, which packaging \(packaging.rawValue) needs",
                    hint: "where the platform has no such limit, say value: none; where it is not known, value: unknown"
                ))
        }
        let pairs: [(LimitID, LimitID)] = [
            (.memoryMinimum, .memoryMaximum), (.memoryDefault, .memoryMaximum), (.diskDefault, .diskMaximum),
            (.requestTimeDefault, .requestTime), (.concurrencyDefault, .concurrencyMaximum),
        ]
        for (small, large) in pairs {
            guard let least = limits[small]?.base, let most = limits[large]?.base, least > most else { continue }
            faults.append(
                fields.error(
                    node, "limits." + small.rawValue, found: "more than limits." + large.rawValue,
                    expected: "at most that"))
        }
    }
}
