import PackFit
import PackProfiles
import PackReport
import PackSimulation

/// A study for people: part by part.
struct StudyReport {
    let result: StudyResult

    init(_ result: StudyResult) { self.result = result }

    /// Those that were measured.
    var measured: [StudyResult.Contestant] { result.contestants.filter { $0.absence == nil } }
    /// Platforms under the workload.
    var platforms: [StudyPlatform] { StudyPlatform.all(result.profiles) }

    var document: Document {
        Document(
            heading + usability + latency + coldStarts + scaling + checks + sizes + costs + claims + notes)
    }

    /// What it is about, and what is measured and what is simulated.
    var heading: [Document.Block] {
        let settings = result.settings
        let machine = result.machine
        var blocks: [Document.Block] = [
            .paragraph([
                Text(
                    "Study of " + result.contestants.filter(\.isBundle).map(\.subject).joined(separator: ", "), .strong)
            ]),
            .paragraph([
                Text("Measured", .strong),
                Text(
                    ": \(machine.processor), \(machine.processors) processors of it, \(machine.date), pack \(machine.version); "
                        + "\(Self.count(settings.rounds, "round")) in which everybody has a turn of \(Self.count(settings.starts, "start")) and "
                        + "\(StudyText.number(settings.seconds)) s; instances of \(Self.count(settings.processors, "processor")). "
                        + "Files lie in the page cache. Only ratios within one run say much about another machine."),
            ]),
            .paragraph([
                Text("Simulated", .strong),
                Text(
                    ": fleets under \(result.workload.text), \(result.workload.load.spacing == .poisson ? "at random" : "at equal distances"), "
                        + "with the measured times and the scaling rules of the profiles, \(Self.count(settings.seeds, "seed")); "
                        + "\(settings.concurrency) requests at a time in an instance where that can be set. "
                        + "Bound: 95 of 100 requests within \(StudyText.time(result.workload.bound))."),
            ]),
        ]
        let absent = result.contestants.compactMap { contestant in
            contestant.absence.map { [Text("\(contestant.title): "), Text($0, .doubtful)] }
        }
        if !absent.isEmpty { blocks.append(.list(absent)) }
        let versions = measured.filter { !$0.versions.isEmpty }.reduce(into: [String]()) { list, contestant in
            for version in contestant.versions where !list.contains(version) { list.append(version) }
        }
        if !versions.isEmpty { blocks.append(.list([[Text("Stacks: " + versions.joined(separator: ", "))]])) }
        return blocks
    }

    /// A number of things.
    private static func count(_ number: Int, _ thing: String) -> String {
        "\(number) \(thing)\(number == 1 ? "" : "s")"
    }

    // MARK: Usability

    /// Who fits where, and each limit.
    var usability: [Document.Block] {
        var table = Table([.init("DEPLOYED")] + result.profiles.map { Table.Column($0.name, overflow: .wrap) })
        table.rows = measured.map { contestant in
            [Text(contestant.title, .strong)] + result.profiles.map { Self.verdict(contestant.fit(on: $0)) }
        }
        return [.heading("What can be served"), .table(table)]
            + result.profiles.flatMap(limits)
    }

    private static func verdict(_ fit: Fit?) -> Text {
        guard let fit else { return Text("–") }
        switch StudyResult.Answer(fit) {
        case .fits: return Text("fits", .good)
        case .fitsBy(let way): return Text("fits by \(way)", .good)
        case .refuses(let id): return Text("no: " + (id?.rawValue ?? ""), .bad)
        case .unknown(let id): return Text("unknown: " + (id?.rawValue ?? ""), .doubtful)
        }
    }

    /// Each limit of a platform, with what everybody uses of it.
    private func limits(_ profile: Profile) -> [Document.Block] {
        let fits = measured.compactMap { contestant in contestant.fit(on: profile).map { (contestant, $0) } }
        let ids = Check.ID.allCases.filter { id in fits.contains { $0.1.checks.contains { $0.id == id } } }
        guard !ids.isEmpty else { return [] }
        var table = Table([.init("LIMIT"), .init("ALLOWED")] + fits.map { Table.Column($0.0.title, .right) })
        table.rows = ids.map { id in
            let checks = fits.map { $0.1.checks.first { $0.id == id } }
            let limit = checks.compactMap { $0 }.first.map(CheckText.limit) ?? "–"
            return [Text(id.rawValue), Text(limit)] + checks.map(Self.used)
        }
        return [.paragraph([Text(profile.title, .strong), Text(", as of \(profile.asOf)")]), .table(table)]
    }

