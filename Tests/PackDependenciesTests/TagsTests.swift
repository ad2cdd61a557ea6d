import PackDependencies
import Testing

/// Against Python's `packaging`; see Fixtures/python/README.md.
@Suite struct TagsTests {
    private static let targets = [
        TargetEnvironment(python: [3, 13], architecture: "x86_64", libc: .glibc(major: 2, minor: 34)),
        TargetEnvironment(python: [3, 12], architecture: "arm64", libc: .glibc(major: 2, minor: 34)),
        TargetEnvironment(python: [3, 8], architecture: "x86_64", libc: .glibc(major: 2, minor: 26)),
        TargetEnvironment(python: [3, 7], architecture: "x86_64", libc: .glibc(major: 2, minor: 17)),
        TargetEnvironment(python: [3, 11], architecture: "x86_64", libc: .musl(major: 1, minor: 2)),
    ]

    private static func wheel(_ tag: String) throws -> WheelName {
        try #require(WheelName("a-1.0-\(tag).whl"), "\(tag)")
    }

    @Test func tagsAreTakenAndOrdered() throws {
        let rows = try StandardsFixture.rows("tags.txt", columns: 6)
        for (column, target) in Self.targets.enumerated() {
            var accepted: [(place: Int, wheel: WheelName)] = []
            for row in rows {
                let wheel = try Self.wheel(row[0])
                #expect(target.accepts(wheel) == (row[column + 1] != "-"), "\(row[0]) on \(target)")
                if let place = Int(row[column + 1]) { accepted.append((place, wheel)) }
            }
            // Of any two neighbours in packaging's order the first is the choice, whichever stands first.
            let ordered = accepted.sorted { $0.place < $1.place }.map(\.wheel)
            #expect(ordered.count > 10)
            for (better, worse) in zip(ordered, ordered.dropFirst()) {
                #expect(target.choose(among: [worse, better]).index == 1, "\(better.fileName) \(worse.fileName)")
                #expect(target.choose(among: [better, worse]).index == 0, "\(better.fileName) \(worse.fileName)")
            }
        }
    }

    @Test func namesAreRead() throws {
        for row in try StandardsFixture.rows("wheels.txt", columns: 5) {
            let wheel = WheelName(row[0])
            #expect(wheel?.package ?? "-" == row[1], "\(row[0])")
            guard let wheel else { continue }
            #expect(wheel.version.description == row[2])
            #expect(wheel.build.map { "\($0.number) \($0.suffix)" } ?? "" == row[3], "\(row[0])")
            #expect(wheel.tags.map(\.description).sorted().joined(separator: " ") == row[4], "\(row[0])")
        }
    }

    @Test(arguments: [
        ("cp38-cp38-manylinux_2_28_x86_64", "needs glibc 2.28; the platform has glibc 2.26"),
        ("cp38-cp38-manylinux_2_34_x86_64.manylinux_2_28_x86_64", "needs glibc 2.28; the platform has glibc 2.26"),
        ("cp38-cp38-manylinux2014_aarch64", "is for aarch64"),
        ("cp312-cp312-manylinux2014_x86_64", "is for CPython 3.12"),
        ("cp39-abi3-manylinux2014_x86_64", "is for CPython 3.9 or newer"), ("cp38-cp38-win_amd64", "is for Windows"),
        ("cp312-cp312-macosx_11_0_arm64", "is for CPython 3.12 on macOS"), ("py2-none-any", "is for Python 2"),
        ("cp38-cp38-musllinux_1_2_x86_64", "is for musl"), ("pp310-pypy310_pp73-win32", "is for PyPy 3.10 on Windows"),
        ("cp39-cp39-manylinux_2_28_x86_64", "is for CPython 3.9 and needs glibc 2.28; the platform has glibc 2.26"),
        ("cp313-cp313t-manylinux2014_x86_64", "is for CPython 3.13, free-threaded"),
    ])
    func refusalsSayWhy(tag: String, reason: String) throws {
        #expect(Self.targets[2].refusal(of: try Self.wheel(tag))?.text == reason)
    }

    @Test func buildNumberDecidesLast() throws {
        let names = ["a-1.0-2-py3-none-any.whl", "a-1.0-10-py3-none-any.whl", "a-1.0-py3-none-any.whl"]
        let wheels = try names.map { try #require(WheelName($0)) }
        #expect(Self.targets[0].choose(among: wheels).index == 1)
        #expect(Self.targets[0].choose(among: []).index == nil)
        let foreign = try Self.wheel("cp313-cp313-win_amd64")
        let choice = Self.targets[0].choose(among: [foreign])
        #expect(choice.index == nil && choice.refused.first?.refusal.text == "is for Windows")
    }

    @Test func platformTagsAreWhatPipWants() {
        let tags = Self.targets[0].platformTags
        #expect(tags.first == "manylinux_2_34_x86_64" && tags.last == "linux_x86_64")
        #expect(tags.contains("manylinux2014_x86_64") && tags.contains("manylinux1_x86_64"))
        #expect(Self.targets[1].platformTags.contains("manylinux1_aarch64") == false)
        #expect(
            Self.targets[4].platformTags == [
                "musllinux_1_2_x86_64", "musllinux_1_1_x86_64", "musllinux_1_0_x86_64", "linux_x86_64",
            ])
    }

    @Test func hugeNamesAreRefused() {
        #expect(WheelName(String(repeating: "a", count: 1000) + "-1.0-py3-none-any.whl") == nil)
        #expect(WheelName("a-1.0-" + String(repeating: "py3.", count: 65) + "py3-none-any.whl") == nil)
        #expect(WheelName("a-1.0-99999999999999999999-py3-none-any.whl") == nil)
    }
}
