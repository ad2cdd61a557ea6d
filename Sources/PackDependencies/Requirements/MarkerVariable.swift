/// The variables of environment markers (PEP 508, PEP 751), by their names.
public enum MarkerVariable: String, Hashable, Sendable, CaseIterable {
    case pythonVersion = "python_version"
    case pythonFullVersion = "python_full_version"
    case osName = "os_name"
    case sysPlatform = "sys_platform"
    case platformRelease = "platform_release"
    case platformSystem = "platform_system"
    case platformVersion = "platform_version"
    case platformMachine = "platform_machine"
    case platformPythonImplementation = "platform_python_implementation"
    case implementationName = "implementation_name"
    case implementationVersion = "implementation_version"
    case extra
    case extras
    case dependencyGroups = "dependency_groups"

    /// Names of the time before PEP 508 that are still read.
    private static let older: [String: MarkerVariable] = [
        "os.name": .osName, "sys.platform": .sysPlatform, "platform.version": .platformVersion,
        "platform.machine": .platformMachine, "platform.python_implementation": .platformPythonImplementation,
        "python_implementation": .platformPythonImplementation,
    ]

    /// Finds a variable by its name.
    init?(name: String) {
        guard let found = MarkerVariable(rawValue: name) ?? Self.older[name] else { return nil }
        self = found
    }

    /// Whether its values are compared as versions where they can be.
    var isVersion: Bool {
        switch self {
        case .pythonVersion, .pythonFullVersion, .implementationVersion, .platformRelease: true
        default: false
        }
    }
}

/// What the variables of markers stand for.
public struct MarkerEnvironment: Hashable, Sendable {
    /// Texts of variables; a variable that is missing is unknown.
    public var values: [MarkerVariable: String]
    /// The extras that are asked for, normalized.
    public var extras: Set<String>
    /// The dependency groups that are asked for, normalized.
    public var groups: Set<String>
    /// Whether the last number of Python's full version is only a guess, so that what depends on it is unknown.
    public var isPatchUnknown: Bool

    /// Collects values.
    public init(
        values: [MarkerVariable: String], extras: Set<String> = [], groups: Set<String> = [],
        isPatchUnknown: Bool = false
    ) {
        self.values = values
        self.extras = Set(extras.map(PackageName.normalized))
        self.groups = Set(groups.map(PackageName.normalized))
        self.isPatchUnknown = isPatchUnknown
    }

    /// The same with other extras.
    public func with(extras: Set<String>) -> MarkerEnvironment {
        MarkerEnvironment(values: values, extras: extras, groups: groups, isPatchUnknown: isPatchUnknown)
    }
}

extension TargetEnvironment {
    /// What markers see on the target; its kernel's release and version are unknown.
    public func markers(extras: Set<String> = [], groups: Set<String> = []) -> MarkerEnvironment {
        let short = python.prefix(2).map(String.init).joined(separator: ".")
        let full = (python + [0, 0, 0]).prefix(3).map(String.init).joined(separator: ".")
        return MarkerEnvironment(
            values: [
                .pythonVersion: short, .pythonFullVersion: full, .implementationVersion: full, .osName: "posix",
                .sysPlatform: "linux", .platformSystem: "Linux", .platformMachine: machine,
                .platformPythonImplementation: "CPython", .implementationName: "cpython",
            ], extras: extras, groups: groups, isPatchUnknown: python.count < 3)
    }
}
