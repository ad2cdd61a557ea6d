import PackDependencies
import Testing

@Suite struct ImportsTests {
    private func imports(_ source: String) -> PythonImports {
        Array(source.utf8).withUnsafeBytes { PythonImports($0) }
    }

    private func modules(_ source: String) -> [String] {
        imports(source).imports.map {
            String(repeating: ".", count: $0.level) + $0.module
                + ($0.names.isEmpty ? "" : ":" + $0.names.joined(separator: ","))
        }
    }

    @Test func formsOfImports() {
        #expect(modules("import a, b.c as d; import e\nfrom f import g\n") == ["a", "b.c", "e", "f:g"])
        #expect(
            modules(
                "from . import c\nfrom .. a import b\nfrom ...x.y import (p,\n  q as r, # note\n  s,\n)\nfrom z import *"
            ) == [".:c", "..a:b", "...x.y:p,q,s", "z:*"])
        #expect(
            modules("try:\n    import a\nexcept ImportError: import b\ndef f():\n\timport c\nif x: import d") == [
                "a", "b", "c", "d",
            ])
        #expect(modules("import a\\\n  .b\nx = [\nimport_\n]\nimport c") == ["a.b", "c"])
        #expect(imports("a\n\nimport b").imports.map(\.line) == [3])
        #expect(imports("\u{FEFF}import a").imports.count == 1)
    }

    @Test func whatIsNoImport() {
        #expect(
            modules(
                "'''\nimport a\n'''\nx = \"import b\"\n# import c\nr'\\'; import d'\nf'{x}import e'\nyield from g\nraise X from y\n"
            ).isEmpty)
        #expect(
            modules("s = 'it\\'s'; import a\nt = rb\"\"\"\"quoted\" \\\"\"\" import b\"\"\"\nimport c") == ["a", "c"])
    }

    @Test func typeCheckingIsLeftOut() {
        let source = """
            if TYPE_CHECKING:
                import a
                if x:
                    from b import c
            else:
                import d
            if typing.TYPE_CHECKING: import e
            import f
            if not TYPE_CHECKING:
                import g
            def h():
                if t.TYPE_CHECKING:
                    import i
                import j
            if x:
                import k
            elif TYPE_CHECKING:
                import l
            else:
                import m
            """
        #expect(modules(source) == ["d", "f", "g", "j", "k", "m"])
    }

    @Test func dynamicImports() {
        let found = imports(
            """
            import_module("a.b")
            importlib.import_module('.c', __package__)
            __import__("d")
            importlib.import_module(name)
            importlib.import_module("e" + x)
            importlib.import_module(f"e{x}")
            importlib.import_module(".f", other)
            def import_module(x): pass
            entry_points(group="plugins")
            """)
        let others = imports(
            """
            if TYPE_CHECKING:
                import_module(x)
            x = [1, {"k": importlib . import_module (
                "a")}]; y = (__import__)("z")
            async def import_module(b): return my_import_module(c)
            @entry_points("g")
            def f(x='(', *, y: "T" = ")"): import d
            if import_module("c"): pass
            while \\
              x: import e
            """)
        #expect(others.imports.map(\.module) == ["a", "d", "c", "e"] && others.imports[0].line == 3)
        #expect(others.dynamic.map(\.call) == ["entry_points"] && !others.isBroken)
        #expect(found.imports.map(\.module) == ["a.b", "c", "d"] && found.imports[1].level == 1)
        #expect(found.dynamic.map(\.line) == [4, 5, 6, 7, 9] && found.dynamic.last?.group == "plugins")
    }

    @Test func hostileSources() {
        let million = String(repeating: "(", count: 1_000_000)
        #expect(imports("import a\n" + million + "\nimport b").isBroken)
        #expect(modules("x = 'unclosed\nimport a\ny = '''unclosed\nimport b") == ["a"])
        #expect(imports("\"").imports.isEmpty && imports("r\"").imports.isEmpty && imports("'''").imports.isEmpty)
        #expect(
            imports("import").imports.isEmpty && imports("from").imports.isEmpty && imports("from .").imports.isEmpty)
        #expect(imports("from a import (").imports.map(\.module) == ["a"])
        #expect(modules(String(repeating: " ", count: 100_000) + "import a") == ["a"])
        #expect(imports(String(repeating: "import a\n", count: 50_000)).imports.count == PythonImports.limit)
        let noise: [UInt8] = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
        _ = noise.withUnsafeBytes { PythonImports($0) }
        let invalid: [UInt8] = Array("import a\n".utf8) + [0xFF, 0xFE, 0x0A] + Array("import b\\".utf8)
        #expect(invalid.withUnsafeBytes { PythonImports($0) }.imports.map(\.module) == ["a", "b"])
    }

    private func scan(_ entries: [String] = [], _ build: (inout BuiltTree) -> Void) -> (
        InstalledPackages, ImportScan, FileTree
    ) {
        let tree = FileTree.built(build)
        let found = InstalledPackages.find(in: tree)
        let graph = DependencyGraph(found, target: nil)
        let binaries = Binaries(tree, found, target: nil)
        return (found, ImportScan(tree, found, graph: graph, binaries: binaries, entries: entries), tree)
    }

    @Test func chainsLeadFromTheEntry() throws {
        let (found, scan, tree) = scan { tree in
            tree.add("app.py", "import os\nfrom helpers.work import run\n")
            tree.add("helpers/work.py", "\n\nimport used.part\n")
            tree.addPackage(
                "used",
                files: [
                    ("used/__init__.py", ""), ("used/part.py", "from . import deep\n"),
                    ("used/deep.py", "import other"),
                ])
            tree.addPackage("other", files: [("other.py", "")])
            tree.addPackage("unused", files: [("unused.py", "import other")])
        }
        func index(_ name: String) -> Int { found.index(named: name) ?? -1 }
        #expect(
            scan.isUsed(index("used")) == true && scan.isUsed(index("other")) == true
                && scan.isUsed(index("unused")) == false)
        let chain = scan.chains[index("other")].map { "\(tree.files[$0.file].path):\($0.line)" }
        #expect(chain == ["helpers/work.py:3", "used/part.py:1", "used/deep.py:1", "other.py:0"])
        #expect(scan.chains[index("unused")].isEmpty && scan.doubts.isEmpty)
    }

    @Test func nothingIsKnownWithoutCode() {
        let (_, scan, _) = scan { $0.addPackage("a", files: [("a.py", "import b")]) }
        #expect(!scan.isKnown && scan.isUsed(0) == nil)
    }

    @Test func entriesByHandlerAndPath() {
        let build: (inout BuiltTree) -> Void = { tree in
            tree.add("src/app.py", "import a")
            tree.add("other.py", "import b")
            tree.addPackage("a", files: [("a/__init__.py", "")])
            tree.addPackage("b", files: [("b/__init__.py", "")])
        }
        for entry in ["src/app.py", "src.app:handler", "src/app.handler", "./src/app.py"] {
            let (_, scan, tree) = scan([entry], build)
            #expect(tree.paths(scan.entries) == ["src/app.py"], "\(entry)")
            #expect(scan.isUsed(0) == true && scan.isUsed(1) == false)
        }
        let (_, missing, _) = scan(["gone.handler", "../../etc/passwd"], build)
        #expect(missing.missingEntries.count == 2 && !missing.isKnown)
    }

    @Test func dynamicCodeLeavesDoubts() {
        let (found, scan, tree) = scan { tree in
            tree.add("app.py", "import lazy")
            tree.addPackage(
                "lazy",
                files: [
                    ("lazy/__init__.py", "import importlib\ndef f(n):\n    return importlib.import_module(n)\n"),
                    ("lazy/hidden.py", "import maybe"), ("lazy/tests/test_a.py", "import tool"),
                ])
            tree.addPackage("maybe", files: [("maybe.py", "")])
            tree.addPackage("tool", files: [("tool.py", "")])
            tree.addPackage("plugin", files: [("plugin.py", "")])
        }
        func used(_ name: String) -> Bool? { scan.isUsed(found.index(named: name) ?? -1) }
        #expect(used("lazy") == true && used("maybe") == nil && used("tool") == false && used("plugin") == false)
        #expect(scan.doubts.map { "\(tree.files[$0.file].path):\($0.line)" } == ["lazy/__init__.py:3"])
        #expect(scan.uses[found.index(named: "maybe") ?? 0] == .possible)
    }

    @Test func ownDynamicCodeMakesAllPossible() {
        let (_, scan, _) = scan { tree in
            tree.add("app.py", "__import__(x)")
            tree.addPackage("a", files: [("a.py", "")])
        }
        #expect(scan.isUsed(0) == nil && scan.uses == [.possible])
    }

    @Test func namespacesAndExtensions() {
        let (found, scan, _) = scan { tree in
            tree.add("app.py", "import space.one\nfrom space import two\nimport fast._c")
            tree.addPackage("space-one", files: [("space/one/__init__.py", "")])
            tree.addPackage("space-two", files: [("space/two.py", "")])
            tree.addPackage("space-three", files: [("space/three.py", "")])
            tree.addPackage(
                "fast", requires: ["inner"],
                files: [("fast/__init__.py", ""), ("fast/_c.cpython-312-x86_64-linux-gnu.so", "x")])
            tree.addPackage("inner", files: [("inner.py", "")])
        }
        func used(_ name: String) -> Bool? { scan.isUsed(found.index(named: name) ?? -1) }
        #expect(used("space-one") == true && used("space-two") == true && used("space-three") == false)
        // Compiled code may import what its package requires.
        #expect(used("fast") == true && used("inner") == nil)
    }
}
