import FoundationEssentials
import PackBundle
import PackIO
import PackLab
import PackProfiles

/// A platform, and a bundle's instances on it as a command line asks for them.
struct EmulationTarget {
    let command: Emulate
    let profile: Profile
    let platform: DeploymentPlatform
    let sizes: InstanceSizes
    let size: InstanceSize
    /// What the service and its containers are called.
    let name: String

    /// - Throws: `Refusal` for a platform that is not emulated, and for a size or a number that it does not have.
    init(_ command: Emulate) throws {
        self.command = command
        profile = try profiles(named: [command.name])[0]
        guard let platform = DeploymentPlatform(profile) else {
            throw Refusal(
                facts: ErrorFacts(
                    "cannot be emulated", file: profile.name,
                    found: "protocol \(profile.requestProtocol.rawValue), \(profile.packaging.rawValue)",
                    expected: DeploymentPlatform.allCases.map(\.rawValue).joined(separator: ", ")
                        + ", or a profile of theirs",
                    hint: profile.programVariant.map { "pack emulate \($0) BUNDLE" }))
        }
        self.platform = platform
        sizes = InstanceSizes(profile: profile, platform: platform)
        size = try sizes.size(memory: command.memory, processors: command.cpu)
        let file = command.path.split(separator: "/").last.map(String.init) ?? "model"
        name = DeploymentName.label(String(file.split(separator: ".").first ?? "model"))
        if platform == .lambda {
            Sandbox.enterUserNamespace(as: LambdaEmulator.user)
        } else {
            Sandbox.enterUserNamespace()
        }
    }

    var isLambda: Bool { platform == .lambda || platform == .lambdaImage }

    /// What the platform writes.
    var log: any PlatformLog {
        switch platform {
        case .lambda, .lambdaImage: LambdaLog(size: size)
        case .cloudRun: CloudRunLog(name: "\(name)-1", size: size, path: "/predict", probe: probe)
        case .kubernetes: KubernetesLog(name: name, probe: probe)
        }
    }

    private var probe: ContainerSettings.Probe {
        switch command.probe ?? (platform == .kubernetes ? "/v2/health/ready" : "tcp") {
        case "tcp": .tcp
        case let path: .http(path: path)
        }
    }

    /// A bundle that can be started.
    struct Bundle {
        let emulation: any Emulation
        let plan: EmulationPlan
        /// Bytes of its file, or of an image's layers as they are stored.
        let storedBytes: Int
        /// The peak of memory that its manifest predicts; nil where none does.
        let predictedPeak: Int?
        /// `x86_64` or `arm64`.
        let arch: String
        /// Whether an emulator of another CPU runs it.
        let isTranslated: Bool
        /// Go with what was made of a model, or of another form.
        fileprivate let made: BundleOfModel?
        fileprivate let deployable: DeployableBundle
    }

    /// Opens the bundle; of a model one is made.
    func open() throws -> Bundle {
        let isImage = profile.packaging == .image
        let made = isImage && Self.isLayout(command.path) ? nil : try BundleOfModel(command.path, target: command.name)
        let path = made?.path ?? command.path
        let deployable = try DeployableBundle(path, on: profile)
        return isImage ? try image(deployable, made) : try zip(path, deployable, made)
    }

    /// Whether a folder is an image layout, and no model.
    private static func isLayout(_ path: String) -> Bool {
        (try? FileContents.kind(of: path + "/oci-layout")) == .regular
    }

    // MARK: A zip

    private func zip(_ path: String, _ deployable: DeployableBundle, _ made: BundleOfModel?) throws -> Bundle {
        // What holds its plan inside is read as it was given.
        let parts = BundleParts(archive: path)
        let emulator = parts.isARM ? BundleArchitecture.translator : nil
        var settings = lambdaSettings
        settings.translator = emulator
        let emulation = try LambdaEmulator(bundle: deployable.path, settings: settings)
        return Bundle(
            emulation: emulation, plan: try plan(parts), storedBytes: try MappedFile(path: deployable.path).size,
            predictedPeak: try parts.predictedPeak, arch: parts.isARM ? "arm64" : "x86_64",
            isTranslated: emulator != nil, made: made, deployable: deployable)
    }

    private var lambdaSettings: LambdaSettings {
        var settings = LambdaSettings()
        let limits = profile.limits
        settings.size = size
        if let bytes = limits[.packageUnpacked]?.bytes { settings.unpackedLimit = bytes }
        if let seconds = limits[.startupTime]?.base { settings.startTime = seconds }
        if let bytes = limits[.requestSize]?.bytes { settings.requestLimit = bytes }
        if let bytes = limits[.responseSize]?.bytes { settings.responseLimit = bytes + (platform == .lambda ? 100 : 0) }
        if let count = limits[.fileDescriptors]?.base { settings.descriptors = Int(count) }
        if let bytes = limits[.diskDefault]?.bytes { settings.scratch = bytes }
        settings.environment.merge(variables) { $1 }
        return settings
    }

