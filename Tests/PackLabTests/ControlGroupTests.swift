import Foundation
import PackLab
import Testing

struct ControlGroupTests {
    @Test("The nearest group that hands memory or processors on is taken, from a process's own upwards")
    func nearestParent() throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "groups-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: root) }
        for (path, granted) in [
            ("", "cpu io memory pids"), ("/user.slice", "cpu memory"), ("/user.slice/app.slice", "pids\n"),
            ("/user.slice/app.slice/shell.scope", "\n"), ("/user.slice/given.slice", "memory pids\n"),
        ] {
            try FileManager.default.createDirectory(atPath: root + path, withIntermediateDirectories: true)
            try granted.write(toFile: root + path + "/cgroup.subtree_control", atomically: false, encoding: .utf8)
            try "".write(toFile: root + path + "/cgroup.procs", atomically: false, encoding: .utf8)
        }
        func parent(_ path: String) -> ControlGroup.Parent? {
            ControlGroup.unifiedParent(above: root + path, root: root)
        }

        let above = try #require(parent("/user.slice/app.slice/shell.scope"))
        #expect(above.path == root + "/user.slice" && above.controllers == ["cpu", "memory"] && above.isUnified)
        #expect(parent("/user.slice/given.slice")?.controllers == ["memory", "pids"])
        #expect(parent("/init.scope/gone")?.path == root)
        try FileManager.default.removeItem(atPath: root + "/cgroup.procs")
        try FileManager.default.removeItem(atPath: root + "/user.slice/cgroup.procs")
        #expect(parent("/user.slice/app.slice/shell.scope") == nil)
        #expect(ControlGroup.unifiedParent(above: "/elsewhere", root: root) == nil)
    }
}
