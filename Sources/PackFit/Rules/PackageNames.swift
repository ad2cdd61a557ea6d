import PackProfiles

extension Rules {
    /// Whether the names of the files survive packing and unpacking; asked only where they were looked at.
    ///
    /// Control characters, over-long names and names that lead out of the folder fail; what only some programs trip
    /// over is a note.
    @Sendable static func packageNames(_ facts: FitFacts, _ profile: Profile) -> Check? {
        guard let names = facts.names else { return nil }
        let refused = [
            names.controlCharacters.text("with control characters"),
            names.tooLong.text("too long for Linux"),
            names.outside.text("outside the package"),
        ].compactMap { $0 }
        let doubtful = [
            names.caseClashes.text("that differ only in case"),
            names.backslashes.text("with a backslash"),
            names.notUTF8.text("not in UTF-8"),
        ].compactMap { $0 }
        var check = Check(
            id: .packageNames, verdict: refused.isEmpty ? .pass : .fail,
            limitText: "parts of at most \(NameFacts.longestPart) B, no control characters, inside the package",
            source: Provenance(source: "linux/limits.h, NAME_MAX and PATH_MAX", date: "2026-11-25", verified: true))
        check.actualText = refused.isEmpty ? "nothing unusual" : refused.joined(separator: "; ")
        if refused.isEmpty, !doubtful.isEmpty { check.actualText = "taken, with doubts" }
        check.textHow = .measured
        let remarks = refused + doubtful
        if !remarks.isEmpty { check.note = remarks.joined(separator: "; ") }
        return check
    }
}
