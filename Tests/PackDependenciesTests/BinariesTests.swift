import PackDependencies
import PackFormats
import Testing

@Suite struct BinariesTests {
    private let target = TargetEnvironment(python: [3, 12], architecture: "x86_64", libc: .glibc(major: 2, minor: 26))

    private func judged(
        _ target: TargetEnvironment?, _ build: (inout BuiltTree) -> Void
    ) -> (Binaries, [String]) {
        let tree = FileTree.built(build)
        let binaries = Binaries(tree, InstalledPackages.find(in: tree), target: target)
        return (
            binaries,
            binaries.findings.map {
                "\($0.kind) \(tree.files[$0.file].path) \($0.count) \($0.found)\($0.isDoubt ? "?" : "")"
            }
        )
    }

    @Test func highestGlibcWithItsFile() {
        let (binaries, findings) = judged(target) { tree in
            tree.addPackage("a")
            tree.add("a/x.so", bytes: sharedLibrary(glibc: ["2.3.4", "2.17"]))
            tree.add("a/y.so", bytes: sharedLibrary(glibc: ["2.28"]))
            tree.add("a/z.so", bytes: sharedLibrary(glibc: ["2.9", "2.34"]))
        }
        #expect(findings == ["glibcTooNew a/z.so 2 glibc 2.34"])
        #expect(binaries.highest("GLIBC")?.version.description == "2.34" && binaries.all.count == 3)
        #expect(binaries.highest("GLIBC", architecture: "arm64") == nil && binaries.highest("CXXABI") == nil)
    }

    @Test func architectureAndPython() {
        let (_, findings) = judged(target) { tree in
            tree.add("a/x.so", bytes: sharedLibrary(machine: 183))
            tree.add("a/_c.cpython-311-x86_64-linux-gnu.so", bytes: sharedLibrary(machine: 183))
        }
        #expect(findings == ["wrongArchitecture a/_c.cpython-311-x86_64-linux-gnu.so 2 arm64"])
        let (_, python) = judged(target) { tree in
            tree.add("a/_c.cpython-311-x86_64-linux-gnu.so", bytes: sharedLibrary())
            tree.add("a/_d.cpython-312-x86_64-linux-gnu.so", bytes: sharedLibrary())
            tree.add("a/other.so", bytes: sharedLibrary(machine: 183))
        }
        #expect(python == ["wrongPython a/_c.cpython-311-x86_64-linux-gnu.so 1 Python 3.11"])
        let (_, nothing) = judged(nil) { $0.add("a/x.so", bytes: sharedLibrary(machine: 183, glibc: ["2.99"])) }
        #expect(nothing.isEmpty)
    }

    @Test func neededLibraries() {
        let (binaries, findings) = judged(target) { tree in
            let needed = [
                "libown-1.so.2", "libnamed.so", "libm.so.6", "libstdc++.so.6", "libcuda.so.1", "libGL.so.1",
                "libgone.so.3", "libpython3.12.so.1.0",
            ]
            tree.add("a/_c.cpython-312-x86_64-linux-gnu.so", bytes: sharedLibrary(needed: needed))
            tree.add("a.libs/libown-1.so.2", bytes: sharedLibrary())
            tree.add("a.libs/libother.so", bytes: sharedLibrary(needed: ["libplugin-dep.so.1"], soname: "libnamed.so"))
            tree.add("a.libs/plugin.so.1", bytes: sharedLibrary(needed: ["libnowhere.so.1"]))
        }
        let facts = binaries.all.first { $0.elf.needed.count == 8 }
        #expect(facts?.providers == [.tree, .tree, .libc, .base, .driver, .desktop, .nothing, .python])
        #expect(
            Set(findings) == [
                "libraryMissing a/_c.cpython-312-x86_64-linux-gnu.so 1 libGL.so.1?",
                "libraryMissing a/_c.cpython-312-x86_64-linux-gnu.so 1 libgone.so.3",
                "libraryMissing a.libs/libother.so 1 libplugin-dep.so.1",
                "libraryMissing a.libs/plugin.so.1 1 libnowhere.so.1?",
            ])
    }

    @Test func otherLibCAndStack() {
        let (_, findings) = judged(target) { tree in
            tree.add(
                "a/_m.cpython-312-x86_64-linux-musl.so",
                bytes: sharedLibrary(needed: ["libc.musl-x86_64.so.1"], glibc: []))
            tree.add("a/_s.cpython-312-x86_64-linux-gnu.so", bytes: sharedLibrary(stack: 7))
        }
        #expect(
            findings == [
                "wrongLibC a/_m.cpython-312-x86_64-linux-musl.so 1 musl",
                "executableStack a/_s.cpython-312-x86_64-linux-gnu.so 1 an executable stack?",
            ])
        let musl = TargetEnvironment(python: [3, 12], architecture: "x86_64", libc: .musl(major: 1, minor: 2))
        let (_, other) = judged(musl) { $0.add("a/_g.cpython-312-x86_64-linux-gnu.so", bytes: sharedLibrary()) }
        #expect(other == ["wrongLibC a/_g.cpython-312-x86_64-linux-gnu.so 1 glibc"])
    }

    @Test func librariesThatNothingNeeds() {
        let (_, findings) = judged(target) { tree in
            let files = [
                "liba.so", "libb.so.1", "libb_part.so.1", "libnamed.so", "libspoken.so", "libalone.so",
                "libc_ext.cpython-312-x86_64-linux-gnu.so",
            ]
            let record = files.map { "p/\($0),,\n" }.joined() + "p/__init__.py,,\n"
            tree.add("p-1.dist-info/METADATA", "Name: p\nVersion: 1\n")
            tree.add("p-1.dist-info/RECORD", record)
            tree.add("p/__init__.py", "ctypes.CDLL('libnamed.so')")
            tree.add("p/liba.so", bytes: sharedLibrary(needed: ["libb.so.1"], constants: "\0libspoken.so\0"))
            for file in files.dropFirst() { tree.add("p/\(file)", bytes: sharedLibrary()) }
            tree.add("own/libmine.so", bytes: sharedLibrary())
        }
        #expect(findings == ["unneeded p/liba.so 1 liba.so?", "unneeded p/libalone.so 1 libalone.so?"])
    }

    @Test func filesOfOtherSystemsAndDamagedOnes() {
        let (binaries, _) = judged(target) { tree in
            tree.add("a.dll", "MZ" + String(repeating: "x", count: 60))
            tree.add("b.dylib", bytes: [0xCF, 0xFA, 0xED, 0xFE] + [UInt8](repeating: 0, count: 60))
            tree.add("c.so", bytes: [0x7F, 0x45, 0x4C, 0x46, 7, 7] + [UInt8](repeating: 0, count: 60))
            tree.add("d.so", String(repeating: "INPUT(x)", count: 10))
        }
        #expect(binaries.foreign.map(\.system) == ["Windows", "macOS"] && binaries.all.isEmpty)
        #expect(binaries.problems.map(\.path) == ["c.so"])
    }
}
