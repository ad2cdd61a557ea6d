import Yams

extension SettingsError {
    /// Keeps place and problem of what the YAML parser reports.
    init(yamlError: any Error, subject: String, file: String) {
        self.init(subject: subject, file: file, found: "text that is not YAML", expected: subject + " in YAML")
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
