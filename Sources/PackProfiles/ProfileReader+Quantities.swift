extension ProfileReader {
    private static let provenanceKeys = ["source", "date", "verified"]

    func provenance(_ entries: Entries, _ field: String) throws(ProfileError) -> Provenance {
        Provenance(
            source: try fields.text(entries["source"], join(field, "source")),
            date: try fields.date(entries["date"], join(field, "date")),
            verified: try fields.flag(entries["verified"], join(field, "verified")),
            note: try optionalText(entries, "note", field))
    }

    func optionalText(_ entries: Entries, _ key: String, _ field: String) throws(ProfileError) -> String? {
        guard let node = entries.values[key] else { return nil }
        return try fields.text(node, join(field, key))
    }

    /// A mapping with a provenance and further keys.
    func sourced(
        _ node: SettingsNode, _ field: String, _ keys: [String], optional: [String] = []
    ) throws(ProfileError) -> Entries {
        let required = keys + Self.provenanceKeys
        let values = try fields.mapping(node, field, allowed: required + ["note"] + optional, required: required)
        return Entries(values: values, node: node)
    }

    /// The numbers under a key, each by its id. The faults of all of them are kept.
    mutating func quantities<ID: RawRepresentable & CaseIterable & Hashable>(
        _ top: Entries, _ field: String, _: ID.Type, measure: (ID) -> Measure
    ) -> [ID: Quantity] where ID.RawValue == String {
        guard let node = top.values[field] else { return [:] }
        return quantities(node, field, ID.self, measure: measure)
    }

    /// The same of a mapping at hand.
    mutating func quantities<ID: RawRepresentable & CaseIterable & Hashable>(
        _ node: SettingsNode, _ field: String, _: ID.Type, required: [ID] = [], measure: (ID) -> Measure
    ) -> [ID: Quantity] where ID.RawValue == String {
        let names = ID.allCases.map(\.rawValue)
        let checked = attempt { reader throws(ProfileError) in
            try reader.fields.checkedMapping(node, field, allowed: names, required: required.map(\.rawValue))
        }
        guard let checked else { return [:] }
        faults += checked.faults
        var result: [ID: Quantity] = [:]
        for id in ID.allCases {
            guard let entry = checked.entries.values[id.rawValue] else { continue }
            let measure = measure(id)
            result[id] = attempt { reader throws(ProfileError) in
                try reader.quantity(entry, join(field, id.rawValue), measure)
            }
            if let value = result[id], value.isUnknown {
                result[id] = nil
                unknown.insert(join(field, id.rawValue))
            }
        }
        return result
    }

    private func quantity(_ node: SettingsNode, _ field: String, _ measure: Measure) throws(ProfileError) -> Quantity {
        let entries = try sourced(node, field, ["value"], optional: ["unit", "lifted-by"])
        let provenance = try provenance(entries, field)
        let liftedBy = try optionalText(entries, "lifted-by", field)
        if entries["value"].string == "none" {
            return Quantity(value: nil, unit: "", base: nil, liftedBy: liftedBy, provenance: provenance)
        }
        if entries["value"].string == "unknown" {
            var quantity = Quantity(value: nil, unit: "", base: nil, provenance: provenance)
            quantity.isUnknown = true
            return quantity
        }
        let value = try fields.positive(entries["value"], join(field, "value"))
        let (unit, factor) = try unit(entries, field, measure)
        let base = value * factor
        guard base < 9e15 else {
            throw fields.error(
                entries["value"], join(field, "value"), found: "\(value) \(unit)", expected: "less than 9e15 in all")
        }
        return Quantity(value: value, unit: unit, base: base, liftedBy: liftedBy, provenance: provenance)
    }

    func unit(
        _ entries: Entries, _ field: String, _ measure: Measure
    ) throws(ProfileError) -> (String, Double) {
        guard let node = entries.values["unit"] else {
            throw fields.error(entries.node, join(field, "unit"), found: "nothing", expected: "this field")
        }
        let text = try fields.word(node, join(field, "unit"), among: measure.units.map(\.name))
        return (text, measure.units.first { $0.name == text }?.factor ?? 1)
    }
}
