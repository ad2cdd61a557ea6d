import PackProfiles
import Testing

@Suite struct ProfileReaderTests {
    @Test func readsEverything() throws {
        let profile = try ProfileReader.read(sampleProfile, file: "sample.yaml")
        #expect(profile.name == "sample")
        #expect(profile.asOf == "2026-01-31")
        #expect(profile.packaging == .zip)
        #expect(profile.requestProtocol == .http)
        #expect(profile.architectures.map(\.name) == ["x86_64"])
        #expect(profile.architectures[0].features == ["sse2", "avx2"])
        #expect(profile.libc.version == "2.34")
        #expect(profile.limits[.packageUnpacked]?.bytes == 262_144_000)
        #expect(profile.limits[.requestTime]?.base == 900)
        #expect(profile.limits[.requestTime]?.provenance.note == "long")
        #expect(profile.limits[.memoryDefault]?.provenance.verified == false)
        #expect(profile.sizes.map(\.maximum) == [1 << 30])
        #expect(profile.sizes.map(\.vcpus) == [0.5])
        #expect(profile.environment == ["TZ": "UTC"])
        #expect(profile.prices[.requests]?.unit == "USD/million requests")
    }

    @Test func readsThatThereIsNoLimit() throws {
        let text = sample("startup.time: {value: 10, unit: s,", "startup.time: {value: none,")
        let limit = try ProfileReader.read(text, file: "sample.yaml").limits[.startupTime]
        #expect(limit != nil)
        #expect(limit?.base == nil)
    }

    /// What is replaced in the sample, by what, and the error's line, field and found part.
    struct Fault: CustomTestStringConvertible {
        let old: String
        let new: String
        let line: Int?
        let field: String
        let found: String
        var testDescription: String { new }
    }

    static let faults = [
        Fault(old: "title: A", new: "titel: A", line: 3, field: "titel", found: "an unknown key"),
        Fault(old: "title: A platform\n", new: "", line: 1, field: "title", found: "nothing"),
        Fault(old: "profile/1", new: "profile/2", line: 1, field: "schema", found: "pack.profile/2"),
        Fault(old: "2026-01-31", new: "31.1.2026", line: 4, field: "as-of", found: "31.1.2026"),
        Fault(old: "2026-01-31", new: "2026-13-01", line: 4, field: "as-of", found: "2026-13-01"),
        Fault(old: ": zip", new: ": tar", line: 5, field: "packaging", found: "tar"),
        Fault(old: "memory: false", new: "memory: maybe", line: 7, field: "files-count-as-memory", found: "maybe"),
        Fault(old: "{name: x86_64", new: "{name: x87", line: 9, field: "architectures[0].name", found: "x87"),
        Fault(old: "avx2]", new: "avx3]", line: 9, field: "architectures[0].features", found: "avx3"),
        Fault(old: "[sse2, avx2]", new: "[]", line: 9, field: "architectures[0].features", found: "an empty list"),
        Fault(old: ", version: \"2.34\"", new: "", line: 10, field: "libc.version", found: "nothing"),
        Fault(old: "\"2.34\"", new: "new", line: 10, field: "libc.version", found: "new"),
        Fault(
            old: "package.zipped", new: "package.ziped", line: 12, field: "limits.package.ziped",
            found: "an unknown key"),
        Fault(old: "50, unit: MiB", new: "50, unit: s", line: 12, field: "limits.package.zipped.unit", found: "s"),
        Fault(old: "50, unit: MiB", new: "50", line: 12, field: "limits.package.zipped.unit", found: "nothing"),
        Fault(old: "value: 50", new: "value: -50", line: 12, field: "limits.package.zipped.value", found: "-50"),
        Fault(old: "value: 50", new: "value: 0", line: 12, field: "limits.package.zipped.value", found: "0"),
        Fault(old: "value: 50", new: "value: .inf", line: 12, field: "limits.package.zipped.value", found: ".inf"),
        Fault(
            old: "value: 50", new: "value: 1e300", line: 12, field: "limits.package.zipped.value", found: "1e+300 MiB"),
        Fault(old: "value: 50", new: "value: \"50\"", line: 12, field: "limits.package.zipped.value", found: "50"),
        Fault(
            old: "value: 50", new: "valeu: 50", line: 12, field: "limits.package.zipped.valeu", found: "an unknown key"),
        Fault(
            old: "source: a page, date: 2026-01-01, verified: true}\n  package.unp",
            new: "date: 2026-01-01, verified: true}\n  package.unp", line: 12, field: "limits.package.zipped.source",
            found: "nothing"),
        Fault(
            old: "verified: true, note: long", new: "verified: yes", line: 19, field: "limits.request.time.verified",
            found: "yes"),
        Fault(
            old: "{value: 128, unit: MiB", new: "{value: 2, unit: GiB", line: 12, field: "limits.memory.minimum",
            found: "more than limits.memory.maximum"),
        Fault(
            old: "  startup.time: {value: 10, unit: s, source: a page, date: 2026-01-01, verified: true}\n", new: "",
            line: 12, field: "limits.startup.time", found: "nothing"),
        Fault(
            old: "minimum: 0.125", new: "minimum: 2", line: 21, field: "sizes.rows[0]",
            found: "a minimum above the maximum"),
        Fault(old: "{TZ: UTC}", new: "[TZ]", line: 22, field: "environment.variables", found: "a list"),
        Fault(
            old: "0.2, unit: USD/million requests", new: "0.2, unit: EUR", line: 24, field: "prices.requests.unit",
            found: "EUR"),
        Fault(old: "title: A platform", new: "name: again", line: 2, field: "name", found: "the same key twice"),
        Fault(
            old: "title: A platform", new: "title: [", line: 5, field: "",
            found: "YAML with a fault: did not find expected ',' or ']'"),
    ]

    @Test(arguments: faults) func namesTheFault(_ fault: Fault) throws {
        let text = sample(fault.old, fault.new)
        let error = try #require(throws: ProfileError.self) { try ProfileReader.read(text, file: "sample.yaml") }
        #expect(error.file == "sample.yaml")
        #expect(error.line == fault.line)
        #expect(error.field == fault.field)
        #expect(error.found == fault.found)
        #expect(!error.expected.isEmpty)
    }

    @Test(arguments: ["", "- a", "text", "[[", "\u{0}", "&a [*a]", String(repeating: "[", count: 5000)])
    func refusesWhatIsNoProfile(_ text: String) {
        #expect(throws: ProfileError.self) { try ProfileReader.read(text, file: "sample.yaml") }
    }

    @Test func suggestsTheKeyThatWasMeant() throws {
        let text = sample("package.zipped", "package.ziped")
        let error = try #require(throws: ProfileError.self) { try ProfileReader.read(text, file: "sample.yaml") }
        #expect(error.hint == "did you mean package.zipped?")
    }
}
