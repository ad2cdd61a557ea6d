import PackProfiles
import Testing

/// The scaling rules of a profile: whole, or refused.
@Suite struct ScalingTests {
    private static let source = "source: a page, date: 2026-01-01, verified: true"
    private static let perRequest = """
        scaling:
          per-request:
            instances.burst: {value: 1000, unit: count, \(source)}
            instances.refill: {value: 500, unit: count/min, \(source)}
            instances.maximum: {value: none, \(source)}
            idle: {value: 5, unit: min, \(source)}
            start: {value: 150, unit: ms, \(source)}

        """

    private func faults(_ scaling: String) -> [ProfileError] {
        ProfileReader.check(sampleProfile + scaling, file: "sample.yaml").faults
    }

    @Test func rulesAreReadInBaseUnits() throws {
        let profile = try ProfileReader.read(sampleProfile + Self.perRequest, file: "sample.yaml")
        let rules = try #require(profile.scaling[.perRequest])
        #expect(rules[.refill]?.base == 500 / 60.0)
        #expect(rules[.start]?.base == 0.15)
        #expect(rules[.maximum]?.base == nil)
        #expect(profile.scaling.count == 1)
    }

    @Test func holesAreTold() {
        let text = Self.perRequest.replacing("    instances.refill", with: "    instances.refil")
        #expect(faults(text).map(\.field) == ["scaling.per-request.instances.refil"])
        #expect(faults(text).first?.hint == "did you mean instances.refill?")
        let short = Self.perRequest.split(separator: "\n").dropLast().joined(separator: "\n") + "\n"
        #expect(faults(short).map(\.field) == ["scaling.per-request.start"])
        #expect(faults("scaling:\n  per-requests: {}\n").first?.hint == "did you mean per-request?")
        #expect(faults("scaling: 5\n").map(\.field) == ["scaling"])
    }

    @Test func machinesAreWholeOrAbsent() {
        let text = Self.perRequest + "    node.start: {value: 90, unit: s, \(Self.source)}\n"
        #expect(faults(text).map(\.field) == ["scaling.per-request.node.scan"])
        let broken = text.replacing("value: 90", with: "value: soon")
        #expect(faults(broken).map(\.field) == ["scaling.per-request.node.start.value"])
    }

    @Test(arguments: [
        ("period", "{value: 0.001, unit: s, "), ("period", "{value: none, "), ("window", "{value: unknown, "),
        ("instances.initial", "{value: 1000000000, unit: count, "),
    ])
    func numbersAreThoseThatASimulationBears(_ name: String, _ rule: String) {
        let text = Self.perRequest + "    \(name): \(rule)\(Self.source)}\n"
        #expect(faults(text).map(\.field) == ["scaling.per-request.\(name)"])
    }

    @Test func unitsAreThoseOfTheRule() {
        #expect(
            faults(Self.perRequest.replacing("unit: count/min", with: "unit: count")).map(\.field)
                == ["scaling.per-request.instances.refill.unit"])
    }

    @Test(arguments: [
        "lambda", "lambda-image", "cloud-run", "kubernetes", "lambda-2020", "cloud-run-2020", "kubernetes-2020",
    ])
    func platformsOfTheStudyState(_ name: String) throws {
        let profile = try ProfileLibraryTests.library.profile(name)
        #expect(!profile.scaling.isEmpty)
        if let knative = profile.scaling[.knative] {
            #expect(knative[.panicThreshold]?.base == 2)
            #expect(abs((knative[.concurrencyTarget]?.base ?? 0) - 0.7) < 1e-9)
            #expect(abs((profile.scaling[.horizontal]?[.tolerance]?.base ?? 0) - 0.1) < 1e-9)
        }
    }
}
