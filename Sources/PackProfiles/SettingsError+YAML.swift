import Yams

extension SettingsError {
    /// Keeps place and problem of what the YAML parser reports.
    init(yamlError: any Error, what: String, file: String) {
        self.init(
            what: what, file: file, found: "text that is not YAML", expected: Self.subject(of: what) + " in YAML")
        switch yamlError as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            line = mark.line
            found = "YAML with a fault: " + problem
        case .duplicatedKeysInMapping(let duplicates, let context):
            line = context.mark.line
            field = duplicates.sorted().first ?? ""
            found = "the same key twice"
            expected = "each key once"
        case .reader(let problem, _, _, _): found = "unreadable text: " + problem
        default: break
        }
    }
}
