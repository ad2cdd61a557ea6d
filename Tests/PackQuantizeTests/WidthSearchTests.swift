import PackPlanner
import PackQuantize
import Testing

/// Which weights get more bits first.
@Suite struct WidthSearchTests {
    private func weight(_ name: String, _ losses: [Double], bytes: Int = 100) -> WidthSearch.Weight {
        let kinds: [(WeightKind, Int)] = [(.int4, bytes / 2), (.int8, bytes), (.f16, bytes * 2)]
        return WidthSearch.Weight(
            name: name,
            choices: zip(kinds, losses).map { WidthSearch.Choice(kind: $0.0, bytes: $0.1, loss: $1) })
    }

    @Test func theWorstForItsBytesComesFirst() {
        let search = WidthSearch([
            weight("small", [0.4, 0.1, 0]), weight("large", [0.5, 0.1, 0], bytes: 1000),
            weight("dull", [0.01, 0.001, 0]),
        ])
        #expect(search.count == 7)
        #expect(search.storage(0) == WeightStorage(.int4))
        #expect(search.storage(1) == WeightStorage(.int4, exceptions: ["small": .int8]))
        #expect(search.storage(2) == WeightStorage(.int4, exceptions: ["small": .f16]))
        #expect(search.storage(3).kind(of: "large") == .int8)
        #expect(search.storage(6).exceptions == ["small": .f16, "large": .f16, "dull": .f16])
    }

    @Test func aStepThatBringsLittleIsTakenTogetherWithTheNext() {
        // int8 alone would hardly help: the weight goes from int4 to f16 at once.
        let search = WidthSearch([weight("steep", [1, 0.99, 0])])
        #expect(search.count == 2)
        #expect(search.storage(1).kind(of: "steep") == .f16)
    }

    @Test func whatDoesNotHelpIsNeverDone() {
        let search = WidthSearch([weight("odd", [0.1, 0.2, 0.1])])
        #expect(search.count == 1)
        #expect(WidthSearch([]).count == 1)
    }
}
