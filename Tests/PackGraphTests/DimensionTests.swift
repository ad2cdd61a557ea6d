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

    @Test(arguments: [
        ("batch*12", "batch" * 12 as Dimension),
        ("batch*sequence*3 + 2", 2 + 3 * "sequence" * "batch"),
        ("sequence - 1", "sequence" - 1),
        ("-1*x", -1 * "x"),
        ("a - b", "a" - "b"),
        ("max(batch, 1)", .max(1, "batch")),
        ("(batch + 1)/2", ("batch" + 1) / 2),
        ("batch/(a*b)", "batch" / ("a" * "b")),
    ])
    func description(_ text: String, _ dimension: Dimension) {
        if text == "-1*x" {
            #expect(dimension.description == "x*-1")
        } else {
            #expect(dimension.description == text)
        }
    }

    @Test func evaluation() {
        let size = batch * 12 + .max(sequence, 4) / 3
        #expect(size.evaluate(["batch": 2, "sequence": 10]) == 27)
        #expect(size.evaluate(["batch": 2]) == nil)
        #expect((batch * .constant(.max)).evaluate(["batch": 2]) == nil)
        #expect((.constant(.max) + 1 as Dimension).evaluate() == nil)
        #expect((.constant(.max) * 2 as Dimension).evaluate() == nil)
        #expect((batch / sequence).evaluate(["batch": 1, "sequence": 0]) == nil)
        #expect((1 / 0 as Dimension).evaluate() == nil)
        #expect((.constant(.min) / -1 as Dimension).evaluate() == nil)
        #expect((.constant(.min) - .constant(.min) as Dimension).evaluate() == nil)
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
