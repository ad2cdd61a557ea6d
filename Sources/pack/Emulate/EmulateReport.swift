import FoundationEssentials
import PackBundle
import PackLab
import PackProfiles
import PackReport

/// What an emulation measured, or why the platform ended it.
struct EmulateReport {
    /// What the platform says of a bundle that it does not run.
    struct Refusal {
        /// In the platform's words.
        let lines: [String]
        /// What happened, in pack's words.
        let reason: String
    }

    let profile: Profile
    let platform: DeploymentPlatform
    let path: String
    let size: InstanceSize
    let bundle: EmulationTarget.Bundle?
    private let log: any PlatformLog
    var run: EmulationRun?
    var refusal: Refusal?
    var advice: SizeAdvice?

    init(_ target: EmulationTarget, _ bundle: EmulationTarget.Bundle?) {
        (profile, platform, path, size) = (target.profile, target.platform, target.command.path, target.size)
        self.bundle = bundle
        log = target.log
    }

    /// Whether the platform runs the bundle: it was not refused, and ended when it was asked to.
    var isRun: Bool { refusal == nil && run?.stop?.wasKilled != true }

    /// The platform's own words at the end.
    var lines: [String] { refusal?.lines ?? run.map { log.report($0) } ?? [] }

    /// What an emulation on this machine does not show, and what it did not enforce.
    var notes: [String] {
        guard let run else { return [] }
        var notes: [String] = []
        if advice != nil {
            notes.append(
                "Sizes are compared by requests one after another without a pause, as they wait for the processor most; prices "
                    + "are those of a million in a month, evenly spread, nothing free.")
        }
        notes.append(
            "Cold starts are those of the process, its files in the page cache; making the environment and fetching the "
                + "bundle, which \(platformName) does before, are not in them.")
        if bundle?.isTranslated == true {
            notes.append("The times are those of an emulator of another CPU, \(bundle?.arch ?? ""), and mean nothing.")
        }
        if let processors = run.size.processors, processors > Double(InstanceSizes.machine) {
            notes.append(
                "This machine has \(InstanceSizes.machine) processors to give, of \(NumberOf.processors(processors)).")
        }
        if run.stop?.signal == 15 {
            notes.append(
                "The program has no handler for SIGTERM: as the first process of a container it would not hear it, and be "
                    + "killed when the time is over.")
        }
        return notes + run.notes
    }

    private var platformName: String {
        switch platform {
        case .lambda, .lambdaImage: "Lambda"
        case .cloudRun: "Cloud Run"
        case .kubernetes: "Kubernetes"
        }
    }

    // MARK: For people

    var document: Document {
        var blocks: [Document.Block] = [
            .paragraph([Text(path, .strong), Text(" on \(profile.title), \(sizeText), emulated")])
        ]
        if let run {
            blocks.append(.table(table(run)))
        } else if let refusal {
            blocks.append(.paragraph([Text("Fails there: ", .bad), Text(refusal.reason)]))
        }
        blocks += lines.map {
            .paragraph([Text($0.replacing("\t", with: "  "), run == nil ? .plain : .faint)])
        }
        if let advice {
            blocks.append(.table(advice.table))
            blocks.append(.paragraph([Text("Advice: ", .strong), Text(advice.text)]))
        }
        blocks.append(.list(notes.map { [Text($0, .faint)] }))
        return Document(blocks)
    }

    private var sizeText: String {
        "\(size.memory >> 20) MB" + (size.processors.map { ", \(NumberOf.processors($0)) vCPU" } ?? "")
    }

    private func table(_ run: EmulationRun) -> Table {
        var table = Table([.init("", overflow: .keep), .init("", overflow: .wrap)])
        func row(_ title: String, _ text: String) { table.rows.append([Text(title, .strong), Text(text)]) }
        row(profile.packaging == .zip ? "package" : "image", package(run))
        row("answer", Self.answer(run.firstAnswer))
        row(
            "cold start",
            "\(Self.milliseconds(run.coldStart)) from the start of the process to the first answer, median of "
                + "\(run.coldStarts.count); ready for \(profile.requestProtocol == .lambda ? "events" : "requests") after "
                + Self.milliseconds(run.start))
        row("warm", Self.percentiles(run.warm) + " over \(run.warm.count) requests")
        if let loaded = run.loaded {
            row("together", together(loaded))
        }
        row("memory", memory(run))
        if let stop = run.stop { row("end", end(stop)) }
        return table
    }

