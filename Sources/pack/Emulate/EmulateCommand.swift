import ArgumentParser
import PackIO
import PackLab
import PackProfiles

/// `pack emulate`: the platform on this machine.
struct Emulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "emulate",
        abstract: "Runs a bundle as a platform would, on this machine: its limits, its protocol, cold and warm times.",
        discussion: """
            Platforms: lambda (a zip), lambda-image, cloud-run and kubernetes (images), and profiles of them with other numbers.

            The files of an image become the root of a container, those of a zip its /var/task: read-only, the platform's or the \
            image's user, only the variables that the platform sets, no network but loopback. Nothing else is in that root, \
            except that this machine's /usr, /lib and so on stand for Lambda's where a zip's bootstrap is no static program. \
            Memory and processor time are limited by control groups as the platform limits them for the size; what this machine \
            does not permit is left out, and the report says so. Who is not root gets as much as user namespaces permit.

            Fresh instances answer the first event (cold starts); then one instance answers many, one at a time, and on platforms \
            that send several at a time also so many; a server is ended by SIGTERM. Bundles that take texts are sent built-in \
            ones, others made-up tensors. Other sizes are measured as well, to say which one has the best price.

            Of a model folder or an ONNX file a bundle is made first, as pack slim makes it when told only the target.

            Exit status: 1 if the platform would not run the bundle or would end it (out of memory, not ready in time, \
            too large, another architecture, no end after SIGTERM); the report then has the platform's own words.
            """)

    @Argument(
        help: ArgumentHelp("A platform's name (pack profiles lists them), or the path of a profile.", valueName: "name")
    )
    var name: String

    @Argument(help: ArgumentHelp("The bundle, or a model folder or ONNX file.", valueName: "bundle-or-model"))
    var path: String

    @Option(help: ArgumentHelp("Memory of an instance; 512 if not given.", valueName: "MB"))
    var memory: Int?

    @Option(
        help: ArgumentHelp(
            "Processors of an instance; 1 if not given. On Lambda they come with the memory.", valueName: "vCPU"))
    var cpu: Double?

    @Option(
        help: ArgumentHelp(
            "An event to send, as JSON, in place of the built-in texts or made-up tensors.", valueName: "file"))
    var event: String?

    @Option(help: "A text to send, in place of the built-in ones; may be repeated.")
    var text: [String] = []

    @Option(
        name: [.customLong("instances"), .customLong("cold")],
        help: ArgumentHelp("Fresh instances to start.", valueName: "count"))
    var instances = 10

    @Option(help: ArgumentHelp("Events to send to the warm instance.", valueName: "count"))
    var requests = 200

    @Option(
        help: ArgumentHelp(
            "Requests at a time of a second round, up to the platform's limit; 8 if not given, 1 below one processor.",
            valueName: "count"))
    var concurrency: Int?

    @Option(help: ArgumentHelp("Set a variable of the instance, NAME=VALUE; may be repeated.", valueName: "setting"))
    var env: [String] = []

    @Option(
        help: ArgumentHelp(
            "How a server is found to be ready: tcp, or a path to ask for. Cloud Run's own is tcp, for kubernetes it is /v2/health/ready.",
            valueName: "probe"))
    var probe: String?

    @Option(
        help: ArgumentHelp(
            "What 95 of 100 requests may take, for the advice; as long as they take at the size given if not given.",
            valueName: "ms"))
    var latency: Double?

    @Flag(inversion: .prefixedNo, help: "Measure other sizes and say which has the best price.")
    var advice = true

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard instances >= 1, instances <= 1000 else { throw ValidationError("--instances is 1 to 1000") }
        guard requests >= 1, requests <= 1_000_000 else { throw ValidationError("--requests is 1 to 1000000") }
        guard event == nil || text.isEmpty else { throw ValidationError("give one of --event and --text") }
        guard latency.map({ $0 > 0 && $0 <= 1e9 }) ?? true else { throw ValidationError("--latency is above 0") }
        guard probe.map({ $0 == "tcp" || $0.hasPrefix("/") }) ?? true else {
            throw ValidationError("--probe is tcp or a path that begins with /, not '\(probe ?? "")'")
        }
        for setting in env where !setting.dropFirst().contains("=") {
            throw ValidationError("--env is NAME=VALUE, not '\(setting)'")
        }
    }

    func run() throws {
        let target = try EmulationTarget(self)
        let progress = Progress()
        var report: EmulateReport
        do {
            report = try measure(target, progress)
        } catch let error as EmulationError {
            Interruption.finish()
            guard let lines = target.log.refusal(error) else { throw error }
            report = EmulateReport(target, nil)
            report.refusal = .init(lines: lines, reason: ErrorMessage.sentenceWithHint(error.facts))
        }
        progress.finish()
        try output.write(document: { report.document }, json: { report.json })
        if !report.isRun { throw ExitStatus.no }
    }

    /// What it opens and unpacks is gone when it throws.
    private func measure(_ target: EmulationTarget, _ progress: Progress) throws -> EmulateReport {
        let bundle = try target.open()
        Interruption.watch()
        var report = EmulateReport(target, bundle)
        let run = try bundle.emulation.run(bundle.plan) { progress.step($0) }
        report.run = run
        if advice, !bundle.isTranslated {
            report.advice = try SizeAdvice(
                bundle.emulation, run, bundle.plan, target.sizes, arch: bundle.arch, latency: latency.map { $0 / 1000 }
            ) { progress.step($0) }
        }
        return report
    }
}
