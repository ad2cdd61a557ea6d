import PackFit
import PackProfiles
import Testing

@Suite struct FitTests {
    @Test func whatPassesEverywhereFits() throws {
        let fit = Fit(fittingFacts(), on: try zipPlatform())
        #expect(fit.verdict == .fits)
        #expect(fit.deciding?.id == .packageZipped)
    }

    @Test func oneFailureIsANoAndTheWorstDecides() throws {
        var facts = fittingFacts()
        facts.zipped = Known(bytes: 1001, .measured)
        facts.unpacked = Known(bytes: 50000, .measured)
        facts.startup = nil
        let fit = Fit(facts, on: try zipPlatform())
        #expect(fit.verdict == .doesNotFit)
        #expect(fit.deciding?.id == .packageUnpacked)
    }

    @Test func aFailureWithoutNumbersDecidesAsWell() throws {
        var facts = fittingFacts()
        facts.libc = .glibc("9.9")
        #expect(Fit(facts, on: try zipPlatform()).deciding?.id == .libc)
    }

    @Test func anUnknownIsNoYes() throws {
        var facts = fittingFacts()
        facts.peakMemory = nil
        facts.missing = "not looked at"
        let fit = Fit(facts, on: try zipPlatform())
        #expect(fit.verdict == .unknown)
        #expect(fit.deciding?.id == .memoryPeak)
        #expect(fit.deciding?.note == "not looked at")
    }

    @Test func nothingKnownIsUnknown() throws {
        #expect(Fit(FitFacts(), on: try zipPlatform()).verdict == .unknown)
        #expect(Fit(FitFacts(), on: try imagePlatform()).verdict == .unknown)
        for check in Fit(FitFacts(), on: try zipPlatform()).checks where check.verdict == .unknown {
            #expect(check.note == "\(check.id.rawValue) is not known")
        }
    }

    @Test func sumsAreAsUncertainAsTheirParts() {
        let sum = Known(low: 1, high: 2, how: .measured) + Known(low: 10, high: nil, how: .assumed, note: "n")
        #expect(sum == Known(low: 11, high: nil, how: .assumed, note: "n"))
    }
}

@Suite struct RemedyTests {
    private func alternative(_ action: String, _ bytes: Int, loss: Int) -> Alternative {
        var facts = fittingFacts()
        facts.zipped = Known(bytes: bytes, .estimated)
        facts.unpacked = Known(bytes: bytes, .estimated)
        return Alternative(action: action, command: "do " + action, loss: loss, facts: facts)
    }

    @Test func theLeastLossThatFitsComesFirst() throws {
        var facts = fittingFacts()
        facts.zipped = Known(bytes: 4000, .measured)
        facts.unpacked = Known(bytes: 4000, .measured)
        let options = [
            alternative("none", 3900, loss: 0), alternative("int8", 500, loss: 2), alternative("fp16", 1000, loss: 1),
        ]
        let found = remedies(for: facts, on: try zipPlatform(), alternatives: options)
        #expect(found.map(\.action) == ["another way", "fp16", "int8", "none"])
        #expect(found.map(\.result.verdict) == [.fits, .fits, .fits, .doesNotFit])
        #expect(found.map(\.saves) == [0, 3000, 3500, 100])
        #expect(found.map(\.command) == [nil, "do fp16", "do int8", "do none"])
    }

    @Test func aWayAroundOneLimitLeavesTheOthers() throws {
        var facts = fittingFacts()
        facts.zipped = Known(bytes: 6000, .measured)
        facts.unpacked = Known(bytes: 6000, .measured)
        let found = remedies(for: facts, on: try zipPlatform(), alternatives: [])
        #expect(found.map(\.result.verdict) == [.doesNotFit])
        #expect(remedies(for: fittingFacts(), on: try zipPlatform(), alternatives: []).isEmpty)
    }

    @Test func savingsCountWithTheUnfavourableEnd() throws {
        var facts = fittingFacts()
        facts.unpacked = Known(low: 4000, high: nil, how: .measured)
        var option = alternative("slim", 0, loss: 0)
        option.facts.unpacked = Known(low: 900, high: 1100, how: .estimated)
        #expect(remedies(for: facts, on: try zipPlatform(), alternatives: [option])[0].saves == 2900)
        option.facts.unpacked = nil
        #expect(remedies(for: facts, on: try zipPlatform(), alternatives: [option])[0].saves == nil)
    }

    @Test func aPredictionBecomesFacts() throws {
        let prediction = Prediction(
            quantization: "int8", unpackedBytes: 1000, zippedBytes: 900, runtimeBytes: 10, weightsBytes: 900,
            peakMemoryBytes: 2000, how: .estimated, tolerance: 0.1)
        let facts = prediction.facts
        #expect(facts.unpacked == Known(low: 900, high: 1100, how: .estimated))
        #expect(facts.peakMemory?.high == 2200)
        #expect(facts.libc == .nothing)
        #expect(Fit(facts, on: try zipPlatform()).verdict == .unknown)
    }

    /// Containers that speak HTTP get the larger runtime; what a Lambda function gets stays as it is.
    @Test func aPredictionCountsTheRuntimeOfThePlatform() throws {
        var prediction = Prediction(
            quantization: "int8", unpackedBytes: 1000, zippedBytes: 900, runtimeBytes: 10, weightsBytes: 900,
            peakMemoryBytes: 2000, how: .computed, tolerance: 0, container: .init(bytes: 60, zippedBytes: 30))
        let container = prediction.bundle(for: try imagePlatform())
        #expect([container.unpackedBytes, container.runtimeBytes, container.peakMemoryBytes] == [1060, 70, 2060])
        #expect(container.zippedBytes == 930)
        #expect(container.bundle(for: try imagePlatform()) == container)
        var function = try zipPlatform()
        function.requestProtocol = .lambda
        #expect(prediction.bundle(for: function) == prediction)
        prediction.container = nil
        #expect(prediction.bundle(for: try imagePlatform()) == prediction)
    }
}
