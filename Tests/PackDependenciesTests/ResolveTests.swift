import Glibc
import PackDependencies
import PackIO
import Testing

/// With programs that stand for `pip` and `uv`: no test needs a network. One after the other, because a program that is
/// open for writing in a child of another test can't be started.
@Suite(.serialized) struct ResolveTests {
    private static let selection = DependencySelection(
        target: TargetEnvironment(python: [3, 13], architecture: "arm64", libc: .glibc(major: 2, minor: 34)))

    /// A folder with a program in it, which is a shell script.
    private static func program(_ name: String, _ script: String) throws -> (folder: TemporaryFolder, path: String) {
        let folder = try TemporaryFolder()
        let file = try AtomicFile(path: "\(folder.path)/\(name)", mode: 0o755)
        try file.write(Array("#!/bin/sh\n\(script)\n".utf8))
        try file.commit()
        return (folder, "\(folder.path)/\(name)")
    }

    @Test func reportsAreRead() throws {
        let (folder, path) = try Self.program(
            "pip",
            "printf '%s\\n' \"$@\" > \"${0%/*}/arguments\"\necho noise\ncat '\(StandardsFixture.folder)/pip-report.json'"
        )
        let found = try Resolver(program: path).resolve(.texts(["requests[socks]>=2"]), selection: Self.selection)
        #expect(
            found.packages.map { "\($0.name)==\($0.version ?? "")" } == [
                "certifi==2026.10.19.post1", "charset-normalizer==3.5.2", "idna==3.20", "pysocks==1.7.1",
                "requests==2.34.2",
                "urllib3==2.8.0",
            ])
        #expect(found.roots == ["requests"] && found.isLocked && found.problems.isEmpty, "\(found.problems)")
        #expect(found.packages[3].reason == ["requests", "pysocks"] && found.packages[4].extras == ["socks"])
        #expect(found.packages[5].wheel == "urllib3-2.8.0-py3-none-any.whl" && found.packages[5].hashes.count == 1)
        let passed = try FileContents.bytes(of: "\(folder.path)/arguments")
        let arguments = String(decoding: passed, as: UTF8.self).split(separator: "\n").map(String.init)
        #expect(arguments.starts(with: ["install", "--dry-run", "--ignore-installed", "--quiet", "--report", "-"]))
        #expect(arguments.suffix(2) == ["--", "requests[socks]>=2"])
        for pair in [
            ["--platform", "manylinux_2_34_aarch64"], ["--abi", "cp313"], ["--python-version", "3.13"],
            ["--only-binary", ":all:"],
        ] {
            #expect(zip(arguments, arguments.dropFirst()).contains { [$0, $1] == pair }, "\(pair)")
        }
    }

    @Test func markersAreTheTargets() throws {
        // The report of a pip that runs on another system: it has what that needs, and lacks what the target needs.
        let report = """
            {"version": "1", "install": [
              {"requested": true, "metadata": {"name": "a", "version": "1", "requires_dist":
                ["b; platform_machine == \\"x86_64\\"", "c>=2; platform_machine == \\"aarch64\\""]}},
              {"requested": true, "metadata": {"name": "host", "version": "1"}},
              {"requested": false, "metadata": {"name": "b", "version": "1"}}MORE]}
            """
        let more = ",{\"requested\": true, \"metadata\": {\"name\": \"c\", \"version\": \"2\"}}"
        let script = """
            case "$*" in *"c>=2"*) cat <<'E'
            \(report.replacing("MORE", with: more))
            E
            ;; *) cat <<'E'
            \(report.replacing("MORE", with: ""))
            E
            ;; esac
            """
        let (folder, path) = try Self.program("pip3", script)
        let found = try withExtendedLifetime(folder) {
            try Resolver(program: path).resolve(
                .texts(["a", "host; platform_machine == 'x86_64'"]), selection: Self.selection)
        }
        #expect(found.packages.map(\.name) == ["a", "c"] && found.problems.isEmpty && found.roots == ["a"])
    }

    @Test func pipsOnOtherPythonsAreDoubted() throws {
        let (folder, path) = try Self.program(
            "pip", "echo '{\"version\": \"1\", \"install\": [], \"environment\": {\"python_version\": \"3.11\"}}'")
        let resolver = try Resolver(program: path)
        #expect(try resolver.resolve(.texts([]), selection: Self.selection).problems.count == 1)
        var selection = Self.selection
        selection.target.python = [3, 11, 4]
        #expect(
            try withExtendedLifetime(folder) { try resolver.resolve(.texts([]), selection: selection) }.problems.isEmpty
        )
    }

    @Test func uvWritesLocks() throws {
        let (folder, path) = try Self.program(
            "uv",
            "printf '%s\\n' \"$@\" > \"${0%/*}/arguments\"\ncat '\(StandardsFixture.folder)/locks/pylock/pylock.toml'")
        let found = try Resolver(program: path).resolve(.requirements("x.txt"), selection: Self.selection)
        #expect(found.kind == .resolved && found.packages.contains { $0.name == "requests" && $0.version == "2.34.2" })
        let passed = try FileContents.bytes(of: "\(folder.path)/arguments")
        let arguments = String(decoding: passed, as: UTF8.self).split(separator: "\n").map(String.init)
        #expect(arguments.last == "x.txt" && arguments.contains("aarch64-manylinux_2_34"))
        #expect(throws: DependencyError.self) {
            try Resolver(program: path).download(.requirements("x.txt"), to: "x", selection: Self.selection)
        }
    }

    @Test func wheelsAreFetched() throws {
        let script = """
            case "$1" in
            install) cat '\(StandardsFixture.folder)/pip-report.json';;
            download) shift; while [ "$1" != --dest ]; do shift; done; mkdir -p "$2"
              for f in certifi-2026.10.19.post1 idna-3.20 PySocks-1.7.1 requests-2.34.2 urllib3-2.8.0; do : > "$2/$f-py3-none-any.whl"; done
              : > "$2/charset_normalizer-3.5.2-py3-none-any.whl"; : > "$2/other-1.0-py3-none-any.whl";;
            esac
            """
        let (folder, path) = try Self.program("pip", script)
        let (_, wheels) = try Resolver(program: path).download(
            .texts(["requests[socks]"]), to: "\(folder.path)/cache", selection: Self.selection)
        #expect(wheels.count == 6 && wheels.allSatisfy { $0.hasPrefix("\(folder.path)/cache/") })
        #expect(!wheels.contains { $0.contains("other") })
    }

    @Test func failuresQuoteTheTool() throws {
        let (folder, path) = try Self.program("pip", "echo one >&2\necho 'ERROR: No matching distribution' >&2\nexit 3")
        let error = #expect(throws: DependencyError.self) {
            try withExtendedLifetime(folder) {
                try Resolver(program: path).resolve(.texts(["nope"]), selection: Self.selection)
            }
        }
        guard case .resolver(let program, let what, let lines) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(program == path && what == "failed with status 3")
        #expect(lines == ["one", "ERROR: No matching distribution"])
    }

    @Test func slowToolsAreEnded() throws {
        let (folder, path) = try Self.program("pip", "echo started >&2\nsleep 600 & echo $! > \"${0%/*}/child\"\nwait")
        var resolver = try Resolver(program: path)
        resolver.seconds = 1
        let error = #expect(throws: DependencyError.self) {
            try resolver.resolve(.texts(["a"]), selection: Self.selection)
        }
        #expect(error?.facts.what == "took more than 1 seconds" && error?.facts.found == "started")
        let bytes = try FileContents.bytes(of: "\(folder.path)/child")
        let child = try #require(Int32(String(decoding: bytes, as: UTF8.self).filter(\.isNumber)))
        // The group is gone as a whole; what is left is at most a corpse that nobody has collected.
        let state = (try? FileContents.bytes(of: "/proc/\(child)/comm", limit: 4096)) ?? []
        #expect(kill(child, 0) != 0 || state.isEmpty)
    }

    @Test func badProgramsAndTextsAreRefused() throws {
        #expect(throws: DependencyError.self) { try Resolver(program: "/bin/sh") }
        #expect(throws: DependencyError.self) { try Resolver(program: "/nonexistent/pip") }
        let (folder, path) = try Self.program("pip", "echo '{\"version\": \"1\", \"install\": []}'")
        let resolver = try Resolver(program: path)
        for text in ["-r /etc/passwd", "a\n--index-url=x", " --pre"] {
            #expect(throws: DependencyError.self, "\(text)") {
                try resolver.resolve(.texts([text]), selection: Self.selection)
            }
        }
        #expect(
            try withExtendedLifetime(folder) { try resolver.resolve(.texts([]), selection: Self.selection) }.packages
                .isEmpty)
        let (other, broken) = try Self.program("pip", "echo 'no report'")
        #expect(throws: DependencyError.self) {
            try withExtendedLifetime(other) {
                try Resolver(program: broken).resolve(.texts(["a"]), selection: Self.selection)
            }
        }
    }
}