    private static func used(_ check: Check?) -> Text {
        guard let check else { return Text("not asked", .faint) }
        let style: Text.Style =
            switch check.verdict {
            case .pass: .good
            case .fail: .bad
            case .unknown: .doubtful
            }
        let mark = check.verdict == .pass ? "✓" : check.verdict == .fail ? "– no" : "– unknown"
        return Text("\(CheckText.actual(check)) \(mark)", style)
    }

    // MARK: Sizes

    var sizes: [Document.Block] {
        var table = Table([
            .init("DEPLOYED"), .init("PROGRAM", .right), .init("MODEL", .right), .init("BOTH", .right),
            .init("AS A ZIP", .right), .init("MEMORY AT THE PEAK", .right),
        ])
        table.rows = measured.map { contestant in
            let bytes = contestant.bytes
            return [
                Text(contestant.title), Text(bytes.map { NumberText.bytes($0.runtime) } ?? "–"),
                Text(bytes.map { NumberText.bytes($0.model) } ?? "–"),
                Text(bytes.map { NumberText.bytes($0.unpacked) } ?? "–"),
                Text(bytes?.zipped.map { NumberText.bytes($0) } ?? "–"),
                Text(contestant.http.map { NumberText.bytes($0.peakMemory) } ?? "–"),
            ]
        }
        return [
            .heading("Sizes"), .table(table),
            .paragraph([
                Text(
                    "PROGRAM of a stack: its packages and all that they need, without Python itself and without compiled bytecode. "
                        + "–: not compressed, because it is larger than zips may be when they are unpacked.", .faint)
            ]),
        ]
    }

    // MARK: Claims

    var claims: [Document.Block] {
        guard !result.claims.isEmpty else { return [] }
        var table = Table([
            .init("CLAIM OF 2020", overflow: .wrap), .init("DEPLOYED"), .init("TODAY"), .init("FOUND", overflow: .wrap),
        ])
        table.rows = StudyClaim.ID.allCases.flatMap { id in
            result.claims.filter { $0.id == id }.map { claim in
                let style: Text.Style = claim.verdict == .open ? .doubtful : .strong
                return [
                    Text(id.text), Text(claim.contestant), Text(claim.verdict.rawValue, style), Text(claim.found),
                ]
            }
        }
        return [.heading("The claims of 2020"), .table(table)]
    }

    // MARK: Notes

    var notes: [Document.Block] {
        var lines = [
            "Cold starts on this machine are those of processes with their files in the page cache; what a platform does before is "
                + "what its profile says, marked there where it is only recalled (pack profiles NAME).",
            "Fleets: an instance computes one request after another; networks take no time; nothing fails. Lambda binds a request to "
                + "the instance that is started for it; Cloud Run and Knative hold requests until an instance has room; a Service of "
                + "Kubernetes spreads them at random over ready pods, and a bundle refuses what is more than 256 in one.",
            "Pods have \(NumberText.percent(StudyPlatform.usable)) of a machine's processors; a machine fetches an image once.",
            "Python stacks are measured as HTTP servers on all platforms: FastAPI and uvicorn with one worker, fp32.",
            "Requests have random token ids of texts as long as sentences are, or tensors of the shapes that the model takes; everybody "
                + "gets the same ones.",
            "Costs: the mean warm time, instances that hold the measured peak and 16 MiB more, free parts not used by anything else. "
                + "Kubernetes is priced as the profile says that its prices are of (priced-as).",
        ]
        let limits = measured.compactMap { $0.http?.limits } + measured.compactMap { $0.lambda?.limits }
        let kinds = limits.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        lines.append("Limits on this machine: " + kinds.joined(separator: "; ") + ".")
        return [.heading("What the numbers rest on"), .list(lines.map { [Text($0, .faint)] })]
    }
}
