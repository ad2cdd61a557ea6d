import PackProfiles

extension Rules {
    /// The zip that is uploaded.
    @Sendable static func packageZipped(_ facts: FitFacts, _ profile: Profile) -> Check? {
        profile.limits[.packageZipped].map {
            .atMost(.packageZipped, facts.zipped, $0, .bytes, missing: facts.missingZipped ?? facts.missing)
        }
    }
}
