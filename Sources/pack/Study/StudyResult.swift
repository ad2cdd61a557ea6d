import PackFit
import PackLab
import PackProfiles
import PackSimulation

/// What a study found. Times are in seconds, sizes in bytes.
struct StudyResult {
    let workload: StudyWorkload
    let machine: Machine
    let settings: Settings
    let profiles: [Profile]
    let contestants: [Contestant]
    var claims: [StudyClaim] = []

    /// Where it was measured.
    struct Machine {
        let processor: String
        let processors: Int
        /// The tool's version.
        let version: String
        /// `YYYY-MM-DD`.
        let date: String
    }

    /// How it was measured.
    struct Settings {
        let rounds: Int
        let seconds: Double
        let starts: Int
        let seeds: Int
        let concurrency: Int
        let processors: Int
        let stacks: [PythonStack]
        let python: String
    }

    /// A model's bundle, or a stack that serves the same model.
    struct Contestant {
        /// The model's name.
        let subject: String
        /// `pack int8`, `onnxruntime`.
        let name: String
        let stack: PythonStack?
        /// Packages with their versions, for a stack.
        var versions: [String] = []
        /// The place of its model among those that were given.
        let place: Int
        /// Why it was not measured.
        var absence: String?
        /// Sizes; nil where it was not measured.
        var bytes: Bytes?
        /// By Lambda's protocol; nil for stacks.
        var lambda: StudyMeasurement?
        /// By HTTP.
        var http: StudyMeasurement?
        var fits: [Fit] = []
        var checks: [Check] = []
        var scalings: [Scaling] = []
        var costs: [StudyCost] = []
        var breakEvens: [BreakEven] = []

        var isBundle: Bool { stack == nil }
        /// What it is called where models are mixed.
        var title: String { "\(subject), \(name)" }

        /// What was measured for a platform: by its own protocol where it speaks that.
        func measurement(on profile: Profile) -> StudyMeasurement? {
            profile.requestProtocol == .http ? http : lambda ?? http
        }

        /// What a platform says; a stack may be asked in place of a program. Nil where it was not asked.
        func fit(on profile: Profile) -> Fit? {
            fits.first { $0.profile.name == profile.name || $0.profile.programVariant == profile.name }
        }

        /// Whether a platform refuses it, with no way around that changes nothing of it.
        func isRefused(by profile: Profile) -> Bool { fit(on: profile).map { Answer($0).isRefusal } ?? false }
    }

    /// Sizes of what is deployed.
    struct Bytes {
        /// Program and packages.
        var runtime: Int
        /// The model's file.
        var model: Int
        /// Both.
        var unpacked: Int
        /// Both as a zip; nil where that is not known.
        var zipped: Int?
    }

    /// One rate of the check of the simulation.
    struct Check {
        /// Requests a second.
        let rate: Double
        /// The share of the time that the instance computes.
        let use: Double
        let measured: Quantiles
        let simulated: Quantiles
        /// Requests without an answer, measured.
        let failures: Int
    }

    /// A platform under the workload, simulated.
    struct Scaling {
        let platform: StudyPlatform
        /// One a seed.
        let runs: [SimulationResult]
        /// Seconds from the step until 95 of 100 requests keep to the bound; one a seed, nil where they never do.
        let recoveries: [Double?]
        /// The share of requests from the step on that took longer than the bound, or were refused; one a seed.
        let late: [Double]

        /// The median; nil where most never recover.
        var recovery: Double? {
            let value = Quantiles(recoveries.map { $0 ?? .infinity }).at(0.5)
            return value.flatMap { $0.isFinite ? $0 : nil }
        }
    }
}

extension StudyResult {
    /// What a platform says in the end.
    enum Answer {
        case fits
        /// In another way than the usual one, which the platform offers.
        case fitsBy(String)
        case unknown(PackFit.Check.ID?)
        case refuses(PackFit.Check.ID?)

        init(_ fit: Fit) {
            let failed = fit.checks.filter { $0.verdict == .fail }
            if failed.contains(where: { $0.liftedBy == nil }) {
                self = .refuses(fit.deciding?.id)
            } else if let unknown = fit.checks.first(where: { $0.verdict == .unknown }) {
                self = .unknown(unknown.id)
            } else {
                self = failed.first?.liftedBy.map { .fitsBy($0) } ?? .fits
            }
        }

        var isRefusal: Bool { if case .refuses = self { true } else { false } }
        var isKnown: Bool { if case .unknown = self { false } else { true } }
    }
}

/// What a month costs on a platform.
struct StudyCost {
    let profile: Profile
    /// The profile with the prices.
    let priced: Profile
    let workload: Workload
    let cost: Result<Cost, Cost.Unknown>
}
