import PackDependencies
import Testing

@Suite struct InstalledTests {
    private func kinds(_ found: InstalledPackages) -> Set<InstalledFinding.Kind> { Set(found.findings.map(\.kind)) }

    @Test func packagesAndTheirFiles() throws {
        let tree = FileTree.built { tree in
            tree.addPackage(
                "Foo.Bar", "2.0", requires: ["baz>=1 ; extra == 'x'", "qux"], tag: "cp312-cp312-manylinux_2_28_x86_64",
                files: [("foo/__init__.py", "x = 1"), ("foo/data.bin", "123")],
                headers: "License: MIT\nSummary: Things\n  of note\nRequires-Python: >=3.9\nProvides-Extra: x\n")
            tree.add("foo/__pycache__/__init__.cpython-312.pyc", "cache")
            tree.add("foo/own.py", "mine")
            tree.add("app.py", "import foo")
        }
        let found = InstalledPackages.find(in: tree)
        let package = try #require(found.packages.first)
        #expect(found.packages.count == 1 && found.findings.isEmpty && found.problems.isEmpty)
        #expect(package.name == "Foo.Bar" && package.normalizedName == "foo-bar" && package.version == "2.0")
        #expect(package.requires == ["baz>=1 ; extra == 'x'", "qux"] && package.extras == ["x"])
        #expect(package.license == "MIT" && package.summary == "Things\n  of note" && package.requiresPython == ">=3.9")
        #expect(package.tags == ["cp312-cp312-manylinux_2_28_x86_64"] && package.record != nil)
        #expect(
            tree.paths(package.files) == [
                "Foo.Bar-2.0.dist-info/METADATA", "Foo.Bar-2.0.dist-info/RECORD", "Foo.Bar-2.0.dist-info/WHEEL",
                "foo/__init__.py", "foo/__pycache__/__init__.cpython-312.pyc", "foo/data.bin",
            ])
        #expect(
            found.unowned == [
                UnownedFiles(folder: "", count: 1, bytes: 10), UnownedFiles(folder: "foo", count: 1, bytes: 4),
            ])
        #expect(package.bytes + 14 == tree.bytes)
        #expect(found.index(named: "foo_bar") == 0 && found.index(named: "foo") == nil)
    }

    @Test func severalSitesAndVendoredPackages() throws {
        let debian = "usr/lib/python3/dist-packages"
        let local = "usr/local/lib/python3.12/site-packages"
        let tree = FileTree.built { tree in
            tree.addPackage("six", "1.16.0", site: debian, files: [("six.py", "1")])
            tree.addPackage("six", "1.17.0", site: local, files: [("six.py", "2")])
            let inner = "setuptools/_vendor/wheel-0.45.dist-info/METADATA"
            tree.addPackage("setuptools", "80.0", site: local, files: [(inner, "Name: wheel\nVersion: 0.45\n")])
        }
        let found = InstalledPackages.find(in: tree)
        #expect(found.packages.map(\.name) == ["six", "setuptools", "six"])
        #expect(found.sites == [PackageSite(path: debian, python: [3]), PackageSite(path: local, python: [3, 12])])
        #expect(found.findings.map(\.kind) == [.duplicate])
        #expect(found.findings.first?.package == 2 && found.packages[2].version == "1.17.0")
    }

    @Test func eggsAndPackagesWithoutRecord() throws {
        let tree = FileTree.built { tree in
            tree.add("foo-1.0-py3.12.egg-info/PKG-INFO", "Name: foo\nVersion: 1.0\n")
            tree.add("foo-1.0-py3.12.egg-info/top_level.txt", "foo\n_foo\n")
            tree.add(
                "foo-1.0-py3.12.egg-info/requires.txt",
                "a>1\n\n[x]\nb\n\n[:python_version<'3']\nc\n\n[y:os_name=='nt']\nd\n")
            tree.add("foo/a.py", "")
            tree.add("_foo.cpython-312-x86_64-linux-gnu.so", "elf")
            tree.add("_foo.data/x", "")
            tree.add("old-2.1-py3.11.egg-info", "Metadata-Version: 1.0\nName: old\nVersion: 2.1\n")
            tree.add("old.py", "")
            tree.add("mine.egg-info/PKG-INFO", "Name: mine\nVersion: 0.1\n")
            tree.add("mine/code.py", "")
        }
        let found = InstalledPackages.find(in: tree)
        #expect(found.packages.map(\.name) == ["foo", "mine", "old"])
        #expect(found.findings.isEmpty)
        #expect(
            found.packages[0].requires == [
                "a>1", "b ; extra == 'x'", "c ; (python_version<'3')", "d ; extra == 'y' and (os_name=='nt')",
            ])
        #expect(tree.paths(found.packages[0].files).suffix(1) == ["foo/a.py"])
        #expect(tree.paths(found.packages[0].files).contains("_foo.cpython-312-x86_64-linux-gnu.so"))
        #expect(tree.paths(found.packages[2].files) == ["old-2.1-py3.11.egg-info", "old.py"])
        #expect(Set(found.unowned.map(\.folder)) == ["_foo.data", "mine"])
    }

    @Test func originsInstallersAndEntryPoints() throws {
        let tree = FileTree.built { tree in
            tree.addPackage("a")
            tree.add("a-1.0.dist-info/INSTALLER", "uv\n")
            tree.add(
                "a-1.0.dist-info/direct_url.json", "{\"url\": \"file:///home/a\", \"dir_info\": {\"editable\": true}}")
            tree.add(
                "a-1.0.dist-info/entry_points.txt",
                "# c\n[console_scripts]\na = a.cli:main [x]\n\n[plugins]\nb=a.plug\n")
            tree.addPackage("b")
            tree.add("b-1.0.dist-info/direct_url.json", "{\"url\": ")
        }
        let found = InstalledPackages.find(in: tree)
        #expect(found.packages[0].installer == "uv")
        #expect(found.packages[0].origin == PackageOrigin(url: "file:///home/a", isEditable: true, commit: nil))
        #expect(
            found.packages[0].entryPoints == [
                PackageEntryPoint(group: "console_scripts", name: "a", module: "a.cli"),
                PackageEntryPoint(group: "plugins", name: "b", module: "a.plug"),
            ])
        #expect(found.packages[1].origin == nil)
    }

    @Test func scriptsOfPipTarget() {
        let tree = FileTree.built { tree in
            tree.add("deps/a-1.dist-info/METADATA", "Name: a\nVersion: 1\n")
            tree.add("deps/a-1.dist-info/RECORD", "../../bin/a,,2\n../../bin/gone,,2\n\"a,b\"\"c.py\",,1\n")
            tree.add("deps/bin/a", "#!")
            tree.add("deps/a,b\"c.py", "1")
        }
        let found = InstalledPackages.find(in: tree)
        #expect(found.findings.isEmpty && found.unowned.isEmpty && found.packages[0].files.count == 4)
    }

    @Test func recordsThatLie() throws {
        let tree = FileTree.built { tree in
            tree.addPackage("a", files: [("a.py", "12345")])
            tree.add("b-1.dist-info/METADATA", "Name: bee\nVersion: 1\n")
            tree.add(
                "b-1.dist-info/RECORD",
                "a.py,,5\nb.py,,7\ngone.py,sha256=x,1\nlost.py,,\n__pycache__/b.cpython-312.pyc,,\n../../../etc/passwd,,\n"
                    + "/etc/shadow,,\n../../../../root/.ssh/id,,\nb.py,,not a number\n,,\n\"unended")
            tree.add("b.py", "123")
            tree.add("c-1.dist-info/other", "")
            tree.add("d-2.dist-info/METADATA", "Name: d\n")
        }
        let found = InstalledPackages.find(in: tree)
        func finding(_ kind: InstalledFinding.Kind) -> InstalledFinding? { found.findings.first { $0.kind == kind } }
        #expect(finding(.claimedTwice)?.path == "a.py" && finding(.claimedTwice)?.detail == "also a file of a")
        #expect(finding(.sizeDiffers)?.detail == "3 bytes, RECORD says 7")
        #expect(finding(.recordedFileMissing)?.count == 3 && finding(.recordedFileMissing)?.path == "gone.py")
        #expect(finding(.recordClimbs)?.path == "../../../../root/.ssh/id")
        #expect(finding(.recordMalformed)?.detail == "2 rows are none")
        #expect(finding(.nameDiffers)?.path == "b-1.dist-info")
        #expect(found.findings.filter { $0.kind == .metadataIncomplete }.map(\.path) == ["c-1.dist-info"])
        #expect(found.packages.map(\.version) == ["1.0", "1", "1", "2"])
    }

    @Test func wheelsForOtherTargets() {
        let tree = FileTree.built { tree in
            tree.addPackage("pure", headers: "Requires-Python: >=3.8\n")
            tree.addPackage("old", tag: "cp311-cp311-manylinux_2_17_x86_64", headers: "Requires-Python: <3.12\n")
            tree.addPackage("new", tag: "cp312-cp312-manylinux_2_28_x86_64", headers: "Requires-Python: >=3.12.4\n")
            tree.addPackage("fits", tag: "cp39-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64")
        }
        let found = InstalledPackages.find(in: tree)
        let target = TargetEnvironment(python: [3, 12], architecture: "x86_64", libc: .glibc(major: 2, minor: 26))
        let findings = found.findings(for: target)
        #expect(
            findings.map { "\(found.packages[$0.package].name) \($0.kind)" } == [
                "new tagsRefused", "old tagsRefused", "old pythonRefused",
            ])
        #expect(findings.first?.detail.contains("2.28") == true)
    }

    @Test func digestsOnRequest() {
        let empty = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
        let tree = FileTree.built { tree in
            tree.add("a-1.dist-info/METADATA", "Name: a\nVersion: 1\n")
            tree.add("a-1.dist-info/RECORD", "good.py,sha256=\(empty),0\nbad.py,sha256=\(empty),1\nmd.py,md5=x,1\n")
            tree.add("good.py", "")
            tree.add("bad.py", "1")
            tree.add("md.py", "1")
        }
        let found = InstalledPackages.find(in: tree)
        #expect(found.findings.isEmpty)
        let (findings, problems) = found.checkDigests(in: tree)
        #expect(findings.map(\.kind) == [.digestDiffers] && findings.first?.path == "bad.py" && problems.isEmpty)
    }

    @Test func hugeAndDamagedMetadata() throws {
        let rows = (0..<100_000).map { "pkg/\($0).py,,1\n" }.joined()
        let tree = FileTree.built { tree in
            tree.add(
                "big-1.dist-info/METADATA", "Name: big\nVersion: 1\n" + String(repeating: "X: y\n", count: 400_000))
            tree.add("big-1.dist-info/RECORD", rows)
            tree.add("bin-1.dist-info/METADATA", bytes: Array("Name: b\u{0}\nVersion".utf8) + [0xFF, 0xFE, 0x0A, 0x80])
            tree.add(
                "many-1.dist-info/METADATA",
                "Name: many\nVersion: 1\n" + String(repeating: "Requires-Dist: a\n", count: 50_000))
            tree.add(
                "long-1.dist-info/METADATA",
                "Name: long\nVersion: 1\nSummary: a\n" + String(repeating: " b\n", count: 200_000))
        }
        let found = InstalledPackages.find(in: tree)
        let names = found.packages.map(\.normalizedName)
        #expect(names.contains("big") && names.contains("many") && names.count == 4)
        let missing = try #require(found.findings.first { $0.kind == .recordedFileMissing })
        #expect(missing.count == 100_000)
        #expect(found.packages.first { $0.name == "many" }?.requires.count ?? 0 < 20_000)
        #expect(found.packages.first { $0.name == "long" }?.summary?.utf8.count ?? 0 < 70_000)
    }

    @Test func unreadableMetadataIsAProblem() {
        let contents = BuiltTree()
        let files = [TreeFile(path: "a-1.dist-info/METADATA", bytes: 5)]
        let found = InstalledPackages.find(in: FileTree(path: "x", form: .folder, files: files, contents: contents))
        #expect(found.packages.map(\.name) == ["a"] && found.problems.count == 1)
        #expect(found.findings.map(\.kind) == [.metadataIncomplete])
    }
}
