import PackProfiles

extension Rules {
    /// The number of layers beside the package; asked only where it is known.
    @Sendable static func packageLayers(_ facts: FitFacts, _ profile: Profile) -> Check? {
        guard let count = facts.layerCount, let limit = profile.limits[.layers] else { return nil }
        return .atMost(.packageLayers, Known(Double(count), .measured), limit, .count, missing: nil)
    }
}
