import PackDependencies
import PackIO
import Testing

/// Against what the tools themselves install; see Fixtures/python/README.md.
@Suite struct LocksTests {
    private static let folder = StandardsFixture.folder + "/locks"

    private static func target(_ python: String, _ architecture: String = "x86_64") -> TargetEnvironment {
        TargetEnvironment(
            python: python.split(separator: ".").compactMap { Int($0) }, architecture: architecture,
            libc: .glibc(major: 2, minor: 34))
    }

    private static func read(
        _ lock: String, _ target: TargetEnvironment, extras: Set<String> = [], groups: Set<String> = []
    ) throws -> DeclaredDependencies {
        let kind = try #require(DeclaredDependencies.kind(ofFile: lock.split(separator: "/").last ?? ""))
        return try DeclaredDependencies(
            path: "\(folder)/\(lock)", kind: kind,
            selection: DependencySelection(target: target, extras: extras, groups: groups))
    }

    @Test func setsAreThoseThatTheToolsInstall() throws {
        for row in try StandardsFixture.rows("locks/installed.txt", columns: 5) {
            let declared = try Self.read(
                row[0], Self.target(row[1]), extras: Set(row[2].split(separator: ",").map(String.init)),
                groups: Set(row[3].split(separator: ",").map(String.init)))
            let found = declared.packages.map { "\($0.name)==\($0.version ?? "")" }
            #expect(found.sorted().joined(separator: " ") == row[4], "\(row[0]) \(row[1]) \(row[2]) \(row[3])")
            #expect(declared.problems.isEmpty && declared.isLocked, "\(declared.problems)")
            #expect(declared.packages.allSatisfy { $0.certainty == .yes && $0.refusals.isEmpty }, "\(row[0])")
        }
    }

    @Test func otherMachinesHaveTheirOwnSet() throws {
        let found = try Self.read("uv/uv.lock", Self.target("3.13", "arm64"))
        #expect(!found.packages.contains { $0.name == "cffi" || $0.name == "pycparser" })
        let markupsafe = try #require(found.packages.first { $0.name == "markupsafe" })
        #expect(markupsafe.wheel?.contains("aarch64") == true && markupsafe.wheel?.contains("cp313-cp313-") == true)
        #expect(found.roots == ["jinja2", "requests"])
    }

    @Test func packagesKnowWhyTheyAreThere() throws {
        let found = try Self.read("uv/uv.lock", Self.target("3.13"))
        let urllib3 = try #require(found.packages.first { $0.name == "urllib3" })
        #expect(urllib3.reason == ["requests", "urllib3"])
        #expect(urllib3.wheel == "urllib3-2.8.0-py3-none-any.whl" && urllib3.zippedBytes == 135_717)
        #expect(urllib3.hashes == ["sha256:0cf3cae568d36aa9576b28dfb35f11328f1cb974ca7647d9475ebb86c75ac6e3"])
        #expect(urllib3.place.file.hasSuffix("uv.lock") && (urllib3.place.line ?? 0) > 100)
        let requests = try #require(found.packages.first { $0.name == "requests" })
        #expect(requests.extras == ["socks"])
        #expect(requests.dependencies == ["certifi", "charset-normalizer", "idna", "pysocks", "urllib3"])
        let poetry = try Self.read("poetry1/poetry.lock", Self.target("3.13"))
        #expect(poetry.packages.first { $0.name == "pysocks" }?.reason == ["requests", "pysocks"])
        let pylock = try Self.read("pylock/pylock.toml", Self.target("3.13"))
        #expect(pylock.packages.first { $0.name == "urllib3" }?.zippedBytes == 135_717)
    }

    @Test func targetsWithoutWheelsSayWhy() throws {
        var target = Self.target("3.13")
        target.libc = .glibc(major: 2, minor: 12)
        let found = try Self.read("uv/uv.lock", target)
        let cffi = try #require(found.packages.first { $0.name == "cffi" })
        #expect(cffi.wheel == nil && cffi.isSourceOnly)
        #expect(cffi.refusals.contains("needs glibc 2.17; the platform has glibc 2.12"), "\(cffi.refusals)")
        #expect(found.allows(target) == true && found.allows(Self.target("3.8")) == false)
    }

