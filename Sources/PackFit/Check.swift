import PackProfiles

/// What one rule says about one profile.
public struct Check: Sendable {
    /// Which rule: stable, part of reports.
    public var id: ID
    /// Its answer.
    public var verdict: Verdict
    /// What is deployed, in `unit`; `nil` where that is not known or not a number.
    public var actual: Known?
    /// What the platform allows, in `unit`; `nil` where it has no limit, or the limit is not a number.
    public var limit: Double?
    /// `actual` in words, for rules without numbers.
    public var actualText: String?
    /// `limit` in words: for rules without numbers, or "none".
    public var limitText: String?
    /// What the numbers count.
    public var unit: Unit?
    /// Where the limit comes from.
    public var source: Provenance
    /// How to get around the limit without changing what is deployed.
    public var liftedBy: String?
    /// What a reader should know: why it is unknown, which setting is needed.
    public var note: String?
    /// Which parts of the deployment are refused, where that is known.
    public var culprits: [Culprit] = []
    /// How `actualText` was got.
    var textHow: Known.How?

    /// The rules.
    public enum ID: String, CaseIterable, Sendable {
        case packageZipped = "package.zipped"
        case packageUnpacked = "package.unpacked"
        case packageLayers = "package.layers"
        case packageFiles = "package.files"
        case packageNames = "package.names"
        case entryPoint = "entry.point"
        case imageSize = "image.size"
        case disk
        case memoryPeak = "memory.peak"
        case memoryFiles = "memory.files"
        case startupTime = "startup.time"
        case startupGateway = "startup.gateway"
        case requestTime = "request.time"
        case requestSize = "request.size"
        case responseSize = "response.size"
        case python
        case isa
        case libc
        case libraries
    }

    /// A rule's answer.
    public enum Verdict: String, Sendable {
        case pass
        case fail
        case unknown
    }

    /// What numbers count.
    public enum Unit: String, Sendable {
        case bytes
        case seconds
        case count
    }

    /// What is left below the limit, or is over it (negative), judged by the less favourable end of the range; `nil` where
    /// only a lower bound is known and it is not over the limit.
    public var margin: Double? {
        guard let limit, let actual, verdict != .unknown || actual.high != nil else { return nil }
        return limit - (verdict == .fail ? actual.low : actual.high ?? actual.low)
    }

    /// How the actual value was got; `nil` where it is not known.
    public var how: Known.How? { actual?.how ?? (actualText == nil ? nil : textHow ?? .computed) }

    /// The share of the limit that is used, judged as `margin` is.
    public var use: Double? {
        guard let limit, limit > 0, let margin else { return nil }
        return (limit - margin) / limit
    }
}

extension Check {
    /// Names the part of the deployment that fails, in front of what is said already.
    mutating func blame(_ culprit: Culprit) {
        culprits = [culprit]
        note = [culprit.text, note].compactMap { $0 }.joined(separator: "; ")
    }

    /// A check of a number against an upper limit: at the limit passes.
    ///
    /// - Parameters:
    ///   - actual: What is known of the number; `nil` gives `unknown`.
    ///   - limit: The limit; one without a value passes anything.
    ///   - missing: Why the number is not known, if it is not.
    static func atMost(
        _ id: ID, _ actual: Known?, _ limit: Quantity, _ unit: Unit, missing: String?, note: String? = nil
    ) -> Check {
        var check = Check(
            id: id, verdict: .unknown, actual: actual, limit: limit.base, unit: unit, source: limit.provenance,
            liftedBy: limit.liftedBy, note: note ?? actual?.note)
        guard let bound = limit.base else {
            check.verdict = .pass
            check.limitText = "none"
            return check
        }
        guard let actual else {
            check.note = missing
            return check
        }
        if actual.low > bound {
            check.verdict = .fail
        } else if let high = actual.high {
            check.verdict = high <= bound ? .pass : .unknown
            if check.verdict == .unknown { check.note = "the limit lies inside the range of the estimate" }
        } else {
            check.note = missing ?? actual.note
        }
        return check
    }
}
