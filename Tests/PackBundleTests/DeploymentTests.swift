import PackBundle
import PackIO
import PackProfiles
import Testing
import Yams

/// Names, references and sizes in deployment files.
@Suite struct DeploymentTests {
    @Test(arguments: [
        ("MiniLM", "minilm"), ("all-MiniLM-L6-v2", "all-minilm-l6-v2"), ("my.model_v1 (final)", "my-model-v1-final"),
        ("", "model"), ("模型", "model"), ("..", "model"), ("-a-", "a"), ("7b", "model-7b"), ("a\nb: c", "a-b-c"),
        ("café", "caf"), ("İstanbul", "i-stanbul"),
        (String(repeating: "a", count: 300), String(repeating: "a", count: 47)),
        (String(repeating: "a", count: 46) + "-b", String(repeating: "a", count: 46)),
        ("9" + String(repeating: "a", count: 300), "model-9" + String(repeating: "a", count: 40)),
    ]) func namesAreLabels(_ name: String, _ label: String) {
        #expect(DeploymentName.label(name) == label)
    }

    @Test(arguments: [
        "minilm", "minilm:1", "a/b/c:tag_1.2-x", "localhost/a", "localhost:5000/a:1", "eu.gcr.io/p/a@sha256:\(digest)",
        "123.dkr.ecr.eu-west-1.amazonaws.com/minilm:1@sha256:\(digest)", "Registry.example:443/a",
    ]) func references(_ text: String) { #expect(ImageReference.isValid(text)) }

    @Test(arguments: [
        "", " ", "a b", "A", "a:", ":a", "a:b:c", "/a", "a/", "a//b", "a@sha256:abc", "a@md5:\(digest)", "a\n",
        "a:t\nb", "a@",
        "a:-t", "-a", "host:99999/a", "host:x/a", "模型", "a@sha256:\(digest.uppercased())", "https://a.example/b",
        String(repeating: "a", count: 600),
    ]) func noReferences(_ text: String) { #expect(!ImageReference.isValid(text)) }

    static let digest = String(repeating: "0f", count: 32)

    // MARK: Sizes

    private static func profile(_ name: String, _ change: (inout String) -> Void = { _ in }) throws -> Profile {
        var text = String(decoding: try FileContents.bytes(of: "Profiles/\(name).yaml"), as: UTF8.self)
        change(&text)
        return try ProfileReader.read(text, file: name + ".yaml")
    }

    private static func facts(peak: Int, largest: Int? = nil, texts: Bool = true) -> DeploymentFacts {
        DeploymentFacts(
            model: "MiniLM", arch: "x86_64", bundle: "../minilm.tar", unpackedBytes: 20 << 20, peakBytes: peak,
            largestPeakBytes: largest, largest: largest.map { _ in "64 texts of 256 tokens" }, takesTexts: texts,
            startSeconds: 1.01,
            program: .init(graceSeconds: 8, bodyBytes: 6 << 20, waitingBytes: 70 << 20, gatheredTokens: 512),
            image: nil, push: "skopeo copy …", version: "0")
    }

    private static func settings(_ facts: DeploymentFacts, _ profile: Profile) throws -> DeploymentSettings {
        DeploymentSettings(facts, on: profile, as: try #require(DeploymentPlatform(profile)))
    }

    /// What is needed: the peak and a quarter, what waits, and 16 MiB; 12 MiB of requests on Lambda.
    @Test(arguments: [
        ("cloud-run", 40, 136, 1.0), ("cloud-run", 4000, 5086, 2.0), ("cloud-run", 20_000, 25_086, 8.0),
        ("kubernetes", 40, 136, 1.0), ("kubernetes", 4000, 5086, 1.0), ("lambda", 40, 128, nil),
        ("lambda", 400, 528, nil),
        ("lambda-image", 400, 528, nil), ("lambda", 9000, 10_240, nil),
    ]) func theSmallestMemoryThatHoldsIt(_ name: String, _ peak: Int, _ memory: Int, _ processors: Double?) throws {
        let settings = try Self.settings(Self.facts(peak: peak << 20), try Self.profile(name))
        #expect(settings.memory.value == memory)
        #expect(settings.processors?.value == processors)
    }

    @Test func theLargestRequestCountsWhereItIsPredicted() throws {
        let settings = try Self.settings(Self.facts(peak: 40 << 20, largest: 300 << 20), try Self.profile("cloud-run"))
        #expect(settings.memory.value == 386)
        #expect(settings.memory.why.contains("64 texts of 256 tokens"))
    }

    @Test func aSizeThatIsTooSmallSaysSo() throws {
        let settings = try Self.settings(Self.facts(peak: 9000 << 20), try Self.profile("lambda"))
        #expect(settings.memory.why.contains("does not hold that"))
    }

    /// A platform whose rows end below a whole processor lends instances to one request at a time.
    @Test func fractionsOfAProcessorHaveOneRequest() throws {
        let small = try Self.profile("cloud-run") { text in
            for row in ["1, minimum: 128, maximum: 4096", "2, minimum: 128, maximum: 8192"] {
                text = text.replacing("    - {vcpus: \(row)}\n", with: "")
            }
            for row in [
                "4, minimum: 2048, maximum: 16384", "6, minimum: 4096, maximum: 24576",
                "8, minimum: 4096, maximum: 32768",
            ] {
                text = text.replacing("    - {vcpus: \(row)}\n", with: "")
            }
        }
        let settings = try Self.settings(Self.facts(peak: 40 << 20), small)
        #expect(settings.processors?.value == 0.5)
        #expect(settings.concurrency.value == 1)
    }

    @Test(arguments: [
        ("cloud-run", true, 32), ("cloud-run", false, 8), ("kubernetes", true, 32), ("lambda", true, nil),
    ])
    func requestsAtATime(_ name: String, _ texts: Bool, _ count: Int?) throws {
        let settings = try Self.settings(Self.facts(peak: 1, texts: texts), try Self.profile(name))
        #expect(settings.concurrency.value == count)
    }

    @Test func limitsThatAProfileDoesNotStateAreSaidToBeMissing() throws {
        let bare = try Self.profile("kubernetes") { text in
            let stated = "{value: none, source: none, date: 2026-11-23, verified: false}"
            text =
                text.split(separator: "limits:")[0] + "limits:\n"
                + ["image.size", "memory.default", "memory.maximum", "startup.time", "request.time"]
                .map { "  \($0): \(stated)\n" }.joined()
        }
        let settings = try Self.settings(Self.facts(peak: 1 << 20), bare)
        #expect(settings.timeout.value == nil)
        #expect(settings.timeout.why.contains("request.time none"))
        #expect(settings.startTries.value == 11)
        #expect(settings.startTries.why.contains("startup.time none"))
        #expect(settings.storage.why.contains("no limit of it"))
        #expect(settings.concurrency.why.contains("states no bounds"))
        for file in DeploymentPlatform.kubernetes.files(settings) {
            for document in try Yams.load_all(yaml: file.text) { #expect(document is [String: Any]) }
        }
    }

    @Test func platformsByProfile() throws {
        #expect(DeploymentPlatform(try Self.profile("fargate")) == nil)
        #expect(DeploymentPlatform(try Self.profile("lambda-python")) == nil)
        #expect(DeploymentPlatform(try Self.profile("lambda-2020")) == .lambda)
        #expect(DeploymentPlatform(try Self.profile("cloud-run-2020")) == .cloudRun)
    }

    /// Names, paths and models come from strangers, and stay inside their values and comments.
    @Test(arguments: DeploymentPlatform.allCases) func strangeTextsStayTexts(_ platform: DeploymentPlatform) throws {
        var facts = Self.facts(peak: 40 << 20)
        facts.model = "a\nkind: Secret\r\u{2028}x: \"y"
        facts.bundle = "../a\"\n  b: c #.zip"
        facts.push = "skopeo\nx: y"
        let files = platform.files(try Self.settings(facts, try Self.profile(platform.rawValue)))
        #expect(files.map(\.name) == platform.names)
        for file in files {
            #expect(DeploymentPlatform.isOurs(file.text))
            for document in try Yams.load_all(yaml: file.text) {
                let kind = (document as? [String: Any])?["kind"] as? String
                #expect(kind != "Secret")
                if platform == .lambda {
                    let resources = (document as? [String: Any])?["Resources"] as? [String: [String: Any]]
                    let properties = resources?["Model"]?["Properties"] as? [String: Any]
                    #expect(properties?["CodeUri"] as? String == facts.bundle)
                }
            }
        }
    }
}
