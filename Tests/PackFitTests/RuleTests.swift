import PackFit
import PackProfiles
import Testing

@Suite struct RuleTests {
    /// A fact, the rule that reads it, and its limit on the platform for zips.
    struct Limit: CustomTestStringConvertible, Sendable {
        let id: Check.ID
        let limit: Double
        let set: @Sendable (inout FitFacts, Known?) -> Void
        var testDescription: String { id.rawValue }
    }

    static let limits = [
        Limit(id: .packageZipped, limit: 1000) { $0.zipped = $1 },
        Limit(id: .packageUnpacked, limit: 5000) { $0.unpacked = $1 },
        Limit(id: .disk, limit: 100) { $0.written = $1 },
        Limit(id: .memoryPeak, limit: 10000) { $0.peakMemory = $1 },
        Limit(id: .startupTime, limit: 10) { $0.startup = $1 },
        Limit(id: .requestTime, limit: 60) { $0.requestTime = $1 },
        Limit(id: .requestSize, limit: 600) { $0.request = $1 },
        Limit(id: .responseSize, limit: 700) { $0.response = $1 },
    ]

    private func verdict(_ limit: Limit, _ known: Known?) throws -> Check? {
        var facts = fittingFacts()
        limit.set(&facts, known)
        return check(limit.id, facts, on: try zipPlatform())
    }

    @Test(arguments: limits) func exactlyAtTheLimitPasses(_ limit: Limit) throws {
        let at = try #require(try verdict(limit, Known(limit.limit, .measured)))
        #expect(at.verdict == .pass)
        #expect(at.margin == 0)
        #expect(at.use == 1)
        #expect(at.limit == limit.limit)
    }

    @Test(arguments: limits) func oneMoreFails(_ limit: Limit) throws {
        let over = try #require(try verdict(limit, Known(limit.limit + 1, .measured)))
        #expect(over.verdict == .fail)
        #expect(over.margin == -1)
    }

    @Test(arguments: limits) func aLowerBoundIsNoPass(_ limit: Limit) throws {
        let below = try verdict(limit, Known(low: limit.limit - 1, high: nil, how: .computed))
        #expect(below?.verdict == .unknown)
        let above = try verdict(limit, Known(low: limit.limit + 1, high: nil, how: .computed))
        #expect(above?.verdict == .fail)
    }

    @Test(arguments: limits) func aRangeAcrossTheLimitIsUnknown(_ limit: Limit) throws {
        let range = try verdict(limit, Known(low: limit.limit - 1, high: limit.limit + 1, how: .estimated))
        #expect(range?.verdict == .unknown)
        #expect(range?.note == "the limit lies inside the range of the estimate")
    }

    @Test(arguments: limits) func withoutTheFactThereIsNoVerdict(_ limit: Limit) throws {
        let asked = [.requestTime, .requestSize, .responseSize].contains(limit.id)
        #expect(try verdict(limit, nil)?.verdict == (asked ? nil : .unknown))
    }

    @Test func anImageWithoutALimitPasses() throws {
        let check = try #require(check(.imageSize, fittingFacts(), on: try imagePlatform()))
        #expect(check.verdict == .pass)
        #expect(check.limitText == "none")
        #expect(check.margin == nil)
    }

    @Test func writtenFilesCountAsMemoryWhereThePlatformSaysSo() throws {
        var facts = fittingFacts()
        facts.written = Known(bytes: 200, .computed)
        let at = try #require(check(.memoryPeak, facts, on: try imagePlatform()))
        #expect(at.verdict == .pass)
        #expect(at.margin == 0)
        facts.written = Known(bytes: 201, .computed)
        #expect(check(.memoryPeak, facts, on: try imagePlatform())?.verdict == .fail)
        #expect(check(.disk, facts, on: try imagePlatform()) == nil)
        #expect(check(.memoryPeak, facts, on: try zipPlatform())?.margin == 9200)
    }

    @Test func aLongRequestOutlivesAGateway() throws {
        var facts = fittingFacts()
        facts.requestTime = Known(30, .measured)
        let check = try #require(check(.requestTime, facts, on: try zipPlatform()))
        #expect(check.verdict == .pass)
        #expect(check.note?.contains("gateway") == true)
    }
}

@Suite struct ArchitectureRuleTests {
    private func isa(_ needs: [FitFacts.ArchitectureNeed]?) throws -> Check? {
        var facts = fittingFacts()
        facts.architectures = needs
        return check(.isa, facts, on: try zipPlatform())
    }

    @Test func oneCommonArchitectureIsEnough() throws {
        #expect(try isa([.init(name: "riscv64"), .init(name: "arm64")])?.verdict == .pass)
        #expect(try isa([.init(name: "riscv64")])?.verdict == .fail)
        #expect(try isa([])?.verdict == .fail)
        #expect(try isa(nil)?.verdict == .unknown)
    }

    @Test func featuresMustBePromised() throws {
        #expect(try isa([.init(name: "x86_64", features: ["avx2"])])?.verdict == .pass)
        let check = try isa([.init(name: "x86_64", features: ["avx2", "avx512f"])])
        #expect(check?.verdict == .fail)
        #expect(check?.note == "x86_64 there does not promise avx512f")
    }

    @Test(arguments: [
        (FitFacts.LibCNeed.nothing, Check.Verdict.pass), (.glibc("2.34"), .pass), (.glibc("2.17"), .pass),
        (.glibc("2.35"), .fail), (.glibc("2.100"), .fail), (.musl, .fail), (.glibc("new"), .unknown),
    ])
    func theLibraryMustBeNewEnough(_ need: FitFacts.LibCNeed, _ verdict: Check.Verdict) throws {
        var facts = fittingFacts()
        facts.libc = need
        #expect(check(.libc, facts, on: try zipPlatform())?.verdict == verdict)
        #expect(check(.libc, facts, on: try imagePlatform())?.verdict == .pass)
    }

    @Test func muslPlatforms() throws {
        let platform = try zipPlatform(libc: "{name: musl, source: a, date: 2026-01-01, verified: true}")
        var facts = fittingFacts()
        facts.libc = .musl
        #expect(check(.libc, facts, on: platform)?.verdict == .pass)
        facts.libc = .glibc("2.17")
        #expect(check(.libc, facts, on: platform)?.verdict == .fail)
        facts.libc = nil
        #expect(check(.libc, facts, on: platform)?.verdict == .unknown)
    }
}
