import PackProfiles
import Testing

/// Sizes of the profiles that come with the tool.
@Suite struct NearestMemoryTests {
    private let mebibyte = 1 << 20

    @Test(
        arguments: [
            ("lambda", 1, nil, 128), ("lambda", 128, nil, 128), ("lambda", 1769, nil, 1769),
            ("lambda", 99_999, nil, 10_240),
            ("cloud-run", 64, 1, 128), ("cloud-run", 8192, 1, 4096), ("cloud-run", 8192, nil, 8192),
            ("cloud-run", 2000, 4, 2048), ("cloud-run", 600, 0.3, 512), ("kubernetes", 7, 1, 7),
        ] as [(String, Int, Double?, Int)])
    func nearest(name: String, asked: Int, processors: Double?, expected: Int) throws {
        let profile = try ProfileLibraryTests.library.profile(name)
        let found = profile.nearestMemory(to: asked * mebibyte, processors: processors)
        #expect(found == expected * mebibyte)
    }

    @Test func processorsThatNoSizeHas() throws {
        let profile = try ProfileLibraryTests.library.profile("cloud-run")
        #expect(profile.nearestMemory(to: mebibyte, processors: 3) == nil)
        #expect(profile.nearestMemory(to: mebibyte, processors: 0.01) == nil)
    }

    @Test func listsAndExtremes() throws {
        var profile = try ProfileLibraryTests.library.profile("lambda")
        #expect(profile.nearestMemory(to: .max) == 10_240 * mebibyte)
        #expect(profile.nearestMemory(to: .min) == 128 * mebibyte)
        profile.memorySizes = [256, 512, 1024].map { $0 * mebibyte }
        #expect(profile.nearestMemory(to: 700 * mebibyte) == 512 * mebibyte)
    }
}
