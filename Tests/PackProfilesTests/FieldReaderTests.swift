import PackIO
import PackProfiles
import Testing

/// The strict reader as another module uses it.
@Suite struct FieldReaderTests {
    private let fields = FieldReader(file: "pack.yaml", what: "is not a gate's configuration")

    private func error(_ body: () throws -> Void) throws -> SettingsError {
        try #require(throws: SettingsError.self) { try body() }
    }

    @Test func readsAMapping() throws {
        let root = try fields.compose("name: a\nlimits: {zipped: 40 MiB, start: 2 s}\npaths: [b, c]\ncount: 3\n")
        let entries = try fields.mapping(root, "", allowed: ["name", "limits", "paths", "count"], required: ["name"])
        let top = Entries(values: entries, node: root)
        #expect(try fields.text(top["name"], "name") == "a")
        #expect(try fields.count(top["count"], "count") == 3)
        let limits = Entries(
            values: try fields.mapping(top["limits"], "limits", allowed: ["zipped", "start"]), node: top["limits"])
        #expect(try fields.measured(limits["zipped"], "limits.zipped", .bytes) == 40 * 1_048_576)
        #expect(try fields.measured(limits["start"], "limits.start", .seconds) == 2)
        #expect(try fields.items(top["paths"], "paths").count == 2)
    }

    @Test func errorsSayWhatTheFileIsNot() throws {
        let root = try fields.compose("name: a\nnmae: b\n")
        let error = try error { _ = try fields.mapping(root, "", allowed: ["name"], required: []) }
        #expect(error.line == 2)
        #expect(error.field == "nmae")
        #expect(error.hint == "did you mean name?")
        #expect(error.facts.what == "is not a gate's configuration")
        #expect(error.facts.file == "pack.yaml")
        #expect(error.facts.place == "line 2, nmae")
    }

    @Test func whatIsNoYAML() throws {
        #expect(try error { _ = try fields.compose("") }.expected == "a gate's configuration")
        #expect(try error { _ = try fields.compose("a: [") }.found.hasPrefix("YAML with a fault"))
        #expect(try error { _ = try fields.compose("a: &x 1\nb: *x\n") }.line == 2)
        #expect(try error { _ = try fields.text() }.facts.what == "is not a gate's configuration")
    }

    @Test(arguments: ["40", "MiB", "40MiB", "-1 MiB", "1e300 MiB", "nan MiB", "40 mib", "40 MiB 2", ""])
    func amountsThatAreNone(_ text: String) throws {
        let root = try fields.compose("a: \"\(text)\"\n")
        let entries = try fields.mapping(root, "", allowed: ["a"])
        let error = try error { _ = try fields.measured(entries["a"] ?? root, "a", .bytes) }
        #expect(error.field == "a")
        #expect(error.line == 1)
    }

    @Test(arguments: ["-1", "1.5", "\"1\"", "x", "99999999999999999999", "[1]"])
    func countsThatAreNone(_ text: String) throws {
        let root = try fields.compose("a: \(text)\n")
        let entries = try fields.mapping(root, "", allowed: ["a"])
        _ = try error { _ = try fields.count(entries["a"] ?? root, "a") }
    }
}
