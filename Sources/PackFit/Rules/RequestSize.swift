import PackProfiles

extension Rules {
    /// Bytes of a request; asked only where a size is known.
    @Sendable static func requestSize(_ facts: FitFacts, _ profile: Profile) -> Check? {
        guard let size = facts.request, let limit = profile.limits[.requestSize] else { return nil }
        return .atMost(.requestSize, size, limit, .bytes, missing: nil)
    }
}
