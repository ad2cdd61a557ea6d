/// Whether a condition holds.
public enum MarkerVerdict: String, Hashable, Sendable {
    /// It holds.
    case yes
    /// It does not.
    case no
    /// It depends on what is not known of the target.
    case unknown

    init(_ value: Bool) { self = value ? .yes : .no }
}

extension Marker {
    /// Whether the condition holds in an environment.
    ///
    /// Unknown values make a verdict unknown only where it depends on them.
    public func evaluate(_ environment: MarkerEnvironment) -> MarkerVerdict { expression.evaluate(environment) }
}

extension Marker.Expression {
    func evaluate(_ environment: MarkerEnvironment) -> MarkerVerdict {
        switch self {
        case .and(let parts):
            var verdict = MarkerVerdict.yes
            for part in parts {
                let one = part.evaluate(environment)
                if one == .no { return .no }
                if one == .unknown { verdict = .unknown }
            }
            return verdict
        case .or(let parts):
            var verdict = MarkerVerdict.no
            for part in parts {
                let one = part.evaluate(environment)
                if one == .yes { return .yes }
                if one == .unknown { verdict = .unknown }
            }
            return verdict
        case .compare(let left, let comparison, let right):
            return Comparing(environment: environment, comparison: comparison).verdict(left, right)
        }
    }
}

/// Evaluates one comparison.
private struct Comparing {
    let environment: MarkerEnvironment
    let comparison: Marker.Comparison

    func verdict(_ left: Marker.Operand, _ right: Marker.Operand) -> MarkerVerdict {
        switch (left, right) {
        case (.text(let one), .text(let other)): return compare(one, other, asVersions: false)
        case (.variable(let variable), .text(let text)):
            if variable == .extra { return membership(text, environment.extras) }
            return withValues(of: variable, against: text) { compare($0, text, asVersions: variable.isVersion) }
        case (.text(let text), .variable(let variable)):
            switch variable {
            case .extra: return membership(text, environment.extras)
            case .extras: return isMember(text, environment.extras)
            case .dependencyGroups: return isMember(text, environment.groups)
            default:
                return withValues(of: variable, against: text) { compare(text, $0, asVersions: variable.isVersion) }
            }
        case (.variable(let one), .variable(let other)):
            guard let first = environment.values[one], let second = environment.values[other] else { return .unknown }
            return compare(first, second, asVersions: one.isVersion)
        }
    }

    /// `extra == "x"`: several extras at once count as one after the other.
    private func membership(_ name: String, _ names: Set<String>) -> MarkerVerdict {
        let isMember = names.contains(PackageName.normalized(name))
        switch comparison {
        case .version(.equal), .isIn: return MarkerVerdict(isMember)
        case .version(.notEqual), .isNotIn: return MarkerVerdict(!isMember)
        default: return .unknown
        }
    }

    /// `"x" in extras`.
    private func isMember(_ name: String, _ names: Set<String>) -> MarkerVerdict {
        switch comparison {
        case .isIn: MarkerVerdict(names.contains(PackageName.normalized(name)))
        case .isNotIn: MarkerVerdict(!names.contains(PackageName.normalized(name)))
        default: .unknown
        }
    }

    /// Compares with each value that a variable may have; they must agree.
    ///
    /// Where the last number of Python's full version is not known, those around the one compared with stand for all.
    private func withValues(
        of variable: MarkerVariable, against text: String, _ body: (String) -> MarkerVerdict
    ) -> MarkerVerdict {
        guard let value = environment.values[variable] else { return .unknown }
        guard environment.isPatchUnknown, variable == .pythonFullVersion || variable == .implementationVersion,
            let version = PythonVersion(value)
        else { return body(value) }
        let other = PythonVersion(text.hasSuffix(".*") ? String(text.dropLast(2)) : text)?.component(2) ?? 0
        let prefix = "\(version.component(0)).\(version.component(1))"
        let verdicts = [0, max(0, other - 1), other, other + 1, 1_000_000].map { body("\(prefix).\($0)") }
        return verdicts.allSatisfy { $0 == verdicts[0] } ? verdicts[0] : .unknown
    }

    /// Compares as versions where both sides are such, else as texts, which are only equal or not.
    private func compare(_ left: String, _ right: String, asVersions: Bool) -> MarkerVerdict {
        switch comparison {
        case .isIn: return MarkerVerdict(Self.contains(right, left))
        case .isNotIn: return MarkerVerdict(!Self.contains(right, left))
        case .version(let comparison):
            if asVersions, let specifier = Specifier(comparison, ASCII.trimmed(right)) {
                if comparison == .identical {
                    return MarkerVerdict(ASCII.lowercased(left) == ASCII.lowercased(ASCII.trimmed(right)))
                }
                return MarkerVerdict(PythonVersion(left).map(specifier.matches) ?? false)
            }
            switch comparison {
            case .equal, .atMost, .atLeast: return MarkerVerdict(left == right)
            case .notEqual: return MarkerVerdict(left != right)
            case .below, .above: return .no
            case .compatible, .identical: return .unknown
            }
        }
    }

    private static func contains(_ text: String, _ part: String) -> Bool {
        let (bytes, wanted) = (Array(text.utf8), Array(part.utf8))
        guard wanted.count <= bytes.count else { return false }
        return (0...(bytes.count - wanted.count)).contains { bytes[$0...].starts(with: wanted) }
    }
}
