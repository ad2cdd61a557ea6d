import PackIO
import PackProfiles
import Testing

@Suite struct ProfileLibraryTests {
    /// The profiles of this repository.
    static let library = ProfileLibrary(
        folder: #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/Profiles")

    @Test func allProfilesAreValid() throws {
        let names = [
            "app-runner", "azure-container-apps", "azure-functions-2020", "azure-functions-consumption",
            "azure-functions-flex", "cloud-functions", "cloud-functions-gen1", "cloud-run", "cloud-run-2020", "fargate",
            "fargate-2020", "kubernetes", "kubernetes-2020", "lambda", "lambda-2020", "lambda-image", "lambda-python",
            "lambda-python-2020", "netlify", "sagemaker-serverless", "scaleway-functions", "vercel", "vercel-2020",
        ]
        #expect(Set(try Self.library.names()) == Set(names))
        #expect(try Self.library.all().count == names.count)
    }

    @Test func namesAreInOrder() throws {
        let names = try Self.library.names()
        #expect(names == names.sorted())
    }

    @Test func theKnownLimitsOfLambda() throws {
        let lambda = try Self.library.profile("lambda")
        #expect(lambda.limits[.packageUnpacked]?.bytes == 262_144_000)
        #expect(lambda.limits[.packageZipped]?.bytes == 52_428_800)
        #expect(lambda.limits[.memoryMaximum]?.bytes == 10240 << 20)
        #expect(lambda.limits[.startupTime]?.base == 10)
        #expect(lambda.libc.version == "2.34")
        let old = try Self.library.profile("lambda-2020")
        #expect(old.limits[.memoryMaximum]?.bytes == 3008 << 20)
        #expect(old.libc.version == "2.26")
        #expect(old.architectures.map(\.name) == ["x86_64"])
    }

    @Test(arguments: [("lamda", "lambda"), ("cloudrun", "cloud-run"), ("kube", "kubernetes")])
    func suggestsTheNearestName(_ name: String, _ meant: String) throws {
        let error = try #require(throws: ProfileError.self) { try Self.library.profile(name) }
        #expect(error.file == name)
        #expect(error.hint == "did you mean \(meant)?")
        #expect(error.expected.contains("lambda-image"))
    }

    @Test func anUnlikeNameGetsNoSuggestion() throws {
        let error = try #require(throws: ProfileError.self) { try Self.library.profile("zzzzzzzzzzzz") }
        #expect(error.hint?.contains("by its path") == true)
    }

    @Test func aFileIsGivenByItsPath() throws {
        let folder = try TemporaryFolder()
        try AtomicFile.write(Array(sampleProfile.utf8), to: folder.path + "/mine.yaml")
        #expect(try Self.library.profile(folder.path + "/mine.yaml").name == "sample")
        let error = try #require(throws: ProfileError.self) { try Self.library.profile("./absent.yaml") }
        #expect(error.file == "./absent.yaml")
    }

    @Test func theNameIsTheFilesName() throws {
        let folder = try TemporaryFolder()
        try AtomicFile.write(Array(sampleProfile.utf8), to: folder.path + "/other.yaml")
        let error = try #require(throws: ProfileError.self) {
            try ProfileLibrary(folder: folder.path).profile("other")
        }
        #expect(error.field == "name")
        #expect(error.found == "sample")
    }

    @Test func anOversizedOrForeignFileIsRefused() throws {
        let folder = try TemporaryFolder()
        let large = [UInt8](repeating: UInt8(ascii: "#"), count: ProfileReader.limit + 1)
        try AtomicFile.write(large, to: folder.path + "/large.yaml")
        try AtomicFile.write([0x80, 0xFF], to: folder.path + "/bytes.yaml")
        for name in ["large", "bytes"] {
            #expect(throws: ProfileError.self) { try ProfileLibrary.read("\(folder.path)/\(name).yaml") }
        }
        #expect(throws: ProfileError.self) { try ProfileLibrary.read(folder.path) }
    }

    @Test func findsTheFolderOfAnExecutable() throws {
        let folder = try TemporaryFolder()
        let root = folder.path
        try makeFolders(["a/bin", "a/share/pack/Profiles", "b/.build/release", "b/Profiles", "c/Profiles"], in: root)
        try AtomicFile.write([], to: root + "/b/Package.swift")
        #expect(try ProfileLibrary.locate(executable: root + "/a/bin/pack").folder == root + "/a/share/pack/Profiles")
        #expect(try ProfileLibrary.locate(executable: root + "/b/.build/release/pack").folder == root + "/b/Profiles")
        #expect(try ProfileLibrary.locate(executable: root + "/c/pack").folder == root + "/c/Profiles")
        let error = try #require(throws: ProfileError.self) {
            try ProfileLibrary.locate(executable: root + "/d/pack")
        }
        #expect(error.expected.contains(root + "/d/Profiles"))
    }
}
