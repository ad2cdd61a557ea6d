import PackFit
import PackLab
import PackProfiles

/// Whether platforms take a bundle or a stack, by the rules of `pack analyze` and what was measured.
enum StudyFits {
    /// What platforms say.
    ///
    /// - Parameters:
    ///   - contestant: With its measurements.
    ///   - facts: What was found out about a stack.
    ///   - arch: The processor that it is for.
    static func of(
        _ contestant: StudyResult.Contestant, _ facts: PythonStack.Facts?, arch: String, on profiles: [Profile]
    ) -> [Fit] {
        profiles.compactMap { profile in
            guard let bytes = contestant.bytes, let measured = contestant.measurement(on: profile) else { return nil }
            var known = FitFacts()
            known.unpacked = Known(bytes: bytes.unpacked, .measured)
            known.image = known.unpacked
            known.zipped = bytes.zipped.map { Known(bytes: $0, .measured) }
            known.missingZipped = "not compressed: it is larger than zips may be when they are unpacked"
            known.written = Known(0, .assumed)
            known.peakMemory = Known(bytes: measured.peakMemory, .measured, note: "on this machine")
            known.startup = (measured.cold.max()).map { Known($0, .measured, note: "on this machine, the longest") }
            known.requestTime = (measured.warm.max()).map { Known($0, .measured, note: "on this machine, the longest") }
            known.architectures = [.init(name: arch)]
            known.missingLibraries = []
            if let facts {
                // Its packages come for every Python that a platform has, so that the one here does not matter.
                known.libc = facts.glibc.map { .glibc($0) } ?? .anything
            } else {
                known.libc = .nothing
                known.entryPoint = .program(name: "bootstrap", isExecutable: true)
                known.layerCount = 0
            }
            return Fit(known, on: profile)
        }
    }

    /// The profile that a stack meets in place of one for programs: where the platform calls functions of Python.
    static func forStacks(_ profile: Profile, among all: [Profile]) -> Profile {
        all.first { $0.programVariant == profile.name } ?? profile
    }
}
