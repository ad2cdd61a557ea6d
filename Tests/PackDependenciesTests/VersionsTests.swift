import PackDependencies
import Testing

/// Against Python's `packaging`; see Fixtures/python/README.md.
@Suite struct VersionsTests {
    @Test func textsAreReadAndNormalized() throws {
        for row in try StandardsFixture.rows("versions.txt", columns: 2) {
            #expect(PythonVersion(row[0])?.description ?? "-" == row[1], "\(row[0])")
        }
    }

    @Test func orderIsTotal() throws {
        let rows = try StandardsFixture.rows("versions_sorted.txt", columns: 2)
        let versions = try rows.map { try #require(PythonVersion($0[0]), "\($0[0])") }
        // The rank grows where a version is above the one before it.
        var ranks: [Int] = []
        for row in rows { ranks.append((ranks.last ?? 0) + (row[1] == "<" ? 1 : 0)) }
        for (i, one) in versions.enumerated() {
            for (j, other) in versions.enumerated() {
                #expect((one < other) == (ranks[i] < ranks[j]), "\(one) \(other)")
                #expect((one == other) == (ranks[i] == ranks[j]), "\(one) \(other)")
                if one == other { #expect(one.hashValue == other.hashValue, "\(one) \(other)") }
            }
        }
    }

    @Test func specifiersMatch() throws {
        for row in try StandardsFixture.rows("specifiers.txt", columns: 4) {
            guard row[1] != "-" else {
                #expect(SpecifierSet(row[0]) == nil, "\(row[0])")
                continue
            }
            let set = try #require(SpecifierSet(row[0]), "\(row[0])")
            let candidates = row[1].split(separator: " ")
            let matching = candidates.filter { PythonVersion($0).map(set.matches) ?? false }
            #expect(matching.joined(separator: " ") == row[2], "\(row[0])")
            #expect(set.allowsPrereleases == (row[3] == "True"), "\(row[0])")
        }
    }

    @Test func prereleasesNeedToBeAskedFor() throws {
        let beta = try #require(PythonVersion("2.0b1"))
        #expect(try #require(SpecifierSet(">=1")).admits(beta) == false)
        #expect(try #require(SpecifierSet(">=1")).admits(beta, prereleases: true))
        #expect(try #require(SpecifierSet(">=2.0a1")).admits(beta))
        #expect(SpecifierSet("==1.2.0")?.pinned == PythonVersion("1.2"))
        #expect(SpecifierSet("==1.2.*")?.pinned == nil)
    }

    @Test func hugeTextsAreRefused() {
        #expect(PythonVersion(String(repeating: "1", count: 19)) == nil)
        #expect(PythonVersion(String(repeating: "0", count: 100) + "1")?.description == "1")
        #expect(PythonVersion(String(repeating: "1.", count: 1_000_000) + "1") == nil)
        #expect(PythonVersion("1.0+" + String(repeating: "9", count: 200))?.isPrerelease == false)
        #expect(SpecifierSet(String(repeating: ">1,", count: 100_000)) == nil)
        #expect(Specifier(">=" + String(repeating: "1", count: 100_000)) == nil)
        #expect(Specifier(">1.dev999999999999999999")?.matches(PythonVersion(release: 2)) == true)
    }
}

extension PythonVersion {
    /// A release of one number.
    fileprivate init(release: Int) {
        guard let version = PythonVersion("\(release)") else { fatalError("not a version") }
        self = version
    }
}
