import PackProfiles

extension Rules {
    /// Bytes of an answer; asked only where a size is known.
    @Sendable static func responseSize(_ facts: FitFacts, _ profile: Profile) -> Check? {
        guard let size = facts.response, let limit = profile.limits[.responseSize] else { return nil }
        return .atMost(.responseSize, size, limit, .bytes, missing: nil)
    }
}
