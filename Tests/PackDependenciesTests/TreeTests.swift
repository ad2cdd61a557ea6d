import PackDependencies
import Testing

@Suite struct PackageTreeTests {
    private let target = TargetEnvironment(python: [3, 12], architecture: "x86_64", libc: .glibc(major: 2, minor: 34))

    private func installed(_ packages: [(String, [String])], bytes: Int = 0) -> InstalledPackages {
        InstalledPackages.find(
            in: .built { tree in
                for (name, requires) in packages {
                    tree.addPackage(
                        name, requires: requires, files: [("\(name).py", String(repeating: "#", count: bytes))])
                }
            })
    }

    private func names(_ found: InstalledPackages, _ indices: [Int]) -> [String] {
        indices.map { found.packages[$0].name }
    }

    @Test func pathsRootsAndMarkers() throws {
        let found = installed([
            ("app", ["lib[fast]>=1", "windows-only; sys_platform == 'win32'"]),
            ("lib", ["base", "speed; extra == 'fast'", "slow; extra == 'slow'"]),
            ("base", []), ("speed", ["base"]), ("slow", []), ("alone", []),
        ])
        let graph = DependencyGraph(found, target: target)
        #expect(names(found, graph.roots) == ["alone", "app", "slow"])
        #expect(graph.unmet.isEmpty && graph.cycles.isEmpty && graph.malformed.isEmpty)
        let base = try #require(found.index(named: "base"))
        #expect(names(found, graph.path(to: base) ?? []) == ["app", "lib", "base"])
        let speed = try #require(found.index(named: "speed"))
        #expect(names(found, graph.path(to: speed) ?? []) == ["app", "lib", "speed"])
        let declared = DependencyGraph(found, target: target, declared: ["Lib[slow]>=1", "gone"])
        #expect(names(found, declared.roots) == ["lib"] && declared.missingRoots == ["gone"])
        #expect(declared.path(to: try #require(found.index(named: "alone"))) == nil)
        #expect(names(found, declared.path(to: try #require(found.index(named: "slow"))) ?? []) == ["lib", "slow"])
    }

    @Test func unmetRequirements() {
        let found = installed([
            (
                "a",
                [
                    "b>=2", "c", "d; python_version < '3'", "not a requirement!", "a[x]", "e; extra == 'x'",
                    "f; python_version > '3'",
                ]
            ), ("b", []),
        ])
        let graph = DependencyGraph(found, target: target)
        #expect(graph.unmet.map(\.name).sorted() == ["b", "c", "e", "f"])
        #expect(graph.unmet.first { $0.name == "b" }?.installedVersion == "1.0")
        #expect(graph.malformed.map(\.text) == ["not a requirement!"])
        // Without a target markers are unknown, and nothing is said to be missing by them.
        let unknown = DependencyGraph(found, target: nil)
        #expect(unknown.unmet.map(\.name).sorted() == ["b", "c", "e"])
    }

    @Test func cyclesHaveARoot() {
        let found = installed([("a", ["b"]), ("b", ["c"]), ("c", ["a", "d"]), ("d", [])], bytes: 10)
        let graph = DependencyGraph(found, target: target)
        #expect(graph.cycles == [[0, 1, 2]] && graph.roots == [0])
        #expect(graph.path(to: 3) == [0, 1, 2, 3])
        let tree = PackageTree(found, graph)
        #expect(Set(tree.sizes.prefix(3).map(\.subtree)).count == 1)
        #expect(tree.rows.map(\.isRepeated) == [false, false, false, true, false])
    }

    @Test func ownSubtreeAndUniqueBytes() {
        let found = installed(
            [("a", ["b", "c"]), ("b", ["shared"]), ("c", ["shared", "only"]), ("only", []), ("shared", [])], bytes: 1000
        )
        let graph = DependencyGraph(found, target: target)
        let tree = PackageTree(found, graph)
        let own = found.packages.map(\.bytes)
        func size(_ name: String) -> PackageTree.Sizes { tree.sizes[found.index(named: name) ?? 0] }
        func sum(_ names: String...) -> Int { names.reduce(0) { $0 + own[found.index(named: $1) ?? 0] } }
        #expect(size("a").subtree == own.reduce(0, +) && size("a").unique == own.reduce(0, +))
        #expect(size("b").subtree == sum("b", "shared") && size("b").unique == sum("b"))
        #expect(size("c").subtree == sum("c", "shared", "only") && size("c").unique == sum("c", "only"))
        let rows = tree.rows.map { "\($0.depth)\(found.packages[$0.package].name)\($0.isRepeated ? "*" : "")" }
        #expect(rows == ["0a", "1c", "2shared", "2only", "1b", "2shared*"])
        #expect(tree.largestFirst.map { own[$0] } == own.sorted(by: >))
    }

    @Test func longChainsDoNotRecurse() {
        let count = 3000
        let found = installed((0..<count).map { ("p\($0)", ["p\(($0 + 1) % count)"]) })
        let graph = DependencyGraph(found, target: target)
        #expect(graph.cycles.first?.count == count && graph.roots.count == 1)
        #expect(PackageTree(found, graph).rows.count == count + 1)
    }
}
