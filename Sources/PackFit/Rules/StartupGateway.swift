import PackProfiles

extension Rules {
    /// Seconds that the first request takes, start included, against the time that a gateway in front waits.
    @Sendable static func startupGateway(_ facts: FitFacts, _ profile: Profile) -> Check? {
        guard let limit = profile.limits[.gatewayTime] else { return nil }
        var first = facts.start
        if let request = facts.requestTime { first = first.map { $0 + request } }
        let note = facts.requestTime == nil ? "the start alone; the first request comes on top" : nil
        return .atMost(.startupGateway, first, limit, .seconds, missing: facts.missing, note: note)
    }
}
