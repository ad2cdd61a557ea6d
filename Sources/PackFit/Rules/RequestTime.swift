import PackProfiles

extension Rules {
    /// Seconds of a request; asked only where a time is known.
    @Sendable static func requestTime(_ facts: FitFacts, _ profile: Profile) -> Check? {
        guard let time = facts.requestTime, let limit = profile.limits[.requestTime] else { return nil }
        var note: String?
        if let gateway = profile.limits[.gatewayTime]?.base, let high = time.high, high > gateway {
            note = "longer than a gateway in front waits"
        } else if let standard = profile.limits[.requestTimeDefault]?.base, let high = time.high, high > standard {
            note = "longer than the default; it has to be raised"
        }
        return .atMost(.requestTime, time, limit, .seconds, missing: nil, note: note)
    }
}