    private func package(_ run: EmulationRun) -> String {
        let unpacked = NumberText.exactBytes(run.unpackedBytes)
        let limit = (profile.limits[.packageUnpacked] ?? profile.limits[.imageSize])?.bytes
        return
            "\(NumberText.exactBytes(bundle?.storedBytes ?? 0)) \(profile.packaging == .zip ? "zipped" : "in layers"), "
            + "\(unpacked) unpacked" + (limit.map { " of \(NumberText.exactBytes($0))" } ?? "")
    }

    private func together(_ loaded: Load.Outcome) -> String {
        var text =
            "\(NumberText.significant(loaded.throughput)) requests a second, \(concurrency) at a time: "
            + Self.percentiles(loaded.latencies)
        if loaded.failures > 0 { text += "; \(loaded.failures) not answered with status 200" }
        return text
    }

    var concurrency: Int { bundle?.plan.concurrency ?? 1 }

    private func end(_ stop: ContainerInstance.Stop) -> String {
        if stop.wasKilled { return "did not end within \(NumberText.seconds(stop.seconds)) of SIGTERM, and was killed" }
        let how = stop.signal != 0 ? "by signal \(stop.signal)" : "with exit status \(stop.status)"
        return "\(NumberText.seconds(stop.seconds)) after SIGTERM, \(how)"
    }

    static func percentiles(_ latencies: [Double]) -> String {
        [50, 95, 99].map { "p\(Int($0)) \(milliseconds(EmulationRun.percentile($0, of: latencies)))" }
            .joined(separator: ", ")
    }

    static func milliseconds(_ seconds: Double?) -> String {
        seconds.map { "\(NumberText.significant($0 * 1000)) ms" } ?? "–"
    }

    private func memory(_ run: EmulationRun) -> String {
        var text = "\(NumberText.bytes(run.memory.peak)) at the peak"
        if let anonymous = run.memory.anonymous, let file = run.memory.file {
            text += ", of which \(NumberText.bytes(anonymous)) its own and \(NumberText.bytes(file)) mapped from files"
        }
        if let predicted { text += "; \(NumberText.bytes(predicted)) predicted" }
        return text + "; limit enforced by \(run.limitMethod)"
    }

    /// The peak of memory that the manifest predicts, where it was gone for.
    var predicted: Int? { bundle.flatMap { $0.plan.closing.isEmpty ? nil : $0.predictedPeak } }

    /// An embedding in short, with its norm; any other answer cut.
    private static func answer(_ body: [UInt8]) -> String {
        struct Embedding: Decodable { let embedding: [Double] }
        guard let vector = try? JSONDecoder().decode(Embedding.self, from: Data(body)).embedding else {
            return String(decoding: body.prefix(160), as: UTF8.self) + (body.count > 160 ? "…" : "")
        }
        let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let some = vector.prefix(4).map { NumberText.significant($0) }.joined(separator: ", ")
        return "embedding of \(vector.count) numbers, norm \(NumberText.significant(norm)): \(some), …"
    }
}

extension SizeAdvice {
    /// The sizes beside each other.
    var table: Table {
        Table(
            [
                .init("MEMORY", .right), .init("vCPU", .right), .init("P50", .right), .init("P95", .right),
                .init("A MILLION REQUESTS", .right), .init("HOW KNOWN"),
            ],
            rows: rows.map { row in
                [
                    Text("\(row.size.memory >> 20) MB"), Text(row.size.processors.map(NumberOf.processors) ?? "–"),
                    Text(EmulateReport.milliseconds(row.median)), Text(EmulateReport.milliseconds(row.p95)),
                    Text(row.dollars.map(Self.dollars) ?? "–"),
                    Text(
                        (row.isMeasured ? "measured" : "predicted") + (row.size == chosen ? ", above" : "")
                            + (row.size == best?.size ? ", advised" : "")),
                ]
            })
    }
}
