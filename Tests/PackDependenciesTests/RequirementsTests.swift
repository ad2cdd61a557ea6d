import PackDependencies
import Testing

/// Against Python's `packaging`; see Fixtures/python/README.md.
@Suite struct RequirementsTests {
    private static let targets = [
        TargetEnvironment(python: [3, 13, 1], architecture: "x86_64", libc: .glibc(major: 2, minor: 34)),
        TargetEnvironment(python: [3, 9, 18], architecture: "arm64", libc: .glibc(major: 2, minor: 26)),
    ]

    @Test func markersEvaluate() throws {
        let environments = Self.targets.flatMap { [$0.markers(), $0.markers(extras: ["Dev_Tools"])] }
        for row in try StandardsFixture.rows("markers.txt", columns: 5) {
            guard row[1] != "-" else {
                #expect(Marker(row[0]) == nil, "\(row[0])")
                continue
            }
            let marker = try #require(Marker(row[0]), "\(row[0])")
            for (environment, expected) in zip(environments, row[1...]) where expected != "undefined" {
                #expect(marker.evaluate(environment) == (expected == "True" ? .yes : .no), "\(row[0])")
            }
        }
    }

    @Test(arguments: [
        ("platform_release >= '5'", MarkerVerdict.unknown), ("platform_version == 'x'", .unknown),
        ("platform_release >= '5' and os_name == 'nt'", .no), ("platform_release >= '5' or os_name == 'posix'", .yes),
        ("python_full_version >= '3.13'", .yes), ("python_full_version >= '3.13.1'", .unknown),
        ("python_full_version < '3.13.0'", .no), ("python_full_version != '3.12.4'", .yes),
        ("python_full_version == '3.13.4'", .unknown), ("python_full_version == '3.13.*'", .yes),
        ("python_full_version > '3.13.0a1'", .yes), ("'a' in extras", .no), ("'B.b' in extras", .yes),
        ("'dev' in dependency_groups", .yes), ("'dev' not in dependency_groups", .no), ("extras == 'b-b'", .unknown),
        ("'b_b' not in extras or 'x' in dependency_groups", .no), ("'a' == 'b'", .no),
    ])
    func unknownIsAVerdict(text: String, expected: MarkerVerdict) throws {
        let target = TargetEnvironment(python: [3, 13], architecture: "x86_64", libc: .glibc(major: 2, minor: 34))
        let environment = target.markers(extras: ["b_b"], groups: ["Dev"])
        #expect(try #require(Marker(text)).evaluate(environment) == expected)
    }

    @Test func requirementsAreRead() throws {
        for row in try StandardsFixture.rows("pep508.txt", columns: 6) {
            guard row[1] != "-" else {
                #expect(Requirement(row[0]) == nil, "\(row[0])")
                continue
            }
            let requirement = try #require(Requirement(row[0]), "\(row[0])")
            #expect(requirement.package == row[1])
            #expect(requirement.extras.sorted().joined(separator: ",") == row[2], "\(row[0])")
            #expect(
                requirement.specifiers.specifiers.map(\.description).sorted().joined(separator: ",") == row[3],
                "\(row[0])")
            #expect(requirement.url ?? "" == row[4], "\(row[0])")
            #expect((requirement.marker != nil) == (row[5] == "marker"), "\(row[0])")
        }
    }

    @Test func deepAndLongMarkersAreRefused() {
        let deep =
            String(repeating: "(", count: 100_000) + "os_name == 'posix'" + String(repeating: ")", count: 100_000)
        #expect(Marker(deep) == nil)
        let nested = String(repeating: "(", count: 1000) + "os_name == 'posix'" + String(repeating: ")", count: 1000)
        #expect(Marker(nested) == nil)
        #expect(Marker(String(repeating: "os_name == 'posix' and ", count: 10_000) + "os_name == 'posix'") == nil)
        #expect(Requirement("a[" + String(repeating: "b,", count: 1000) + "b]")?.extras == ["b"])
        #expect(Requirement(String(repeating: "a", count: 1_000_000)) == nil)
    }
}
