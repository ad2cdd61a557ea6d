import Foundation
import PackReport
import Testing

@Suite struct SARIFRendererTests {
    private func run(_ text: String) throws -> [String: Any] {
        let log = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        return try #require((log?["runs"] as? [[String: Any]])?.first)
    }

    private func results(_ text: String) throws -> [[String: Any]] {
        try #require(try run(text)["results"] as? [[String: Any]])
    }

    @Test func golden() throws {
        try Golden.expect(SARIFRenderer.render(Samples.gate), "gate.sarif")
        try Golden.expect(SARIFRenderer.render(Samples.gate, includesPasses: true), "gate-all.sarif")
        try Golden.expect(SARIFRenderer.render(Samples.hostileGate), "hostile.sarif")
        try Golden.expect(SARIFRenderer.render(Samples.empty), "empty.sarif")
    }

    @Test func passesAreLeftOutUnlessWanted() throws {
        #expect(try results(SARIFRenderer.render(Samples.gate)).count == 3)
        let all = try results(SARIFRenderer.render(Samples.gate, includesPasses: true))
        #expect(all.compactMap { $0["kind"] as? String } == ["fail", "open", "fail", "pass"])
        #expect(all.compactMap { $0["level"] as? String } == ["error", "none", "warning", "none"])
    }

    @Test(arguments: [
        (Assessment.Outcome.passes, true, 0), (.fails, true, 1), (.couldNotJudge, false, 2),
    ])
    func invocationSaysHowItEnded(_ outcome: Assessment.Outcome, _ succeeded: Bool, _ status: Int) throws {
        let gate = Assessment(toolVersion: "1", title: "t", outcome: outcome, configuration: "pack.yaml")
        let run = try run(SARIFRenderer.render(gate))
        let invocation = try #require((run["invocations"] as? [[String: Any]])?.first)
        #expect(invocation["executionSuccessful"] as? Bool == succeeded)
        #expect(invocation["exitCode"] as? Int == status)
    }

    @Test(arguments: [
        ("a b/ü%.py", "a%20b/%C3%BC%25.py"), ("./x", "x"), ("a:b", "a%3Ab"), ("", "pack.yaml"),
        ("/etc/x", "file:///etc/x"), ("a\nb?c#d", "a%0Ab%3Fc%23d"), ("./", "."),
    ])
    func pathsAreURIs(_ path: String, _ uri: String) throws {
        var gate = Samples.empty
        gate.results = [.init(rule: "PK1", level: .error, outcome: .fail, message: "m", path: path, line: 0)]
        let text = SARIFRenderer.render(gate)
        let locations = try #require(try results(text).first?["locations"] as? [[String: Any]])
        let physical = try #require(locations.first?["physicalLocation"] as? [String: Any])
        #expect((physical["artifactLocation"] as? [String: Any])?["uri"] as? String == uri)
        #expect((physical["region"] as? [String: Any])?["startLine"] as? Int == 1)
    }

    @Test func fingerprintsStayWhenNumbersChangeAndDifferWithinARun() throws {
        func fingerprints(_ gate: Assessment) throws -> [String] {
            try results(SARIFRenderer.render(gate)).compactMap {
                ($0["partialFingerprints"] as? [String: String])?["primaryLocationLineHash"]
            }
        }
        var twice = Samples.gate
        twice.results += twice.results
        let all = try fingerprints(twice)
        #expect(Set(all).count == all.count)
        var grown = Samples.gate
        for index in grown.results.indices { grown.results[index].message += " more" }
        #expect(try fingerprints(grown) == fingerprints(Samples.gate))
        #expect(Fingerprint.of(["a", "b"]) != Fingerprint.of(["ab", ""]))
        // FNV-1a of "a" and a zero byte, worked out apart from this code.
        #expect(Fingerprint.of(["a"]) == "089be207b544f1e4")
    }

    @Test func bracesAndLinksAreLiteral() throws {
        var gate = Samples.empty
        gate.results = [.init(rule: "PK1", level: .error, outcome: .fail, message: "{0} [a](b)")]
        let message = try results(SARIFRenderer.render(gate)).first?["message"] as? [String: String]
        #expect(message?["text"] == "{{0}} [a] (b)")
    }
}

@Suite struct JUnitRendererTests {
    private let moment = "2026-11-25T04:00:00"

    @Test func golden() throws {
        try Golden.expect(JUnitRenderer.render(Samples.gate, timestamp: moment), "gate.junit.xml")
        try Golden.expect(JUnitRenderer.render(Samples.hostileGate, timestamp: moment), "hostile.junit.xml")
        try Golden.expect(JUnitRenderer.render(Samples.empty, timestamp: moment), "empty.junit.xml")
    }

