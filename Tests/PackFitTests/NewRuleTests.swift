import PackFit
import PackProfiles
import Testing

@Suite struct CountRuleTests {
    private func platform() throws -> Profile {
        var platform = try zipPlatform()
        let source = Provenance(source: "a page", date: "2026-01-01", verified: true)
        platform.limits[.layers] = Quantity(value: 5, unit: "count", base: 5, provenance: source)
        platform.limits[.packageFiles] = Quantity(value: 10, unit: "count", base: 10, provenance: source)
        return platform
    }

    @Test(arguments: [(4, Check.Verdict.pass), (5, .pass), (6, .fail)])
    func layers(_ count: Int, _ verdict: Check.Verdict) throws {
        var facts = fittingFacts()
        facts.layerCount = count
        let check = try #require(check(.packageLayers, facts, on: try platform()))
        #expect(check.verdict == verdict)
        #expect(check.margin == Double(5 - count))
        #expect(check.unit == .count)
        #expect(check.how == .measured)
    }

    @Test(arguments: [(9, Check.Verdict.pass), (10, .pass), (11, .fail)])
    func files(_ count: Int, _ verdict: Check.Verdict) throws {
        var facts = fittingFacts()
        facts.fileCount = count
        #expect(check(.packageFiles, facts, on: try platform())?.verdict == verdict)
    }

    @Test func notAskedWithoutALimitAndUnknownWithoutACount() throws {
        var facts = fittingFacts()
        #expect(check(.packageFiles, facts, on: try platform())?.verdict == .unknown)
        #expect(check(.packageLayers, facts, on: try platform()) == nil)
        facts.fileCount = 1 << 40
        facts.layerCount = 1 << 40
        #expect(check(.packageFiles, facts, on: try zipPlatform()) == nil)
        #expect(check(.packageLayers, facts, on: try zipPlatform()) == nil)
    }
}

@Suite struct NameRuleTests {
    private func verdict(_ paths: [String]) throws -> Check? {
        var facts = fittingFacts()
        facts.names = NameFacts(paths: paths)
        return check(.packageNames, facts, on: try zipPlatform())
    }

    @Test func usualNamesPass() throws {
        #expect(try verdict(["a/b.py", "ä/ö.txt", "a..b/c", ".hidden"])?.verdict == .pass)
        #expect(try verdict([])?.verdict == .pass)
        #expect(check(.packageNames, fittingFacts(), on: try zipPlatform()) == nil)
    }

    @Test(arguments: ["a\nb", "a\u{1B}[0m", "/etc/passwd", "a/../../b", String(repeating: "x", count: 256)])
    func refusedNames(_ path: String) throws {
        let check = try #require(try verdict(["ok", path]))
        #expect(check.verdict == .fail)
        #expect(check.note?.contains("1 name ") == true)
        #expect(check.note?.utf8.contains { $0 < 0x20 } == false)
    }

    @Test func lengthsAtTheirLimits() throws {
        #expect(try verdict([String(repeating: "x", count: 255)])?.verdict == .pass)
        let part = String(repeating: "x", count: 250) + "/"
        let long = String(repeating: part, count: 16)
        #expect(try verdict([long + String(repeating: "y", count: 4063 - long.utf8.count)])?.verdict == .pass)
        #expect(try verdict([long + String(repeating: "y", count: 4064 - long.utf8.count)])?.verdict == .fail)
    }

    @Test func clashesAndForeignBytesAreNotes() throws {
        let check = try #require(try verdict(["README", "readme", "a\\b"]))
        #expect(check.verdict == .pass)
        #expect(check.note == "1 name that differ only in case, such as readme; 1 name with a backslash, such as a\\b")
        var facts = fittingFacts()
        facts.names = NameFacts(paths: [[0x61, 0xFF]])
        #expect(facts.names?.notUTF8.count == 1)
    }
}

@Suite struct EntryPointRuleTests {
    private func verdict(_ entry: EntryPoint?, on name: String) throws -> Check.Verdict? {
        var facts = fittingFacts()
        facts.entryPoint = entry
        return check(.entryPoint, facts, on: try ProfileLibrary(folder: profilesFolder).profile(name))?.verdict
    }

    @Test func aRuntimeOfItsOwnNeedsABootstrap() throws {
        #expect(try verdict(.program(name: "bootstrap", isExecutable: true), on: "lambda") == .pass)
        #expect(try verdict(.program(name: "bootstrap", isExecutable: false), on: "lambda") == .fail)
        #expect(try verdict(.program(name: "main", isExecutable: true), on: "lambda") == .fail)
        #expect(try verdict(.handler("app.handler"), on: "lambda") == .fail)
        #expect(try verdict(EntryPoint.none, on: "lambda") == .fail)
        #expect(try verdict(.unknown("two candidates"), on: "lambda") == .unknown)
        #expect(try verdict(nil, on: "lambda") == nil)
    }

    @Test func aManagedRuntimeCallsAHandler() throws {
        #expect(try verdict(.handler("app.handler"), on: "lambda-python") == .pass)
        #expect(try verdict(.program(name: "bootstrap", isExecutable: true), on: "lambda-python") == .fail)
        #expect(try verdict(.handler("main.f"), on: "azure-functions-flex") == .pass)
        #expect(try verdict(.handler("main.f"), on: "cloud-run") == nil)
    }
}

