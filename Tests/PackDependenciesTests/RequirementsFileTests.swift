import PackDependencies
import PackIO
import Testing

@Suite struct RequirementsFileTests {
    private static let selection = DependencySelection(
        target: TargetEnvironment(python: [3, 13], architecture: "x86_64", libc: .glibc(major: 2, minor: 34)))

    /// Writes files into a folder, and reads one of them.
    private static func read(
        _ files: [(name: String, text: String)], path: String = "requirements.txt", environment: [String: String] = [:]
    ) throws -> (file: RequirementsFile, folder: String) {
        let folder = try TemporaryFolder()
        for name in ["sub"] where files.contains(where: { $0.name.hasPrefix(name + "/") }) {
            try makeFolder("\(folder.path)/\(name)")
        }
        for (name, text) in files {
            let file = try AtomicFile(path: "\(folder.path)/\(name)")
            try file.write(Array(text.utf8))
            try file.commit()
        }
        return try withExtendedLifetime(folder) {
            (try RequirementsFile(path: "\(folder.path)/\(path)", environment: environment), folder.path)
        }
    }

    @Test func linesAreReadAsPipDoes() throws {
        let text = """
            # a comment
            requests [socks]>=2 ; python_version >= "3" # another
            numpy==2.3.5 \\
                --hash=sha256:aa \\
                --hash sha256:bb
            -e ./local[x]
            git+https://example.org/r.git@v1#egg=gitted&subdirectory=s
            https://example.org/a_b-1.0-py3-none-any.whl ; os_name == "posix"
            ./wheels/c-2.0-py3-none-any.whl
            --index-url https://example.org/simple
            --extra-index-url=https://example.org/other
            -fhttps://example.org/links
            --pre
            flask \\
            # a comment ends it
            django
            d @ https://example.org/d.zip#sha256=00 ; sys_platform == "win32"
            \u{20}\t
            what is this
            --unknown x
            z${NAME}z==${VERSION} ${lower}
            """
        let (file, _) = try Self.read([("requirements.txt", text)], environment: ["VERSION": "1.5"])
        #expect(
            file.entries.map { $0.requirement?.package ?? "-" } == [
                "requests", "numpy", "-", "gitted", "a-b", "c", "flask", "django", "d",
            ])
        #expect(file.entries.map { $0.place.line ?? 0 } == [2, 3, 6, 7, 8, 9, 14, 16, 17])
        #expect(file.entries[1].hashes == ["sha256:aa", "sha256:bb"])
        #expect(file.entries[2].isEditable && file.entries[2].origin == "./local[x]")
        #expect(file.entries[3].origin == "git+https://example.org/r.git@v1#egg=gitted&subdirectory=s")
        #expect(file.options.map(\.name) == ["--index-url", "--extra-index-url", "--find-links", "--pre"])
        #expect(file.options[2].value == "https://example.org/links" && file.options[1].place.line == 11)
        #expect(file.problems.map { $0.path.split(separator: ":").last ?? "" } == ["19", "20", "21", "21"])
        let declared = file.declared(for: Self.selection)
        #expect(declared.packages.map(\.name) == ["a-b", "c", "django", "flask", "gitted", "numpy", "requests"])
        #expect(declared.packages[1].wheel == "c-2.0-py3-none-any.whl" && declared.packages[1].version == "2.0")
        #expect(declared.packages[5].version == "2.3.5" && declared.packages[6].extras == ["socks"])
        #expect(declared.isLocked == false && declared.problems.count == 5)
    }

    @Test func filesAreFollowedOnceAndInsideOnly() throws {
        let (file, folder) = try Self.read([
            (
                "requirements.txt",
                "-r sub/a.txt\n-r sub/b.txt\n-c limits.txt\n-r ../outside.txt\n-r /etc/hostname\n-r none.txt\n"
            ),
            ("sub/a.txt", "a\n--requirement=b.txt\n"), ("sub/b.txt", "b\n-r https://example.org/x.txt\n"),
            ("limits.txt", "a==1.0\nunused==2\nb<3"),
        ])
        #expect(file.entries.map(\.text) == ["a", "b", "a==1.0", "unused==2", "b<3"])
        #expect(
            file.files.map { $0.dropFirst(folder.count + 1) } == [
                "requirements.txt", "sub/a.txt", "sub/b.txt", "limits.txt",
            ])
        #expect(file.problems.count == 4, "\(file.problems)")
        let declared = file.declared(for: Self.selection)
        #expect(declared.packages.map(\.name) == ["a", "b"] && declared.roots == ["a", "b"])
        #expect(declared.packages[0].version == "1.0" && declared.packages[1].requirements == ["b", "b<3"])
    }

    @Test func linksDoNotLeadOut() throws {
        let outside = try TemporaryFolder()
        let folder = try TemporaryFolder()
        let secret = try AtomicFile(path: "\(outside.path)/s.txt")
        try secret.write(Array("secret".utf8))
        try secret.commit()
        let file = try AtomicFile(path: "\(folder.path)/requirements.txt")
        try file.write(Array("-r link.txt".utf8))
        try file.commit()
        try makeLink("\(folder.path)/link.txt", to: "\(outside.path)/s.txt")
        let read = try RequirementsFile(path: "\(folder.path)/requirements.txt")
        #expect(read.entries.isEmpty && read.problems.count == 1)
        let wider = try RequirementsFile(path: "\(folder.path)/requirements.txt", root: "/")
        #expect(wider.entries.map(\.text) == ["secret"])
    }

    @Test func circlesAreErrorsThatNameThem() throws {
        let error = #expect(throws: DependencyError.self) {
            try Self.read([
                ("requirements.txt", "a\n-r sub/b.txt"), ("sub/b.txt", "\n\n-r ../sub/./c.txt"),
                ("sub/c.txt", "-r b.txt"),
            ])
        }
        guard case .cycle(let file, let line, _, let names) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(file.hasSuffix("sub/c.txt") && line == 1)
        #expect(names.map { $0.split(separator: "/").last ?? "" } == ["b.txt", "c.txt", "b.txt"])
    }

    @Test func longChainsEnd() throws {
        let files = (0..<60).map { (name: "f\($0).txt", text: "p\($0)\n-r f\($0 + 1).txt") } + [("f60.txt", "end")]
        let (file, _) = try Self.read(files, path: "f0.txt")
        #expect(file.entries.count == 32 && file.problems.count == 1)
    }

    @Test func hugeFilesAreRead() throws {
        let lines = (0..<100_000).map { "package-\($0)==1.\($0) --hash=sha256:\($0)\n" }.joined()
        let (file, _) = try Self.read([("requirements.txt", lines)])
        #expect(file.entries.count == 100_000 && file.entries[99_999].place.line == 100_000)
        let declared = file.declared(for: Self.selection)
        #expect(declared.packages.count == 100_000 && declared.isLocked)
        let continued = String(repeating: "a \\\n", count: 100_000)
        #expect(try Self.read([("requirements.txt", continued)]).file.problems.count == 1)
    }

    @Test func otherBytesAreErrors() throws {
        let folder = try TemporaryFolder()
        let file = try AtomicFile(path: "\(folder.path)/r.txt")
        try file.write([0x61, 0x0A, 0xFF, 0xFE, 0x0A])
        try file.commit()
        let error = #expect(throws: DependencyError.self) { try RequirementsFile(path: "\(folder.path)/r.txt") }
        #expect(error?.facts.place == "line 2")
        #expect(throws: DependencyError.self) { try RequirementsFile(path: "\(folder.path)/none.txt") }
        #expect(throws: DependencyError.self) { try RequirementsFile(path: folder.path) }
    }
}
