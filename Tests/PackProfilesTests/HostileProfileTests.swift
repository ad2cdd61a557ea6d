import PackProfiles
import Testing

@Suite struct HostileProfileTests {
    private func faults(_ text: String) -> [ProfileError] { ProfileReader.check(text, file: "sample.yaml").faults }

    @Test func allFaultsAreTold() {
        var text = sample("title: A platform", "titel: A platform")
        for (old, new) in [
            ("2026-01-31", "yesterday"), ("packaging: zip", "packaging: tar"), ("avx2]", "avx3]"),
            ("{value: 50, unit: MiB", "{value: 50, unit: s"), ("value: 15, unit: min", "value: -1, unit: min"),
            ("minimum: 0.125", "minimum: 8"), ("0.2, unit: USD/million requests", "0.2, unit: USD/GiB-s"),
        ] {
            if let range = text.firstRange(of: old) { text.replaceSubrange(range, with: new) }
        }
        #expect(
            faults(text).map(\.field) == [
                "titel", "as-of", "packaging", "architectures[0].features", "limits.package.zipped.unit",
                "limits.request.time.value", "sizes.rows[0]", "prices.requests.unit",
            ])
        #expect(faults(text).map(\.line) == [3, 4, 5, 9, 12, 19, 21, 24])
        #expect(ProfileReader.check(text, file: "sample.yaml").profile == nil)
        #expect(faults(sampleProfile).isEmpty)
    }

    @Test func aMisspeltLimitIsOneFault() {
        #expect(faults(sample("startup.time", "start.up.time")).map(\.field) == ["limits.start.up.time"])
    }

    @Test func limitsInTheWrongOrder() {
        let text = sample("memory.default: {value: 128", "memory.default: {value: 2048")
        #expect(faults(text).map(\.field) == ["limits.memory.default"])
        #expect(faults(text).map(\.found) == ["more than limits.memory.maximum"])
    }

    @Test func aliasesAreRefused() {
        let fault = faults(sample("title: A platform", "title: &t A platform\nruntime: *t"))
        #expect(fault.map(\.line) == [4])
        #expect(fault.map(\.found) == ["an alias (*name)"])
        #expect(faults(sample("title: A platform", "title: A *platform* & more")).isEmpty)
    }

    /// Thirty levels of nine references each, as a value and as a key.
    @Test(arguments: [": ", "? "]) func aBombOfAliases(_ mark: String) {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...30 {
            let parts = [String](repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(parts)]\n"
        }
        text += mark == "? " ? "? *a30\n: x\n? [*a30]\n: y\n" : ""
        #expect(faults(text).map(\.found) == ["an alias (*name)"])
    }

    /// Lists, flow mappings and keys that are mappings, nested without an end.
    @Test(arguments: ["- ", "[", "{a: ", "? "]) func nestingIsBounded(_ level: String) {
        let deep = faults(String(repeating: level, count: 100_000))
        #expect(deep.count == 1)
        #expect(deep.allSatisfy { $0.expected == "a profile in YAML" })
        #expect(faults("limits: " + String(repeating: "[", count: 60) + String(repeating: "]", count: 60)).count > 1)
    }

    @Test func theFirstOfEqualKeysIsNamed() {
        let fault = faults(sample("title: A platform", "title: A platform\nas-image: a\n\"as-image\": b"))
        #expect(fault.map(\.field) == ["as-image"])
        #expect(fault.map(\.line) == [4])
        #expect(fault.map(\.found) == ["the same key twice"])
    }

    @Test(arguments: [
        "schema: pack.profile/1\n? [a, b]\n: c\n", "{{{{", "--- a\n--- b\n", "a: b: c", "\t", "%YAML 9.9\n---\na: b",
        "!!binary x", "schema: !!int x", "? ", "- - - - -", "limits: {limits: {limits: {}}}", "\u{FEFF}",
        "schema: \"\\u0000\"", "a: |\n  b\n c", String(repeating: "{a: ", count: 2000),
        String(repeating: "- ", count: 20000), String(repeating: "k: v\n", count: 3000),
    ])
    func odds(_ text: String) {
        let (profile, faults) = ProfileReader.check(text, file: "sample.yaml")
        #expect(profile == nil)
        #expect(!faults.isEmpty)
    }

    @Test(arguments: [
        "1e400", "9e99", "0x10", "1_000", "١", "1e-400", "NaN", "-0", "+", "99999999999999999999999999", "1e15",
    ])
    func hugeAndOddNumbers(_ number: String) {
        let text = sample("value: 250", "value: \(number)")
        let all = faults(text)
        #expect(all.count == (Double(number) == 16 ? 0 : 1))
        #expect(all.allSatisfy { $0.field.hasPrefix("limits.package.unpacked") })
    }

    @Test(arguments: [("0.125", "1e300"), ("maximum: 1}", "maximum: 1e300}"), ("vcpus: 0.5", "vcpus: -1")])
    func hugeSizes(_ old: String, _ new: String) {
        let row = faults(sample(old, new))
        #expect(row.count == 1)
        #expect(row.first?.field.hasPrefix("sizes.rows[0]") == true)
    }

    @Test(arguments: [
        ("package.zipped", "{value: 1, unit: USD/request, source: a, date: 2026-01-01, verified: true}"),
        ("requests", "{value: 1, unit: USD/GiB-s, source: a, date: 2026-01-01, verified: true}"),
        ("requests", "{value: 1, unit: MiB, source: a, date: 2026-01-01, verified: true}"),
        ("vcpu.maximum", "{value: 1, unit: count, source: a, date: 2026-01-01, verified: true}"),
    ])
    func wrongUnits(_ key: String, _ entry: String) {
        let section = key == "requests" ? "prices" : "limits"
        let old = sampleProfile.split(separator: "\n").first { $0.hasPrefix("  \(key):") }
        let text =
            old.map { sample(String($0), "  \(key): \(entry)") } ?? sample("limits:\n", "limits:\n  \(key): \(entry)\n")
        #expect(faults(text).map(\.field) == ["\(section).\(key).unit"])
    }

    @Test func whatIsNotKnownIsNotALimit() throws {
        let text = sample("startup.time: {value: 10, unit: s,", "startup.time: {value: unknown,")
        let profile = try ProfileReader.read(text, file: "sample.yaml")
        #expect(profile.limits[.startupTime] == nil)
        #expect(profile.unknownLimits == [.startupTime])
    }

    @Test func theNewFields() throws {
        let source = "source: a page, date: 2026-01-01, verified: true"
        let text = sample(
            "files-count-as-memory: false",
            """
            files-count-as-memory: false
            python: {versions: ["3.9", 3.10], \(source)}
            default: true
            billing: always-on
            as-image: other
            memory-sizes: {unit: MiB, values: [256, 512], \(source)}
            """)
        let profile = try ProfileReader.read(text, file: "sample.yaml")
        #expect(profile.python == ["3.9", "3.10"])
        #expect(profile.isDefault)
        #expect(profile.billing == .always)
        #expect(profile.imageVariant == "other")
        #expect(profile.memorySizes == [256 << 20, 512 << 20])
        #expect(profile.smallestMemory(holding: 257 << 20) == 512 << 20)
        for (old, new) in [
            ("3.10", "3"), ("[256, 512]", "[512, 256]"), ("[256, 512]", "[256, 1e300]"), ("always-on", "x"),
        ] {
            var broken = text
            if let range = broken.firstRange(of: old) { broken.replaceSubrange(range, with: new) }
            #expect(faults(broken).count == 1)
        }
    }
}
