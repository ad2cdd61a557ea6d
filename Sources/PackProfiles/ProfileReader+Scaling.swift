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
            let rules = quantities(entry, field, ScalingID.self, required: scaler.required, measure: \.measure)
            requireAllMachines(in: rules, entry, field)
            result[scaler] = rules
        }
        return result
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