    // MARK: An image

    private func image(_ deployable: DeployableBundle, _ made: BundleOfModel?) throws -> Bundle {
        let path = deployable.path
        let image = try BundleArchitecture.image(path, among: profile.architectures.map(\.name))
        if let limit = profile.limits[.imageSize]?.bytes, image.unpackedBytes > limit {
            throw EmulationError.imageTooLarge(path: path, found: image.unpackedBytes, limit: limit)
        }
        let isTranslated = image.architecture != BundleProof.hostArchitecture
        if isTranslated { try image.start(by: try BundleArchitecture.translator(for: path, image.architecture)) }
        let parts = BundleParts(root: image.root)
        return Bundle(
            emulation: try emulation(image), plan: try plan(parts), storedBytes: image.storedBytes,
            predictedPeak: try parts.predictedPeak, arch: image.architecture, isTranslated: isTranslated, made: made,
            deployable: deployable)
    }

    private func emulation(_ image: ContainerImage) throws -> any Emulation {
        if isLambda { return LambdaEmulator(image: image, settings: lambdaSettings) }
        var container =
            platform == .cloudRun
            ? ContainerSettings.cloudRun(image, name: name, size: size)
            : ContainerSettings.kubernetes(image, name: name, size: size)
        container.probe = probe
        if platform == .cloudRun { try refuseReserved(container.environment.keys) }
        container.environment.merge(variables) { $1 }
        let limits = profile.limits
        if let seconds = limits[.startupTime]?.base { container.startTime = seconds }
        var settings = ServerEmulator.Settings(container: container)
        if let seconds = (limits[.requestTimeDefault] ?? limits[.requestTime])?.base { settings.requestTime = seconds }
        if let bytes = limits[.requestSize]?.bytes { settings.requestLimit = bytes }
        if let bytes = limits[.responseSize]?.bytes { settings.responseLimit = bytes }
        settings.grace = platform == .cloudRun ? 10 : 30
        return ServerEmulator(image: image, settings: settings)
    }

    private var variables: [String: String] {
        var variables: [String: String] = [:]
        for setting in command.env {
            let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            variables[String(parts[0])] = String(parts[1])
        }
        return variables
    }

    /// Cloud Run lets nobody else set its own variables.
    private func refuseReserved(_ names: some Sequence<String>) throws {
        let reserved = names.filter { $0 == "PORT" || $0.hasPrefix("K_") }
        for name in reserved.sorted() where variables[name] != nil {
            throw Refusal(
                facts: ErrorFacts(
                    "lets nobody set the variable \(name)", file: profile.name, found: "--env \(name)=…",
                    expected: "other names than \(reserved.sorted().joined(separator: ", "))"))
        }
    }

    // MARK: What is sent

    private func plan(_ parts: BundleParts) throws -> EmulationPlan {
        var plan = EmulationPlan(events: try events(parts))
        plan.instances = command.instances
        plan.requests = command.requests
        plan.concurrency = try concurrency()
        plan.closing = command.event == nil && command.text.isEmpty ? try parts.peakEvents() : []
        return plan
    }

    private func events(_ parts: BundleParts) throws -> [[UInt8]] {
        if let event = command.event { return [try FileContents.bytes(of: event, limit: 64 << 20)] }
        guard !command.text.isEmpty else { return try parts.tensorEvents() ?? SampleTexts.events }
        return try command.text.map { try Array(JSONEncoder().encode(["text": $0])) }
    }

    /// Requests at a time.
    private func concurrency() throws -> Int {
        let isShared = !isLambda && (size.processors ?? 1) >= 1
        let most = isShared ? Int(min(profile.limits[.concurrencyMaximum]?.base ?? 1000, 1000)) : 1
        let wanted = command.concurrency ?? min(8, most)
        guard (1...most).contains(wanted) else {
            let reason =
                isLambda
                ? "sends an instance one request at a time" : "does not send an instance so many requests at a time"
            throw Refusal(
                facts: ErrorFacts(
                    reason, file: profile.name, found: "--concurrency \(wanted)",
                    expected: most == 1 ? "1" : "1 to \(most)",
                    hint: isShared || isLambda ? nil : "with at least --cpu 1 it sends several"))
        }
        return wanted
    }
}
