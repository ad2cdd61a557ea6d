import PackProfiles

extension Rules {
    /// The number of files, where the platform states a limit for it.
    @Sendable static func packageFiles(_ facts: FitFacts, _ profile: Profile) -> Check? {
        guard let limit = profile.limits[.packageFiles] else { return nil }
        let count = facts.fileCount.map { Known(Double($0), .measured) }
        return .atMost(.packageFiles, count, limit, .count, missing: facts.missing ?? "the files were not counted")
    }
}