/// With the real tools and an index, the pip on a Python 3.11: `PACK_PIP=PATH PACK_UV=PATH swift test --filter RealResolveTests`.
@Suite(.enabled(if: getenv("PACK_PIP") != nil && getenv("PACK_UV") != nil)) struct RealResolveTests {
    private static func resolve(
        _ name: String, _ wanted: [String], _ selection: DependencySelection
    ) throws -> [String] {
        let program = try String(cString: #require(getenv(name)))
        let found = try Resolver(program: program).resolve(.texts(wanted), selection: selection)
        #expect(found.problems.isEmpty && found.packages.allSatisfy { $0.wheel != nil }, "\(found.problems)")
        return found.packages.map { "\($0.name)==\($0.version ?? "")" }
    }

    @Test(
        arguments: ["x86_64", "arm64"],
        [["requests"], ["scikit-learn"], ["requests; platform_machine == 'aarch64'", "idna"]])
    func pipAndUvAgree(architecture: String, wanted: [String]) throws {
        let selection = DependencySelection(
            target: TargetEnvironment(python: [3, 11], architecture: architecture, libc: .glibc(major: 2, minor: 34)))
        let sets = try ["PACK_PIP", "PACK_UV"].map { try Self.resolve($0, wanted, selection) }
        #expect(sets[0] == sets[1] && !sets[0].isEmpty)
    }

    /// `PACK_REPORT` is what `pip install --dry-run --ignore-installed --report` said of `PACK_WANTED` on a Python 3.11 of
    /// x86_64; `uv` must say the same, without fetching what is large.
    @Test(.enabled(if: getenv("PACK_REPORT") != nil)) func uvAgreesWithPipItself() throws {
        let selection = DependencySelection(
            target: TargetEnvironment(python: [3, 11], architecture: "x86_64", libc: .glibc(major: 2, minor: 36)))
        let path = try String(cString: #require(getenv("PACK_REPORT")))
        let report = try DeclaredDependencies(path: path, kind: .resolved, selection: selection)
        let wanted = try String(cString: #require(getenv("PACK_WANTED"))).split(separator: " ").map(String.init)
        #expect(
            try Self.resolve("PACK_UV", wanted, selection) == report.packages.map { "\($0.name)==\($0.version ?? "")" })
    }
}
