extension Specifier {
    /// Whether a version fulfils the clause; pre-releases are compared like others.
    public func matches(_ candidate: PythonVersion) -> Bool {
        guard let version else { return ASCII.lowercased(text) == candidate.description }
        switch comparison {
        case .identical: return ASCII.lowercased(text) == candidate.description
        case .equal: return isEqual(candidate, version)
        case .notEqual: return !isEqual(candidate, version)
        case .atMost: return candidate.withoutLocal <= version
        case .atLeast: return candidate >= version
        case .below: return isBelow(candidate, version)
        case .above: return isAbove(candidate, version)
        case .compatible:
            let length = version.release.count - 1
            return candidate >= version && hasPrefix(candidate, version, length: length)
        }
    }

    private func isEqual(_ candidate: PythonVersion, _ version: PythonVersion) -> Bool {
        if isPrefix { return hasPrefix(candidate, version, length: version.release.count) }
        return (version.local.isEmpty ? candidate.withoutLocal : candidate) == version
    }

    private func hasPrefix(_ candidate: PythonVersion, _ version: PythonVersion, length: Int) -> Bool {
        candidate.epoch == version.epoch
            && (0..<length).allSatisfy { candidate.component($0) == version.component($0) }
    }

    /// `<V` leaves out pre-releases of V, unless V is one.
    private func isBelow(_ candidate: PythonVersion, _ version: PythonVersion) -> Bool {
        guard !version.isPrerelease else { return candidate < version }
        return candidate
            < PythonVersion(
                epoch: version.epoch, release: version.release, pre: version.pre, post: version.post, dev: 0)
    }

    /// `>V` leaves out what belongs to V: its local versions, and its post-releases unless V is one.
    private func isAbove(_ candidate: PythonVersion, _ version: PythonVersion) -> Bool {
        if let dev = version.dev {
            return candidate
                >= PythonVersion(
                    epoch: version.epoch, release: version.release, pre: version.pre, post: version.post, dev: dev + 1)
        }
        if let post = version.post {
            return candidate
                >= PythonVersion(
                    epoch: version.epoch, release: version.release, pre: version.pre, post: post + 1, dev: 0)
        }
        let belongs =
            candidate.epoch == version.epoch && candidate.trimmedRelease == version.trimmedRelease
            && candidate.pre == version.pre
        return candidate > version && !belongs
    }
}
