import Foundation
import PackProfiles
import Testing

@Suite struct ProfileTests {
    @Test(arguments: [(0, 128), (1, 128), (128, 128), (129, 192), (192, 192), (1024, 1024), (1025, nil)])
    func theSmallestMemorySetting(_ mebibytes: Int, _ setting: Int?) throws {
        let profile = try ProfileReader.read(sampleProfile, file: "sample.yaml")
        #expect(profile.smallestMemory(holding: mebibytes << 20) == setting.map { $0 << 20 })
    }

    @Test func memoryThatNoMachineHas() throws {
        let profile = try ProfileReader.read(sampleProfile, file: "sample.yaml")
        #expect(profile.smallestMemory(holding: .max) == nil)
    }

    @Test func versionsCompareByNumber() {
        #expect(Version("2.9").map { nine in Version("2.17").map { nine < $0 } } == true)
        #expect(Version("2.34").map { a in Version("2.34.0").map { a < $0 || $0 < a } } == false)
        for text in ["", "2.", "a", "2.-1", "99999999999"] { #expect(Version(text) == nil) }
    }
}

/// Makes folders, with those above them.
func makeFolders(_ paths: [String], in root: String) throws {
    for path in paths {
        try FileManager.default.createDirectory(atPath: root + "/" + path, withIntermediateDirectories: true)
    }
}
