extension ProfileReader {
    /// The scaling rules by who sees to them; each must be whole.
    mutating func scaling(_ top: Entries) -> [Profile.Scaler: [ScalingID: Quantity]] {
        guard let node = top.values["scaling"] else { return [:] }
        let names = Profile.Scaler.allCases.map(\.rawValue)
        let checked = attempt { reader throws(ProfileError) in
            try reader.fields.checkedMapping(node, "scaling", allowed: names, required: [])
        }
        guard let checked else { return [:] }
        faults += checked.faults
        var result: [Profile.Scaler: [ScalingID: Quantity]] = [:]
        for scaler in Profile.Scaler.allCases {
            guard let entry = checked.entries.values[scaler.rawValue] else { continue }
            let field = "scaling." + scaler.rawValue
            let before = faults.count
            let rules = quantities(entry, field, ScalingID.self, required: scaler.required, measure: \.measure)
            requireBounds(of: rules, entry, field)
            // A number that cannot be read is not also missing.
            if faults.count == before { requireAllMachines(in: rules, entry, field) }
            result[scaler] = rules
        }
        return result
    }

    /// A simulation looks as often as the rules say and holds as many instances: they must be numbers that it can bear.
    private mutating func requireBounds(of rules: [ScalingID: Quantity], _ node: SettingsNode, _ field: String) {
        for id in ScalingID.allCases where id != .maximum {
            let place = join(field, id.rawValue)
            let found: String
            if let rule = rules[id] {
                if let base = rule.base, id.bounds?.contains(base) ?? true { continue }
                found = rule.base.map { "\($0)" } ?? "none"
            } else {
                guard unknown.contains(place) else { continue }
                found = "unknown"
            }
            let bounds = id.bounds.map { "a number from \($0.lowerBound) to \($0.upperBound)" } ?? "a number"
            faults.append(fields.error(node, place, found: found, expected: bounds))
        }
    }

    private mutating func requireAllMachines(
        in rules: [ScalingID: Quantity], _ node: SettingsNode, _ field: String
    ) {
        let machines = Profile.Scaler.machines
        let missing = machines.filter { rules[$0] == nil }
        guard missing.count < machines.count, let first = missing.first else { return }
        faults.append(
            fields.error(
                node, join(field, first.rawValue), found: "nothing",
                expected: "this field, as others of machines are stated"))
    }
}

extension ScalingID {
    /// What a simulation can bear, in base units; nil for any number.
    fileprivate var bounds: ClosedRange<Double>? {
        switch self {
        case .period, .addPeriod, .nodeScan: 0.1...86_400
        case .initial, .nodeCount: 1...100_000
        default: nil
        }
    }
}