@Suite struct CulpritTests {
    @Test func theCulpritIsNamed() throws {
        var facts = fittingFacts()
        facts.libc = .glibc("2.38")
        facts.libcCulprit = Culprit(
            package: "tokenizers 0.20.1", file: "tokenizers/t.so", needs: "glibc 2.38", instead: "tokenizers 0.19.1",
            others: 2)
        let check = try #require(check(.libc, facts, on: try zipPlatform()))
        #expect(
            check.note
                == "tokenizers 0.20.1 (tokenizers/t.so, and 2 more files) needs glibc 2.38; tokenizers 0.19.1 works")
        #expect(check.culprits.count == 1)
        facts.libc = .glibc("2.17")
        #expect(PackFitTests.check(.libc, facts, on: try zipPlatform())?.culprits.isEmpty == true)
        facts.architectures = [.init(name: "riscv64")]
        facts.architectureCulprit = Culprit(file: "a.so", needs: "riscv64")
        #expect(PackFitTests.check(.isa, facts, on: try zipPlatform())?.note == "a.so needs riscv64")
    }

    @Test func missingLibraries() throws {
        var facts = fittingFacts()
        #expect(check(.libraries, facts, on: try zipPlatform()) == nil)
        facts.missingLibraries = []
        #expect(check(.libraries, facts, on: try zipPlatform())?.verdict == .pass)
        facts.missingLibraries = [
            Culprit(file: "a.so", needs: "libgomp.so.1"), Culprit(file: "b.so", needs: "libx.so"),
        ]
        let check = try #require(check(.libraries, facts, on: try zipPlatform()))
        #expect(check.verdict == .fail)
        #expect(check.note == "a.so needs libgomp.so.1; and 1 more")
    }

    @Test func anUnknownCLibraryIsUnknown() throws {
        let platform = try zipPlatform(libc: "{name: unknown, source: a, date: 2026-01-01, verified: false}")
        for (need, verdict) in [
            (FitFacts.LibCNeed.nothing, Check.Verdict.pass), (.glibc("2.17"), .unknown), (.musl, .unknown),
        ] {
            var facts = fittingFacts()
            facts.libc = need
            #expect(check(.libc, facts, on: platform)?.verdict == verdict)
        }
    }
}

@Suite struct RunningRuleTests {
    @Test func whatWasMeasuredCountsMore() throws {
        var facts = fittingFacts()
        facts.measured = .init(peakMemory: Known(bytes: 10001, .measured), startup: Known(11, .measured))
        #expect(check(.memoryPeak, facts, on: try zipPlatform())?.verdict == .fail)
        #expect(check(.startupTime, facts, on: try zipPlatform())?.verdict == .fail)
        facts.peakMemory = nil
        facts.startup = nil
        facts.measured = .init(peakMemory: Known(bytes: 10000, .measured), startup: Known(10, .measured))
        #expect(check(.memoryPeak, facts, on: try zipPlatform())?.verdict == .pass)
        #expect(check(.startupTime, facts, on: try zipPlatform())?.verdict == .pass)
    }

    @Test func theFirstRequestBehindAGateway() throws {
        var facts = fittingFacts()
        facts.startup = Known(low: 5, high: 9, how: .estimated)
        facts.requestTime = Known(20, .measured)
        #expect(check(.startupGateway, facts, on: try zipPlatform())?.verdict == .pass)
        #expect(check(.startupGateway, facts, on: try zipPlatform())?.margin == 0)
        facts.requestTime = Known(21, .measured)
        #expect(check(.startupGateway, facts, on: try zipPlatform())?.verdict == .unknown)
        facts.requestTime = Known(25, .measured)
        #expect(check(.startupGateway, facts, on: try zipPlatform())?.verdict == .fail)
        facts.startup = nil
        #expect(check(.startupGateway, facts, on: try zipPlatform())?.verdict == .unknown)
        #expect(check(.startupGateway, facts, on: try imagePlatform()) == nil)
    }

    @Test func whatIsUnpackedAtTheStartTakesDisk() throws {
        var facts = fittingFacts()
        facts.written = Known(bytes: 40, .computed)
        facts.unpackedAtStart = Known(bytes: 60, .computed)
        #expect(check(.disk, facts, on: try zipPlatform())?.margin == 0)
        facts.unpackedAtStart = Known(bytes: 61, .computed)
        #expect(check(.disk, facts, on: try zipPlatform())?.verdict == .fail)
    }

    @Test func filesThatCountAsMemoryHaveACheckOfTheirOwn() throws {
        var facts = fittingFacts()
        facts.written = Known(bytes: 1000, .computed)
        #expect(check(.memoryFiles, facts, on: try imagePlatform())?.verdict == .pass)
        facts.unpackedAtStart = Known(bytes: 1, .computed)
        #expect(check(.memoryFiles, facts, on: try imagePlatform())?.verdict == .fail)
        #expect(check(.memoryFiles, facts, on: try zipPlatform()) == nil)
    }
}
