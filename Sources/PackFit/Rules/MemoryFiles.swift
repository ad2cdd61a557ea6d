import PackProfiles

extension Rules {
    /// What is written where files count as memory, against what may be; `memory.peak` adds it to the peak.
    @Sendable static func memoryFiles(_ facts: FitFacts, _ profile: Profile) -> Check? {
        guard profile.filesCountAsMemory, let limit = profile.limits[.diskMaximum] ?? profile.limits[.memoryMaximum]
        else { return nil }
        let note = "files that are written count as memory there"
        return .atMost(.memoryFiles, facts.onDisk, limit, .bytes, missing: facts.missing, note: note)
    }
}
