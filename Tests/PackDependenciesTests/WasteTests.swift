import PackDependencies
import Testing

@Suite struct WasteTests {
    private let target = TargetEnvironment(python: [3, 12], architecture: "x86_64", libc: .glibc(major: 2, minor: 34))

    private struct Result {
        var tree: FileTree
        var waste: Waste
        /// Paths of a category.
        func paths(_ category: Waste.Category) -> [String] {
            waste.items.filter { $0.category == category }.flatMap { tree.paths($0.files) }.sorted()
        }
        func certainty(_ category: Waste.Category) -> Set<Waste.Certainty> {
            Set(waste.items.filter { $0.category == category }.map(\.certainty))
        }
    }

    private func find(hasGraphics: Bool = false, _ build: (inout BuiltTree) -> Void) -> Result {
        find(hasGraphics: hasGraphics, FileTree.built(build))
    }

    private func find(hasGraphics: Bool = false, _ tree: FileTree) -> Result {
        let found = InstalledPackages.find(in: tree)
        let graph = DependencyGraph(found, target: target)
        let binaries = Binaries(tree, found, target: target)
        let imports = ImportScan(tree, found, graph: graph, binaries: binaries)
        let facts = Waste.Facts(
            tree, found, graph: graph, binaries: binaries, imports: imports, target: target, hasGraphics: hasGraphics)
        return Result(tree: tree, waste: Waste(facts))
    }

    @Test func kindsOfFiles() {
        let result = find { tree in
            tree.add("app.py", "import p")
            tree.addPackage(
                "p",
                files: [
                    ("p/__init__.py", "from . import docs, data"), ("p/docs/__init__.py", "1"), ("p/docs/x.py", "2"),
                    ("p/data/model.bin", "weights"), ("p/data/__init__.py", "3"), ("p/tests/test_p.py", "4"),
                    ("p/core/include/p/p.h", "5"),
                    ("p/core/include/p/plain", "6"), ("p/_c.pyx", "7"), ("p/py.typed", "-"), ("p/a.pyi", "8"),
                    ("p/libp.a", "9"),
                    ("p/locale/de/LC_MESSAGES/p.mo", "10"), ("p/examples/e.py", "11"),
                    ("p-1.0.dist-info/licenses/LICENSE", "12"),
                    ("p-1.0.dist-info/entry_points.txt", "[x]\n"),
                ])
            tree.add("p/__pycache__/__init__.cpython-312.pyc", "13")
            tree.add("p/__pycache__/orphan.cpython-312.pyc", "14")
        }
        #expect(result.paths(.tests) == ["p/tests/test_p.py"] && result.certainty(.tests) == [.safe])
        #expect(result.paths(.documentation) == ["p/examples/e.py"])
        #expect(result.paths(.headers) == ["p/core/include/p/p.h", "p/core/include/p/plain"])
        #expect(result.paths(.sources) == ["p/_c.pyx", "p/a.pyi"] && result.paths(.staticLibraries) == ["p/libp.a"])
        #expect(result.paths(.caches) == ["p/__pycache__/__init__.cpython-312.pyc"])
        #expect(result.paths(.translations) == ["p/locale/de/LC_MESSAGES/p.mo"])
        #expect(result.paths(.packageRecords) == ["p-1.0.dist-info/licenses/LICENSE"])
        #expect(result.paths(.unusedPackages).isEmpty && result.paths(.duplicates).isEmpty)
        #expect(result.waste.problems.isEmpty)
    }

    @Test func testsThatAreImportedStay() {
        let result = find { tree in
            tree.add("app.py", "from p.tests import helper")
            tree.addPackage(
                "p", files: [("p/__init__.py", ""), ("p/tests/helper.py", "1"), ("p/tests/test_p.py", "2")])
        }
        #expect(result.paths(.tests).isEmpty)
    }

    @Test func withoutEntryPointsTestsAreDoubtful() {
        let result = find { $0.addPackage("p", files: [("p/__init__.py", "1"), ("p/tests/test_p.py", "2")]) }
        #expect(result.certainty(.tests) == [.doubtful] && result.paths(.unusedPackages).isEmpty)
    }

    @Test func graphicsOnATargetWithout() {
        let build: (inout BuiltTree) -> Void = { tree in
            tree.addPackage(
                "torch", requires: ["nvidia-cublas"],
                files: [("torch/__init__.py", "1"), ("torch/lib/libtorch_cuda.so", "2")])
            tree.addPackage(
                "nvidia-cublas", files: [("nvidia/cublas/lib/libcublas.so.12", "3"), ("nvidia/include/a.h", "4")])
        }
        let result = find(build)
        #expect(result.paths(.graphics).contains("torch/lib/libtorch_cuda.so"))
        #expect(result.paths(.graphics).contains("nvidia/include/a.h") && result.paths(.headers).isEmpty)
        #expect(find(hasGraphics: true, build).paths(.graphics).isEmpty)
    }

