/// Entries of a mapping whose required keys were checked; a missing one reads as the mapping itself, so that errors
/// about it have a place.
package struct Entries {
    /// The values by key.
    package var values: [String: SettingsNode]
    /// The mapping.
    package var node: SettingsNode

    package init(values: [String: SettingsNode], node: SettingsNode) {
        self.values = values
        self.node = node
    }

    package subscript(key: String) -> SettingsNode { values[key] ?? node }
}
