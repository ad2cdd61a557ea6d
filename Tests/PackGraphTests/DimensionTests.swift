import PackGraph
import Testing

@Suite struct DimensionTests {
    let batch: Dimension = "batch"
    let sequence: Dimension = "sequence"

    @Test func normalForm() {
        #expect(batch * 12 == 12 * batch)
        #expect(sequence * batch * 2 == batch * 2 * sequence)
        #expect((batch + 1) * 12 == batch * 12 + 12)
        #expect(batch + batch == batch * 2)
        #expect(batch - batch == 0)
        #expect(batch * 0 == 0)
        #expect(batch * 1 == batch)
        #expect(batch + 0 == batch)
        #expect(batch * sequence * 384 / (batch * sequence * 12) == 32)
        #expect((batch * 6 + 4) / 2 == batch * 3 + 2)
        #expect(Dimension.max(batch, 0) == batch)
        #expect(Dimension.max(batch, 1) == .max(1, batch))
        #expect(Dimension.max(batch, batch + 3) == batch + 3)
        #expect(Dimension.min(batch * 2, batch) == batch)
        #expect(Dimension.max(3, 4) == 4)
        #expect(Dimension.min(3, 4) == 3)
    }

    static let described: [(String, Dimension)] = {
        let (a, b, batch, sequence): (Dimension, Dimension, Dimension, Dimension) = ("a", "b", "batch", "sequence")
        let linear = sequence * 3 * batch + 2
        return [
            ("batch*12", batch * 12), ("batch*sequence*3 + 2", linear), ("sequence - 1", sequence - 1),
            ("a*-1", a * -1), ("a - b", a - b), ("max(batch, 1)", .max(1, batch)), ("(batch + 1)/2", (batch + 1) / 2),
            ("batch/(a*b)", batch / (a * b)),
        ]
    }()

    @Test(arguments: described)
    func description(_ text: String, _ dimension: Dimension) {
        #expect(dimension.description == text)
    }

    @Test func evaluation() {
        let size = batch * 12 + .max(sequence, 4) / 3
        #expect(size.evaluate(["batch": 2, "sequence": 10]) == 27)
        #expect(size.evaluate(["batch": 2]) == nil)
        #expect((batch * .constant(.max)).evaluate(["batch": 2]) == nil)
        #expect((Dimension.constant(.max) + 1).evaluate() == nil)
        #expect((Dimension.constant(.max) * 2).evaluate() == nil)
        #expect((batch / sequence).evaluate(["batch": 1, "sequence": 0]) == nil)
        let one: Dimension = 1
        #expect((one / 0).evaluate() == nil)
        #expect((Dimension.constant(.min) / -1).evaluate() == nil)
        #expect((Dimension.constant(.min) - .constant(.min)).evaluate() == nil)
    }

    @Test func substitution() {
        #expect((batch * sequence).substituting(["batch": 2]) == sequence * 2)
        #expect((batch * sequence).symbols == ["batch", "sequence"])
    }

    @Test func growthIsBounded() {
        var power: Dimension = batch + sequence + 1
        for _ in 0..<8 { power = power * (batch + sequence + 1) }
        #expect(power.complexity < 20_000)
        #expect(power.evaluate(["batch": 1, "sequence": 0]) == 512)
    }
}