    @Test func weightsInstallersAndForeignBinaries() {
        let result = find { tree in
            for name in ["model.safetensors", "pytorch_model.bin", "tf_model.h5", "config.json"] {
                tree.add("model/\(name)", name)
            }
            tree.add("model/onnx/model.onnx", "x")
            tree.add("other/pytorch_model.bin", "only here")
            tree.addPackage("pip", files: [("pip/__init__.py", "1")])
            tree.addPackage("setuptools", files: [("setuptools/__init__.py", "2")])
            tree.addPackage("needs", requires: ["setuptools"], files: [("needs.py", "3")])
            tree.add("needs.dll", "MZ" + String(repeating: "-", count: 60))
        }
        #expect(
            result.paths(.secondWeights) == ["model/onnx/model.onnx", "model/pytorch_model.bin", "model/tf_model.h5"])
        #expect(
            result.certainty(.secondWeights) == [.safe, .doubtful]
                && result.certainty(.installers) == [.safe, .doubtful])
        #expect(result.paths(.installers).contains("pip/__init__.py") && result.paths(.otherPlatforms) == ["needs.dll"])
    }

    @Test func equalFilesAndHardLinks() {
        let big = String(repeating: "a", count: 100_000)
        var contents = BuiltTree()
        for (path, text) in [
            ("a", big), ("b", big), ("c", big.dropLast() + "b"), ("d", big), ("small", "x"), ("small2", "x"),
        ] {
            contents.add(path, String(text))
        }
        var tree = contents.tree
        // `d` is a hard link of `a`.
        tree.files[0].identity = 7
        tree.files[3].identity = 7
        let result = find(tree)
        #expect(result.paths(.duplicates) == ["b"] && result.waste.bytes(.doubtful) == 100_000)
    }

    @Test func hardLinksOfWhichANameStays() {
        var contents = BuiltTree()
        contents.addPackage(
            "p", files: [("p/a.pyi", "12345"), ("p/keep.txt", "12345"), ("p/b.pyi", "1"), ("p/c.pyi", "1")])
        var tree = contents.tree
        for index in tree.files.indices {
            let path = tree.files[index].path
            if path == "p/a.pyi" || path == "p/keep.txt" { tree.files[index].identity = 1 }
            if path == "p/b.pyi" || path == "p/c.pyi" { tree.files[index].identity = 2 }
        }
        #expect(find(tree).waste.items.first { $0.category == .sources }?.bytes == 1)
    }

    @Test func debugBytesOfHardLinksCountOnce() {
        var contents = BuiltTree()
        contents.add("p-1.dist-info/METADATA", "Name: p\nVersion: 1\n")
        contents.add("p-1.dist-info/RECORD", "p/a.so,,\np/b.so,,\n")
        for name in ["a", "b"] { contents.add("p/\(name).so", bytes: sharedLibrary(debug: 500)) }
        var tree = contents.tree
        for index in tree.files.indices where tree.files[index].path.hasSuffix(".so") { tree.files[index].identity = 3 }
        let result = find(tree)
        #expect(result.waste.items.first { $0.category == .debugSections }?.bytes == 500)
        #expect(result.paths(.duplicates).isEmpty)
    }

    @Test func debugBytesCountOnce() {
        let result = find { tree in
            tree.add("app.py", "import q")
            tree.addPackage("q", files: [("q.py", "1")])
            tree.add("p-1.dist-info/METADATA", "Name: p\nVersion: 1\n")
            tree.add("p-1.dist-info/RECORD", "p/_c.cpython-312-x86_64-linux-gnu.so,,\n")
            tree.add("p/_c.cpython-312-x86_64-linux-gnu.so", bytes: sharedLibrary(debug: 500))
        }
        #expect(result.waste.items.first { $0.category == .debugSections }?.bytes == 500)
        let package = result.waste.items.filter { $0.category != .debugSections }.reduce(0) { $0 + $1.bytes }
        let files = result.tree.files.filter { $0.path.hasPrefix("p") }.reduce(0) { $0 + $1.bytes }
        #expect(package + 500 == files)
    }

    @Test func noByteIsCountedTwice() {
        let result = find { tree in
            tree.add("app.py", "import torch")
            for name in ["torch", "triton", "pip", "other"] {
                tree.addPackage(
                    name,
                    files: [("\(name)/__init__.py", "1"), ("\(name)/tests/a.h", "22"), ("\(name)/docs/b.pyi", "333")])
                tree.add("\(name)/tests/__pycache__/a.cpython-312.pyc", "4444")
                tree.add("\(name)/lib\(name).so", bytes: sharedLibrary(debug: 50))
            }
        }
        var sums: [Int: Int] = [:]
        for item in result.waste.items where item.category != .debugSections && item.category != .symbolTables {
            for file in item.files { sums[file, default: 0] += 1 }
        }
        #expect(sums.values.allSatisfy { $0 == 1 })
        #expect(result.waste.items.reduce(0) { $0 + $1.bytes } <= result.tree.bytes)
    }
}
