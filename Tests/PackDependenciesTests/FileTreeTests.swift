import PackDependencies
import Testing

@Suite struct FileTreeTests {
    private struct NoContents: TreeContents {
        func visit(
            _ wanted: [(index: Int, file: TreeFile)], limit: Int,
            _ body: (_ index: Int, _ bytes: UnsafeRawBufferPointer) -> Void
        ) -> [TreeProblem] { [] }
    }

    @Test func hardLinksCountOnce() {
        let files = [
            TreeFile(path: "a", bytes: 5, identity: 1), TreeFile(path: "b", bytes: 5, identity: 1),
            TreeFile(path: "c/d.py", bytes: 7),
        ]
        let tree = FileTree(path: "x", form: .folder, files: files, contents: NoContents())
        #expect(tree.bytes == 12)
        #expect(files[2].name == "d.py" && files[0].name == "a")
    }
}
