import PackLab
import Testing

@Suite struct RankCorrelationTests {
    /// Lists, and what `scipy.stats.spearmanr` says of them.
    static let cases: [(a: [Double], b: [Double], expected: Double)] = [
        ([1, 2, 3, 4, 5], [5, 6, 7, 8, 7], 0.8207826816681233),
        ([3, 1, 2], [-3, -1, -2], -1),
        ([1, 2, 2, 3], [1, 4, 2, 2], 0.5000000000000001),
        ([0.1, 0.9, 0.5, 0.5, 0.2, -0.3], [0.2, 0.8, 0.7, 0.4, 0.1, -0.1], 0.9276336570439174),
    ]

    @Test(arguments: cases) func agreesWithSciPy(_ lists: (a: [Double], b: [Double], expected: Double)) throws {
        let found = try #require(RankCorrelation.of(lists.a, lists.b))
        #expect(abs(found - lists.expected) < 1e-12)
    }

    @Test func isUnknownWhereNothingIsRanked() {
        #expect(RankCorrelation.of([1], [2]) == nil)
        #expect(RankCorrelation.of([], []) == nil)
        #expect(RankCorrelation.of([1, 1, 1], [1, 2, 3]) == nil)
        #expect(RankCorrelation.of([1, 2], [1, 2, 3]) == nil)
    }
}
