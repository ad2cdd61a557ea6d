import ArgumentParser
import Foundation
import PackBundle
import PackIO
import PackLab
import PackProfiles

/// `pack emulate`: the platform on this machine.
struct Emulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "emulate",
        abstract: "Runs a bundle as a platform would, on this machine: its limits, its protocol, cold and warm times.",
        discussion: """
            The bundle is unpacked into an empty read-only folder and its bootstrap started with the environment and \
            the limits of the platform. A fresh process answers the first event (a cold start), several times; then one \
            process answers many. Bundles that take texts are sent built-in ones, others made-up tensors. Of a model folder or \
            an ONNX file a bundle is made first, as pack slim makes it when told only the target.
            """)

    @Argument(
        help: ArgumentHelp("A platform's name (pack profiles lists them), or the path of a profile.", valueName: "name")
    )
    var name: String

    @Argument(help: ArgumentHelp("The bundle, or a model folder or ONNX file.", valueName: "bundle-or-model"))
    var path: String

    @Option(help: ArgumentHelp("Memory of the function.", valueName: "MB"))
    var memory: Int?

    @Option(
        help: ArgumentHelp(
            "An event to send, as JSON, in place of the built-in texts or made-up tensors.", valueName: "file"))
    var event: String?

    @Option(help: "A text to send, in place of the built-in ones; may be repeated.")
    var text: [String] = []

    @Option(help: ArgumentHelp("Fresh processes to start.", valueName: "count"))
    var cold = 10

    @Option(help: ArgumentHelp("Events to send to the warm process.", valueName: "count"))
    var requests = 200

    @Option(help: ArgumentHelp("Set a variable of the function, NAME=VALUE; may be repeated.", valueName: "setting"))
    var env: [String] = []

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard cold >= 1, cold <= 1000 else { throw ValidationError("--cold is 1 to 1000") }
        guard requests >= 1, requests <= 1_000_000 else { throw ValidationError("--requests is 1 to 1000000") }
        guard event == nil || text.isEmpty else { throw ValidationError("give one of --event and --text") }
        for setting in env where !setting.dropFirst().contains("=") {
            throw ValidationError("--env is NAME=VALUE, not '\(setting)'")
        }
    }

    func run() throws {
        let profile = try profiles(named: [name])[0]
        guard profile.requestProtocol == .lambda, profile.packaging == .zip else {
            throw Refusal(
                facts: ErrorFacts(
                    "cannot be emulated yet", file: profile.name, found: "protocol \(profile.requestProtocol.rawValue)",
                    expected: "a platform that takes a zip and speaks lambda-runtime-api",
                    hint: "pack emulate lambda BUNDLE"))
        }
        let made = try BundleOfModel(path, target: name)
        let bundle = made?.path ?? path
        let deployable = try DeployableBundle(bundle, on: profile)
        let emulator = try LambdaEmulator(bundle: deployable.path, settings: try settings(profile, bundle))
        var plan = LambdaEmulator.Plan(events: try events(bundle))
        plan.coldStarts = cold
        plan.warmRequests = requests
        plan.closing = event == nil && text.isEmpty ? try PeakEvents.make(bundle) : []
        let progress = Progress()
        let run = try emulator.run(plan) { progress.step($0) }
        progress.finish()
        let zipped = try MappedFile(path: deployable.path).size
        let predicted = plan.closing.isEmpty ? nil : try PeakEvents.prediction(bundle)
        try output.write(
            document: {
                EmulateReport.document(run, profile: profile, bundle: path, zipped: zipped, predicted: predicted)
            },
            json: { EmulateReport.json(run, profile: profile, bundle: path, zipped: zipped, predicted: predicted) })
    }

    private func settings(_ profile: Profile, _ bundle: String) throws -> LambdaSettings {
        var settings = LambdaSettings()
        let limits = profile.limits
        if let bytes = limits[.packageUnpacked]?.bytes { settings.unpackedLimit = bytes }
        if let seconds = limits[.startupTime]?.base { settings.startTime = seconds }
        if let bytes = limits[.requestSize]?.bytes { settings.requestLimit = bytes }
        if let bytes = limits[.responseSize]?.bytes { settings.responseLimit = bytes + 100 }
        if let count = limits[.fileDescriptors]?.base { settings.descriptors = Int(count) }
        if let memory {
            let bytes = memory << 20
            let least = limits[.memoryMinimum]?.bytes ?? 0
            let most = limits[.memoryMaximum]?.bytes ?? Int.max
            guard memory > 0, memory < 1 << 40, bytes >= least, bytes <= most else {
                throw Refusal(
                    facts: ErrorFacts(
                        "has no such memory size", file: profile.name, found: "\(memory) MB",
                        expected: "\(least >> 20) to \(most >> 20) MB"))
            }
            settings.memory = bytes
        }
        for setting in env {
            let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            settings.environment[String(parts[0])] = String(parts[1])
        }
        settings.launcher = launcher(bundle)
        return settings
    }

    /// An emulator for a bundle of another architecture than this machine's.
    private func launcher(_ bundle: String) -> [String] {
        // The head of an ELF file says what it was made for; a bundle that cannot be read is told of where it is run.
        guard let first = try? BundleReader.bytes(of: "bootstrap", in: bundle, limit: 20, prefix: true), first.count >= 20,
            Array(first[0..<4]) == [0x7F, 0x45, 0x4C, 0x46], first[18] == 0xB7
        else { return [] }
        #if arch(arm64)
        return []
        #else
        return BundleProof.emulator().map { [$0] } ?? []
        #endif
    }

    private func events(_ bundle: String) throws -> [[UInt8]] {
        if let event { return [try FileContents.bytes(of: event, limit: 64 << 20)] }
        guard !text.isEmpty else { return try TensorEvents.make(bundle) ?? SampleTexts.events }
        return try text.map { try Array(JSONEncoder().encode(["text": $0])) }
    }
}
