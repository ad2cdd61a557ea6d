import PackProfiles

extension Rules {
    /// What the program unpacks at the start and writes while it runs. Where files count as memory, the memory rule looks at it instead.
    @Sendable static func disk(_ facts: FitFacts, _ profile: Profile) -> Check? {
        guard let limit = profile.limits[.diskMaximum], !profile.filesCountAsMemory else { return nil }
        let onDisk = facts.onDisk
        var note: String?
        if let standard = profile.limits[.diskDefault]?.base, let high = onDisk?.high, high > standard {
            note = "more than is there by default; it has to be raised"
        }
        return .atMost(.disk, onDisk, limit, .bytes, missing: facts.missing, note: note)
    }
}
