import PackReport

/// Assessments to write.
enum Samples {
    static let rules: [Assessment.Rule] = [
        .init(
            code: "PK101", id: "package.unpacked", title: "Unpacked size of the package",
            help: "The platform unpacks the package and refuses one that is larger than its limit.",
            helpMarkdown: "The platform **unpacks** the package and refuses one that is larger than its limit."),
        .init(
            code: "PK102", id: "memory.peak", title: "Peak memory",
            help: "More memory than the platform gives ends the process.",
            helpMarkdown: "More memory than the platform gives **ends the process**.", level: .warning),
        .init(
            code: "PK201", id: "elf.glibc", title: "Needed version of glibc",
            help: "A library that needs a newer glibc does not load.",
            helpMarkdown: "A library that needs a newer `glibc` does not load."),
    ]

    /// A gate that fails: one failure, one warning, one unknown, one pass.
    static var gate: Assessment {
        var gate = Assessment(
            toolVersion: "1.2.0", title: "pack gate for app", outcome: .fails, configuration: "pack.yaml")
        gate.rules = rules
        gate.results = [
            .init(
                rule: "PK101", level: .error, outcome: .fail, message: "311,000,000 B of 262,144,000 B (250 MiB)",
                target: "lambda", measured: "311,000,000 B", limit: "262,144,000 B"),
            .init(
                rule: "PK102", level: .warning, outcome: .unknown, message: "peak memory was not measured",
                target: "lambda", limit: "10 GiB"),
            .init(
                rule: "PK201", level: .warning, outcome: .fail, message: "needs glibc 2.38, there is 2.34",
                target: "lambda", path: "site-packages/numpy/core/_multiarray umath.so", measured: "2.38",
                limit: "2.34"),
            .init(
                rule: "PK101", level: .none, outcome: .pass, message: "311,000,000 B of 32 GiB", target: "cloud-run",
                measured: "311,000,000 B", limit: "32 GiB"),
        ]
        gate.measures = [
            .init(
                name: "package.unpacked", target: "lambda", unit: .bytes, measured: 311_000_000, limit: 262_144_000,
                baseline: 250_000_000, outcome: .fail),
            .init(
                name: "startup.time", target: "lambda", unit: .seconds, measured: 1.25, limit: 10, baseline: 1,
                outcome: .pass),
            .init(name: "memory.peak", target: "lambda", unit: .bytes, measured: nil, limit: 512e6, outcome: .unknown),
        ]
        gate.changes = [
            .init(kind: "package", name: "torch", before: "2.8.0", after: "2.9.0", bytes: 60_000_000),
            .init(kind: "file", name: "model/vocab.txt", before: nil, after: "1.2 MB", bytes: 1_200_000),
            .init(kind: "package", name: "sympy", before: "1.13", after: nil, bytes: -200_000),
        ]
        gate.contributors = [
            .init(kind: "package", name: "torch", bytes: 210_000_000),
            .init(kind: "file", name: "model/model.safetensors", bytes: 90_000_000),
        ]
        return gate
    }

    /// Texts that formats, terminals, shells and browsers would obey.
    static let hostile = [
        "\u{1B}[31mred\u{1B}]0;title\u{7}", "evil\u{202E}gpj.exe", "</script><script>alert(1)</script>",
        "::error::injected", "\n::error file=x::injected", "\r\n##[add-mask]x", "a##[error]b", "]]>", "a\0b", "tab\tb",
        "%0A::stop-commands::x", "a,b:c=d", "[click](javascript:alert(1))", "<img src=x onerror=alert(1)>",
        "`code` *strong* | cell @team #1", "-->", "{0} {{1}}", "\u{FFFE}\u{FFFF}", "é文字🎉", "..\\..\\x", "", " ",
    ]

    /// A name of 10 KB.
    static let long = String(repeating: "long/", count: 2048)

    /// Every field that may come from a file holds a hostile text.
    static var hostileGate: Assessment {
        var gate = Assessment(
            toolVersion: "1.2.0", title: hostile.joined(separator: " "), outcome: .couldNotJudge,
            configuration: "pack.yaml")
        gate.rules = rules
        gate.results = hostile.map { text in
            .init(
                rule: "PK101", level: .error, outcome: .fail, message: text, target: text, path: text, line: 3,
                measured: text, limit: text)
        }
        gate.measures = hostile.map {
            .init(name: $0, target: $0, unit: .bytes, measured: 2e300, limit: -1, baseline: 0, outcome: .fail)
        }
        gate.changes = hostile.map { .init(kind: $0, name: $0, before: $0, after: $0, bytes: .min) }
        gate.contributors = hostile.map { .init(kind: $0, name: $0, bytes: .max) }
        gate.problems = hostile
        return gate
    }

    /// Nothing to say at all.
    static let empty = Assessment(
        toolVersion: "1.2.0", title: "", outcome: .passes, configuration: "pack.yaml")
}
