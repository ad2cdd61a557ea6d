import PackProfiles

extension Rules {
    /// Memory at the peak against the most that can be asked for, with what has to be asked for.
    @Sendable static func memoryPeak(_ facts: FitFacts, _ profile: Profile) -> Check? {
        guard let limit = profile.limits[.memoryMaximum] else { return nil }
        var peak = facts.memory
        if profile.filesCountAsMemory, let files = facts.onDisk, files.high != 0 {
            peak = peak.map { $0 + files }
        }
        var check = Check.atMost(.memoryPeak, peak, limit, .bytes, missing: facts.missing)
        if check.verdict == .pass, let setting = setting(for: peak, profile) { check.note = setting }
        return check
    }

    /// Which memory setting holds the peak, where that is not the platform's default one.
    private static func setting(for peak: Known?, _ profile: Profile) -> String? {
        guard let high = peak?.high, high < 9e15, let size = profile.smallestMemory(holding: Int(high.rounded(.up)))
        else { return nil }
        let mebibytes = (size + 1_048_575) / 1_048_576
        guard let standard = profile.limits[.memoryDefault]?.bytes else { return "set \(mebibytes) MiB or more" }
        if size > standard { return "set \(mebibytes) MiB or more; the default is \(standard / 1_048_576)" }
        return "fits the default of \(standard / 1_048_576) MiB"
    }
}
