import PackProfiles

extension Rules {
    /// Seconds until the program can answer.
    @Sendable static func startupTime(_ facts: FitFacts, _ profile: Profile) -> Check? {
        profile.limits[.startupTime].map {
            .atMost(.startupTime, facts.start, $0, .seconds, missing: facts.missing)
        }
    }
}
