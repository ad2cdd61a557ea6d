import PackFit
import PackProfiles
import Testing

@Suite struct PlanTests {
    private func slim(_ name: String, _ bytes: Int, loss: Int) -> Alternative {
        Alternative(
            action: "slim " + name, command: "pack slim " + name, loss: loss,
            facts: deployment(unpacked: bytes, zipped: min(bytes, 900)))
    }

    private func texts(_ plans: Plans) -> [String] {
        plans.plans.map { $0.steps.map(\.text).joined(separator: " + ") }
    }

    @Test func theLeastTroubleThatFitsComesFirst() throws {
        let plans = Plans(
            for: deployment(unpacked: 5100, zipped: 1100), on: try zipPlatform(),
            savings: [saving("tests", unpacked: 100, zipped: 20)],
            alternatives: [slim("int8", 1000, loss: 2), slim("fp16", 2000, loss: 1), slim("none", 6000, loss: 0)],
            others: [try imagePlatform()])
        #expect(
            texts(plans) == [
                "drop tests + another way (lifts package.zipped)", "slim fp16", "slim int8",
                "deploy on image-platform",
                "another way (lifts package.zipped)", "drop tests", "slim none",
            ])
        #expect(
            plans.plans.map(\.result.verdict) == [.fits, .fits, .fits, .fits, .doesNotFit, .doesNotFit, .doesNotFit])
        #expect(
            plans.plans.map(\.basis) == [
                .verified, .predicted, .predicted, .verified, .verified, .verified, .predicted,
            ])
        #expect(plans.best?.saves == 100)
    }

    @Test func aBundleMayNeedAWayAroundAsWell() throws {
        var alternative = slim("int8", 4000, loss: 1)
        alternative.facts.zipped = Known(bytes: 3000, .computed)
        alternative.isVerified = true
        let plans = Plans(
            for: deployment(unpacked: 9000, zipped: 9000), on: try zipPlatform(), alternatives: [alternative])
        #expect(texts(plans).first == "slim int8 + another way (lifts package.zipped)")
        #expect(plans.best?.basis == .verified)
    }

    @Test func otherPlatformsOfTheSameDayThatTakeItAsItIs() throws {
        let plans = Plans(
            for: deployment(unpacked: 6000), on: try zipPlatform(), others: [try imagePlatform(), try zipPlatform()])
        #expect(texts(plans) == ["deploy on image-platform"])
        #expect(plans.best?.result.profile.name == "image-platform")
        var other = try imagePlatform()
        other.asOf = "2020-10-31"
        #expect(Plans(for: deployment(unpacked: 6000), on: try zipPlatform(), others: [other]).plans.isEmpty)
        var platform = try zipPlatform()
        platform.imageVariant = "image-platform"
        #expect(
            texts(Plans(for: deployment(unpacked: 6000), on: platform, others: [try imagePlatform()]))
                == ["deploy an image: image-platform"])
    }

    @Test func whatFitsNeedsNothing() throws {
        let plans = Plans(
            for: fittingFacts(), on: try zipPlatform(), savings: [saving("a", unpacked: 1)],
            alternatives: [slim("int8", 1, loss: 0)], others: [try imagePlatform()])
        #expect(plans.plans.isEmpty)
        #expect(plans.need.excesses.isEmpty)
    }

    @Test func anUnknownSizeIsNeverMadeToFit() throws {
        var facts = deployment(unpacked: 6000)
        facts.unpacked = Known(low: 6000, high: nil, how: .measured)
        let plans = Plans(for: facts, on: try zipPlatform(), savings: [saving("a", unpacked: 2000)])
        #expect(plans.plans.map(\.result.verdict) == [.unknown])
    }

    @Test func theMemoryToSetAndItsPrice() throws {
        let lambda = try ProfileLibrary(folder: profilesFolder).profile("lambda")
        var facts = fittingFacts()
        facts.peakMemory = Known(bytes: 600_000_000, .measured)
        let advice = try #require(MemoryAdvice(facts, on: lambda))
        #expect(advice.bytes == 573 << 20)
        #expect(advice.standard == 128 << 20)
        // 573 / 1024 GiB at 0.0000166667 dollars a GiB-s, for 10^6 requests of 0.2 s.
        let price = try #require(advice.pricePerMillionRequests(of: 0.2))
        #expect(abs(price - 1.865_23) < 0.0001)
        facts.measured = .init(peakMemory: Known(bytes: 100 << 20, .measured))
        #expect(MemoryAdvice(facts, on: lambda)?.bytes == 128 << 20)
        facts.measured = .init(peakMemory: Known(bytes: 20 << 30, .measured))
        #expect(MemoryAdvice(facts, on: lambda) == nil)
    }
}

/// The profiles of this repository.
let profilesFolder = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/Profiles"
