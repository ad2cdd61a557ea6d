import PackSimulation
import Testing

@Suite struct QuantilesTests {
    @Test func nearestRank() {
        let quantiles = Quantiles((1...20).map(Double.init).reversed())
        #expect(quantiles.at(0.5) == 10)
        #expect(quantiles.at(0.95) == 19)
        #expect(quantiles.at(0.951) == 20)
        #expect(quantiles.at(0) == 1)
        #expect(quantiles.mean == 10.5)
        #expect(Quantiles([]).at(0.5) == nil)
    }
}