    @Test func unknownIsAnErrorOnlyIfItIsToBeOne() {
        var gate = Samples.empty
        for level in [Assessment.Level.error, .warning] {
            gate.results.append(.init(rule: "PK1", level: level, outcome: .unknown, message: "m"))
        }
        let text = JUnitRenderer.render(gate, timestamp: moment)
        #expect(text.contains("tests=\"2\" failures=\"0\" errors=\"1\" skipped=\"1\""))
    }

    @Test func anOutcomeThatNoResultExplainsIsACaseOfItsOwn() {
        let gate = Assessment(toolVersion: "1", title: "", outcome: .couldNotJudge, configuration: "pack.yaml")
        let text = JUnitRenderer.render(gate, timestamp: moment)
        #expect(text.contains("<testcase name=\"outcome\""))
        #expect(text.contains("errors=\"1\""))
    }

    @Test func whatXMLForbidsIsWrittenOut() {
        var gate = Samples.empty
        gate.results = [.init(rule: "PK1", level: .error, outcome: .fail, message: "\0\u{1}\u{FFFE}]]><&\"'")]
        let text = JUnitRenderer.render(gate, timestamp: moment)
        #expect(text.contains("message=\"\\u{0}\\u{1}\\u{FFFE}]]&gt;&lt;&amp;&quot;&apos;\""))
        #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 })
    }

    @Test func longNamesStayWhole() {
        var gate = Samples.empty
        let long = Samples.long
        gate.results = [.init(rule: "PK1", level: .error, outcome: .fail, message: long, target: long, path: long)]
        #expect(JUnitRenderer.render(gate, timestamp: moment).contains("name=\"PK1 \(long)\""))
        #expect(SARIFRenderer.render(gate).contains("\"uri\": \"\(long)\""))
    }

    @Test(arguments: ["", "now", "2026-11-25T04:00:00Z", "2026-11-25 04:00:00", "\"><x"])
    func aBadTimestampIsNotWritten(_ text: String) {
        var gate = Samples.empty
        gate.problems = ["p"]
        #expect(JUnitRenderer.render(gate, timestamp: text).contains("timestamp=\"1970-01-01T00:00:00\""))
    }
}

@Suite struct AnnotationRendererTests {
    @Test func golden() throws {
        #expect(
            AnnotationRenderer.render(Samples.gate) == """
                ::error file=pack.yaml,title=PK101 package.unpacked lambda::311,000,000 B of 262,144,000 B (250 MiB)
                ::warning file=pack.yaml,title=PK102 memory.peak lambda::peak memory was not measured
                ::warning file=site-packages/numpy/core/_multiarray umath.so,title=PK201 elf.glibc lambda::needs glibc \
                2.38, there is 2.34

                """)
        try Golden.expect(AnnotationRenderer.render(Samples.hostileGate), "hostile.annotations.txt")
        #expect(AnnotationRenderer.render(Samples.empty).isEmpty)
    }

    @Test func tenOfEachAndACountOfTheRest() {
        var gate = Samples.empty
        for level in [Assessment.Level.error, .warning] {
            for line in 1...(level == .error ? 12 : 11) {
                gate.results.append(
                    .init(rule: "PK1", level: level, outcome: .fail, message: "m", path: "f", line: line))
            }
        }
        let lines = AnnotationRenderer.render(gate).split(separator: "\n")
        #expect(lines.count { $0.hasPrefix("::error ") } == 10)
        #expect(lines.count { $0.hasPrefix("::warning ") } == 10)
        #expect(lines.last == "pack: 2 more errors, 1 more warning not shown here")
        #expect(lines.first == "::error file=f,line=1,title=PK1::m")
    }

    @Test func escapesAsTheRunnerDecodes() {
        var gate = Samples.empty
        gate.results = [
            .init(rule: "PK1", level: .error, outcome: .fail, message: "100%\r\n:a,b", path: "a,b:c%\n.py")
        ]
        #expect(
            AnnotationRenderer.render(gate)
                == "::error file=a%2Cb%3Ac%25%0A.py,title=PK1::100%25%0D%0A:a,b\n")
    }

    // Not one case a text: the names of cases would stand in the log, where a runner obeys them.
    @Test func noTextBecomesACommand() {
        for text in Samples.hostile + [Samples.long] {
            var gate = Samples.empty
            gate.configuration = text
            gate.problems = [text]
            gate.results = [
                .init(rule: text, level: .error, outcome: .fail, message: text, target: text, path: text, line: 1),
                .init(rule: text, level: .note, outcome: .unknown, message: text),
            ]
            let output = AnnotationRenderer.render(gate)
            let lines = output.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.count == 4 && lines.last == "")
            #expect(lines.dropLast().allSatisfy { $0.hasPrefix("::error file=") || $0.hasPrefix("::notice file=") })
            let isInjected = output.contains("##[")
            #expect(!isInjected)
            let isPlain = output.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 }
            #expect(isPlain)
        }
    }
}
