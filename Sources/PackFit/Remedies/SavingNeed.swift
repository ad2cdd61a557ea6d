import PackProfiles

/// By how much a deployment is over the limits that leaving files out can help with.
public struct SavingNeed: Hashable, Sendable {
    /// Bytes by which it is over a limit, by the less favourable end of what is known.
    public struct Excess: Hashable, Sendable {
        /// Which limit.
        public var id: Check.ID
        /// Bytes over it.
        public var bytes: Double
        /// The limit.
        public var limit: Double
        /// How to get around it otherwise.
        public var liftedBy: String?
    }

    /// One for each limit that it is over, in the order of reports.
    public var excesses: [Excess]

    /// Compares a deployment with the limits for its size.
    ///
    /// - Parameter lifting: Whether limits that the platform offers a way around are left out.
    public init(_ facts: FitFacts, on profile: Profile, lifting: Bool = false) {
        let checks = Fit(facts, on: profile).checks
        excesses = checks.compactMap { check in
            guard [.packageZipped, .packageUnpacked, .imageSize].contains(check.id), let limit = check.limit,
                let actual = check.actual, !(lifting && check.liftedBy != nil)
            else { return nil }
            let bytes = (actual.high ?? actual.low) - limit
            return bytes > 0 ? Excess(id: check.id, bytes: bytes, limit: limit, liftedBy: check.liftedBy) : nil
        }
    }

    /// Bytes that have to go: of the zip, and of the files.
    var amounts: (zipped: Double, unpacked: Double) {
        var amounts = (zipped: 0.0, unpacked: 0.0)
        for excess in excesses {
            if excess.id == .packageZipped {
                amounts.zipped = max(amounts.zipped, excess.bytes)
            } else {
                amounts.unpacked = max(amounts.unpacked, excess.bytes)
            }
        }
        return amounts
    }
}
