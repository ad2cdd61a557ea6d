import PackProfiles

extension Rules {
    /// The container image, uncompressed.
    @Sendable static func imageSize(_ facts: FitFacts, _ profile: Profile) -> Check? {
        profile.limits[.imageSize].map {
            .atMost(.imageSize, facts.image, $0, .bytes, missing: facts.missing)
        }
    }
}