    private static func declared(
        _ name: String, _ text: String, groups: Set<String> = [], extras: Set<String> = []
    ) throws -> DeclaredDependencies {
        let folder = try TemporaryFolder()
        let file = try AtomicFile(path: "\(folder.path)/\(name)")
        try file.write(Array(text.utf8))
        try file.commit()
        let kind = try #require(DeclaredDependencies.kind(ofFile: name))
        return try withExtendedLifetime(folder) {
            try DeclaredDependencies(
                path: "\(folder.path)/\(name)", kind: kind,
                selection: DependencySelection(target: target("3.13"), extras: extras, groups: groups))
        }
    }

    @Test func circlesInLocksEnd() throws {
        let text = """
            version = 1
            [[package]]
            name = "me"
            version = "1"
            source = { virtual = "." }
            dependencies = [{ name = "a" }, { name = "gone" }]
            [[package]]
            name = "a"
            version = "1"
            dependencies = [{ name = "b", extra = ["x"] }]
            [[package]]
            name = "b"
            version = "1"
            [package.optional-dependencies]
            x = [{ name = "a", marker = "platform_release > '5'" }, { name = "c", marker = "platform_version == 'x'" }]
            [[package]]
            name = "c"
            version = "2"
            dependencies = [{ name = "c" }, { name = "a", marker = "what is this" }]
            """
        let found = try Self.declared("uv.lock", text)
        #expect(found.packages.map(\.name) == ["a", "b", "c"])
        #expect(found.packages.map(\.certainty) == [.yes, .yes, .unknown])
        #expect(found.packages[2].reason == ["a", "b", "c"])
        #expect(
            found.problems.map(\.text).sorted() == [
                "has a marker that can't be read: what is this", "has no package gone, which is needed",
            ])
    }

    @Test func manyForksOfOneNameEnd() throws {
        let fork = "[[package]]\nname = \"a\"\nversion = \"1\"\ndependencies = [{ name = \"a\" }]\n"
        let text =
            "[[package]]\nname = \"me\"\nsource = { virtual = \".\" }\ndependencies = [{ name = \"a\" }]\n"
            + String(repeating: fork, count: 20_000)
        #expect(try Self.declared("uv.lock", text).packages.isEmpty == false)
    }

    @Test func wrongFormsAreCollected() throws {
        let text =
            "version = 7\n[[package]]\nname = 3\n[[package]]\nname = \"ok\"\nsource = { editable = \".\" }\ndependencies = [3]\n"
        let found = try Self.declared("uv.lock", text)
        #expect(found.problems.count == 3 && found.packages.isEmpty, "\(found.problems)")
        #expect(found.problems.allSatisfy { $0.path.contains("uv.lock:") })
        #expect(throws: DependencyError.self) { try Self.declared("Pipfile.lock", "{\"default\": {") }
        #expect(try Self.declared("Pipfile.lock", "[]").packages.isEmpty)
        #expect(try Self.declared("pylock.toml", "lock-version = \"2.0\"\npackages = 3").problems.count == 2)
        #expect(try Self.declared("poetry.lock", "package = { a = 1 }").packages.isEmpty)
    }

    @Test func pylockMarkersSeeExtrasAndGroups() throws {
        let text = """
            lock-version = "1.0"
            default-groups = ["main"]
            extras = ["cli"]
            dependency-groups = ["main", "dev"]
            [[packages]]
            name = "A_b"
            version = "1"
            marker = "'main' in dependency_groups"
            dependencies = [{ name = "c" }]
            [[packages]]
            name = "c"
            wheels = [{ url = "https://example.org/c-1.0%2Bcpu-py3-none-any.whl", size = 7, hashes = { sha256 = "00" } }]
            [[packages]]
            name = "d"
            marker = "'cli' in extras"
            directory = { path = "./d" }
            [[packages]]
            name = "e"
            marker = "'dev' in dependency_groups and 'cli' in extras"
            """
        let plain = try Self.declared("pylock.toml", text)
        #expect(plain.packages.map(\.name) == ["a-b", "c"] && plain.roots == ["a-b"])
        #expect(plain.packages[1].wheel == "c-1.0+cpu-py3-none-any.whl" && plain.packages[1].zippedBytes == 7)
        let all = try Self.declared("pylock.toml", text, groups: ["dev"], extras: ["cli"])
        #expect(all.packages.map(\.name) == ["a-b", "c", "d", "e"])
        #expect(all.packages[2].origin == "./d" && all.packages[2].isSourceOnly)
    }

    @Test func projectsAreRead() throws {
        let text = """
            [project]
            name = "me"
            requires-python = ">=3.9"
            dependencies = [
                "a>=1",
                "b==2.0; sys_platform == 'win32'",
                "not a requirement",
                "c[x]; platform_release > '5'",
            ]
            [project.optional-dependencies]
            all = ["me[one,two]"]
            one = ["d"]
            two = ["e", "me[all]"]
            [dependency-groups]
            test = ["f"]
            dev = [{ include-group = "Test" }, "g==1.5", { include-group = "none" }]
            """
        let found = try Self.declared("pyproject.toml", text, groups: ["dev"], extras: ["all"])
        #expect(found.packages.map(\.name) == ["a", "c", "d", "e", "f", "g"])
        #expect(found.packages.map { $0.place.line ?? 0 } == [5, 8, 12, 13, 15, 16])
        #expect(found.packages[1].certainty == .unknown && found.packages[5].version == "1.5")
        #expect(found.problems.count == 2 && found.problems[0].path.hasSuffix(":7"), "\(found.problems)")
        #expect(found.isLocked == false && found.allows(Self.target("3.8")) == false)
        let missing = try Self.declared("pyproject.toml", text, groups: ["nope"], extras: ["none"])
        #expect(missing.problems.map(\.text).filter { $0.contains("none") || $0.contains("nope") }.count == 2)
    }

    @Test func circlesOfGroupsAreErrors() throws {
        let text =
            "[dependency-groups]\na = [{ include-group = 'b' }]\nb = [{ include-group = 'c' }]\nc = [{ include-group = 'b' }]\n"
        let error = #expect(throws: DependencyError.self) { try Self.declared("pyproject.toml", text, groups: ["a"]) }
        #expect(error?.facts.found == "b -> c -> b" && error?.facts.place == "line 3")
    }

    @Test(arguments: [
        ("^1.2.3", ">=1.2.3,<2"), ("^0.2.3", ">=0.2.3,<0.3"), ("^0.0.3", ">=0.0.3,<0.0.4"), ("^0", ">=0,<1"),
        ("^0.0", ">=0.0,<0.1"),
        ("~1.2.3", ">=1.2.3,<1.3"), ("~1", ">=1,<2"), ("1.*", "==1.*"), ("1.2", "==1.2"), ("*", ""),
        (">=1, <2", ">=1,<2"), (">=1 <2", ">=1,<2"),
    ])
    func poetryConstraints(text: String, expected: String) throws {
        let project =
            "[tool.poetry.dependencies]\npython = \"^3.9\"\nA = { version = \"\(text)\", extras = [\"x\"], python = \">=3.10\" }\n"
        let found = try Self.declared("pyproject.toml", project)
        let marker = "; (python_version >= \"3.10\")"
        #expect(found.packages.first?.requirements == ["A[x]\(expected) \(marker)"])
        #expect(found.requiresPython?.description == ">=3.9,<4")
    }

    @Test func foldersAreLookedThrough() throws {
        let files = try ProjectFiles(
            in: "\(Self.folder)/poetry", selection: DependencySelection(target: Self.target("3.13")))
        #expect(files.used?.kind == .poetryLock && files.failures.isEmpty)
        #expect(files.ignored.map(\.reason) == ["is used only for what the project itself asks for"])
        let uv = try ProjectFiles(in: "\(Self.folder)/uv", selection: DependencySelection(target: Self.target("3.13")))
        #expect(uv.used?.kind == .uvLock && uv.ignored.map(\.reason) == ["is less exact than uv.lock"])
        let folder = try TemporaryFolder()
        for (name, text) in [
            ("uv.lock", "[["), ("requirements.txt", "a==1"), ("requirements-dev.txt", "b"), ("notes.txt", "x"),
        ] {
            let file = try AtomicFile(path: "\(folder.path)/\(name)")
            try file.write(Array(text.utf8))
            try file.commit()
        }
        let mixed = try ProjectFiles(in: folder.path, selection: DependencySelection(target: Self.target("3.13")))
        #expect(mixed.used?.kind == .requirements && mixed.failures.count == 1 && mixed.ignored.count == 1)
    }
}
