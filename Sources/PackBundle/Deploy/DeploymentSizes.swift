public import PackProfiles

/// Chooses what deployment files say: from what a bundle needs, the smallest that the platform offers.
struct DeploymentSizes {
    let facts: DeploymentFacts
    let profile: Profile
    let platform: DeploymentPlatform

    private typealias Settings = DeploymentSettings

    static let mebibyte = 1 << 20
    /// Room beside what is predicted, in bytes: for what no plan tells, such as pages of the kernel for sockets.
    private static let margin = 16 << 20

    /// Bytes that an instance has to hold.
    var need: Int {
        let computing = max(facts.largestPeakBytes ?? facts.peakBytes + facts.peakBytes / 4, facts.peakBytes)
        return computing + waiting + Self.margin
    }

    private var isLambda: Bool { platform == .lambda || platform == .lambdaImage }

    /// Bytes of requests that wait. On Lambda none does: there is one, and its answer.
    private var waiting: Int { isLambda ? 2 * facts.program.bodyBytes : facts.program.waitingBytes }

    // MARK: Memory and processors

    /// Memory in MiB.
    func memory(with processors: Double?) -> DeploymentSettings.Chosen<Int> {
        let row = profile.sizes.filter { $0.vcpus == processors }
        let step = profile.limits[.memoryStep]?.bytes
        // Platforms take whole MiB.
        let rounded = Self.rounded(need)
        let fitting = row.compactMap { $0.memory(holding: rounded, step: step ?? Self.mebibyte) }.min()
        let bytes =
            fitting ?? profile.smallestMemory(holding: rounded) ?? profile.limits[.memoryMaximum]?.bytes ?? rounded
        let mebibytes = Self.rounded(bytes) / Self.mebibyte
        var why = needs + " The profile \(profile.name) "
        let bounds = [quoted(.memoryMinimum), quoted(.memoryMaximum)].compactMap { $0 }
        why += bounds.isEmpty ? "states no bounds." : "has \(bounds.joined(separator: ", "))."
        if bytes < need {
            why += " The most that there is does not hold that: requests have to be smaller (PACK_MAX_TOKENS)."
        } else {
            why += " This is the smallest size that holds it."
        }
        if isLambda {
            why +=
                " Processors come with it: \(quoted(.memoryPerCPU) ?? "the profile does not say how many"). pack emulate shows what "
                + "more of it brings."
        }
        return .init(mebibytes, why)
    }

    /// What is needed, in words.
    private var needs: String {
        var parts = ["predicted peak of one request \(Self.size(facts.peakBytes))"]
        if let most = facts.largestPeakBytes, let largest = facts.largest {
            parts = ["predicted peak of the largest request (\(largest)) \(Self.size(max(most, facts.peakBytes)))"]
            parts[0] += ", of one \(Self.size(facts.peakBytes))"
        } else {
            parts.append("a quarter more for larger ones \(Self.size(facts.peakBytes / 4))")
        }
        parts.append("\(isLambda ? "the request and its answer" : "requests that wait") \(Self.size(waiting))")
        parts.append("margin \(Self.size(Self.margin))")
        return "Needs \(Self.size(need)): \(parts.joined(separator: "; "))."
    }

    /// Processors; nil where they come with the memory.
    func processors() -> DeploymentSettings.Chosen<Double>? {
        guard !isLambda else { return nil }
        let holding = profile.sizes.filter { $0.memory(holding: Self.rounded(need), step: Self.mebibyte) != nil }
        let row = holding.filter { $0.vcpus >= 1 }.min { $0.vcpus < $1.vcpus } ?? holding.max { $0.vcpus < $1.vcpus }
        guard let row else {
            return .init(
                1,
                "One: the program has a thread for each whole processor of its limit, and a second one shortens requests. "
                    + "The profile \(profile.name) has \(quoted(.cpuMaximum) ?? "no limit of them").")
        }
        return .init(
            row.vcpus,
            "The fewest whole processors that go with the memory; more shorten requests. The profile \(profile.name) offers "
                + "\(Self.number(row.vcpus)) with \(Self.size(row.minimum)) to \(Self.size(row.maximum)) "
                + "(\(Self.source(row.provenance))).")
    }

    // MARK: Disk, requests, times

    /// Space for files in MiB.
    func storage() -> DeploymentSettings.Chosen<Int?> {
        let writes = "The program writes no files."
        switch platform {
        case .cloudRun:
            return .init(
                nil,
                writes + " Files would be in memory: \(quoted(.diskMaximum) ?? "the profile states no limit of it").")
        case .kubernetes:
            return .init(
                64,
                writes
                    + " What counts is its log, of which a node keeps 5 files of 10 MiB unless told otherwise. The profile "
                    + "\(profile.name) has \(quoted(.diskMaximum) ?? "no limit of it").")
        case .lambda, .lambdaImage:
            let least = profile.limits[.diskDefault]?.bytes.map { Self.rounded($0) / Self.mebibyte }
            return .init(
                least,
                writes + (least == nil ? " The profile \(profile.name) does not say what there is." : " The least: ")
                    + (quoted(.diskDefault) ?? "") + ".")
        }
    }

