import PackProfiles

extension Rules {
    /// The files that the zip unpacks to.
    @Sendable static func packageUnpacked(_ facts: FitFacts, _ profile: Profile) -> Check? {
        profile.limits[.packageUnpacked].map {
            .atMost(.packageUnpacked, facts.unpacked, $0, .bytes, missing: facts.missing)
        }
    }
}