    /// Requests at a time in an instance.
    func concurrency(with processors: Double?) -> DeploymentSettings.Chosen<Int?> {
        guard !isLambda else {
            return .init(
                nil, "An instance has one request at a time: \(quoted(.concurrencyDefault) ?? "it cannot be set").")
        }
        let limits = [quoted(.concurrencyDefault), quoted(.concurrencyMaximum)].compactMap { $0 }
        let stated = limits.isEmpty ? "states no bounds" : "has " + limits.joined(separator: ", ")
        let (wanted, reason) = useful
        if let processors, processors < 1 {
            return .init(
                1, "Below one processor an instance has one request at a time. The profile \(profile.name) \(stated).")
        }
        let most = profile.limits[.concurrencyMaximum]?.base.map { Int(min($0, 1e6)) } ?? wanted
        return .init(max(1, min(wanted, most)), reason + " The profile \(profile.name) \(stated).")
    }

    /// How many requests at a time an instance makes something of.
    private var useful: (count: Int, why: String) {
        let length = 16
        guard facts.takesTexts else {
            return (8, "Requests are computed one after another; eight keep an instance busy, more only wait.")
        }
        let count = max(8, facts.program.gatheredTokens / length)
        return (
            count,
            "Requests that wait are computed together up to \(facts.program.gatheredTokens) tokens, \(count) texts of \(length); "
                + "more only wait."
        )
    }

    /// Seconds of a request.
    func timeout() -> DeploymentSettings.Chosen<Int?> {
        let limits = [quoted(.gatewayTime), quoted(.requestTimeDefault), quoted(.requestTime)].compactMap { $0 }
        let stated =
            "The profile \(profile.name) \(limits.isEmpty ? "states no limits" : "has " + limits.joined(separator: ", "))."
        if isLambda, let gateway = profile.limits[.gatewayTime]?.base {
            let seconds = min(gateway, profile.limits[.requestTime]?.base ?? gateway)
            return .init(
                Self.whole(seconds),
                "What a client behind a gateway waits at most; a longer request would only cost. \(stated)")
        }
        guard let seconds = profile.limits[.requestTimeDefault]?.base else {
            return .init(nil, "The time of a request is left to the platform. \(stated)")
        }
        return .init(Self.whole(seconds), "The platform's own, written down. \(stated)")
    }

    /// How often the program may not be ready, a second apart.
    func startTries() -> DeploymentSettings.Chosen<Int> {
        let predicted = max(facts.startSeconds, 0.1)
        let wanted = max(10, Int(min(predicted * 10, 1e6).rounded(.up)))
        let most = profile.limits[.startupTime]?.base.map(Self.whole) ?? wanted
        return .init(
            max(1, min(wanted, most)),
            "Predicted start: at most \(Self.number((predicted * 100).rounded(.up) / 100)) s; ten times that, and 10 s at least, for "
                + "busy machines. The profile \(profile.name) has \(quoted(.startupTime) ?? "no limit of it").")
    }

    // MARK: Words

    /// A limit of the profile with its source; nil where it states none.
    private func quoted(_ id: LimitID) -> String? {
        guard let limit = profile.limits[id] else { return nil }
        let value = limit.value.map { Self.number($0) + (limit.unit == "count" ? "" : " " + limit.unit) } ?? "none"
        return "\(id.rawValue) \(value) (\(Self.source(limit.provenance)))"
    }

    private static func source(_ provenance: Provenance) -> String {
        "\(provenance.source), \(provenance.date)\(provenance.verified ? "" : ", not verified")"
            + (provenance.note.map { "; " + $0 } ?? "")
    }

    /// The next whole MiB.
    private static func rounded(_ bytes: Int) -> Int {
        let (sum, overflow) = bytes.addingReportingOverflow(mebibyte - 1)
        return overflow ? bytes / mebibyte * mebibyte : sum / mebibyte * mebibyte
    }

    /// Seconds as a whole number above zero that platforms take.
    private static func whole(_ seconds: Double) -> Int { max(1, Int(min(seconds, 1e6))) }

    private static func size(_ bytes: Int) -> String {
        number((Double(bytes) / Double(mebibyte) * 10).rounded(.up) / 10) + " MiB"
    }

    /// Without a fraction where there is none.
    static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
    }
}

extension DeploymentSettings {
    /// Chooses for a bundle the smallest that a platform offers.
    public init(_ facts: DeploymentFacts, on profile: Profile, as platform: DeploymentPlatform) {
        let sizes = DeploymentSizes(facts: facts, profile: profile, platform: platform)
        name = DeploymentName.label(facts.model)
        model = facts.model.split(whereSeparator: \.isNewline).joined(separator: " ")
        target = profile.name
        arch = facts.arch
        version = facts.version
        bundle = facts.bundle
        runtime = profile.runtime.map { .init($0, "The environment that the profile \(profile.name) is of.") }
        let push = "This pushes the bundle and prints its digest:\n    \(facts.push)"
        if let image = facts.image {
            let isPinned = ImageReference.isPinned(image)
            self.image = .init(
                image, (isPinned ? "" : "A tag can be moved; NAME@sha256:DIGEST cannot. ") + push)
        } else {
            image = .init("REGISTRY/\(name)@sha256:DIGEST", "Put your registry and the digest here. \(push)")
        }
        processors = sizes.processors()
        memory = sizes.memory(with: processors?.value)
        storage = sizes.storage()
        concurrency = sizes.concurrency(with: processors?.value)
        timeout = sizes.timeout()
        startTries = sizes.startTries()
        port = facts.program.port
        graceSeconds = facts.program.graceSeconds
    }
}
