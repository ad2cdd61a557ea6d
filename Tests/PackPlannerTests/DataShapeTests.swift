import CPackKernels
import PackCore
import PackGraph
import PackPlanner
import PackRuntime
import Testing

/// Shapes that data decide: planned in parts as a request runs, bounded, and independent of what ran before.
@Suite struct DataShapeTests {
    /// The positions of what is above a limit, those elements, and as many of the largest of them as an input asks for, squared.
    private func chain() throws -> Graph {
        var builder = GraphBuilder()
        let x = builder.input("x", .f32, ["rows", "columns"])
        let k = builder.input("k", .i64, [1])
        let zero = try builder.scalar(0)
        let above = builder.node("Greater", "above", [x, zero])
        let places = builder.node("NonZero", "places", [above])
        let tuples = builder.node("Transpose", "tuples", [places], ["perm": .ints([1, 0])])
        let taken = builder.node("GatherND", "taken", [x, tuples])
        let largest = builder.node("TopK", "largest", [taken, k], outputs: 2)
        let squares = builder.node("Mul", "squares", [largest[0], largest[0]], output: "squares")
        let shape = builder.node("Shape", "shape", [taken])
        let ones = builder.node("ConstantOfShape", "ones", [shape], ["value": .float(1)])
        let more = builder.node("Add", "more", [taken, ones], output: "more")
        let outer = builder.node("Unsqueeze", "outer", [more, try builder.integers([1])])
        let table = builder.node("Mul", "table", [outer, squares], output: "table")
        for output in [places, squares, more, table] { builder.output(output) }
        return try builder.finish()
    }

    private func expected(_ x: TensorValue, _ k: Int) -> [TensorValue] {
        let columns = x.shape[1]
        let places = x.numbers.indices.filter { x.numbers[$0] > 0 }
        let taken = places.map { x.numbers[$0] }
        let squares = taken.sorted(by: >).prefix(k).map { $0 * $0 }
        let more = taken.map { $0 + 1 }
        return [
            TensorValue(
                .i64, [2, places.count], places.map { Double($0 / columns) } + places.map { Double($0 % columns) }),
            TensorValue(.f32, [k], squares), TensorValue(.f32, [taken.count], more),
            TensorValue(.f32, [taken.count, k], more.flatMap { a in squares.map { a * $0 } }),
        ]
    }

    @Test func followsTheDataOfEveryRequest() throws {
        let session = try Session(chain())
        var random = SplitMix(state: 0xDA7A)
        print("seed 0xDA7A")
        for _ in 0..<200 {
            let shape = [Int.random(in: 1...6, using: &random), Int.random(in: 1...6, using: &random)]
            let numbers = (0..<shape[0] * shape[1]).map { _ in Double(Int.random(in: -8...8, using: &random)) }
            let x = TensorValue(.f32, shape, numbers)
            let count = numbers.filter { $0 > 0 }.count
            let k = Int.random(in: 0...count, using: &random)
            #expect(try session.answer([x, .list(.i64, Double(k))]) == expected(x, k))
        }
    }

    @Test func answersAfterARequestThatFailed() throws {
        let session = try Session(chain())
        let x = TensorValue(.f32, [2, 2], [1, -1, 2, 3])
        #expect(try session.answer([x, .list(.i64, 2)]) == expected(x, 2))
        // Fewer elements are above 0 than are asked for.
        #expect(throws: RuntimeError.self) { try session.answer([x, .list(.i64, 4)]) }
        #expect(throws: RuntimeError.self) { try session.answer([x, .list(.i64, -1)]) }
        #expect(try session.answer([x, .list(.i64, 3)]) == expected(x, 3))
    }

    @Test func plansStaticShapesOnce() throws {
        var builder = GraphBuilder()
        let x = builder.input("x", .f32, ["n"])
        builder.output(builder.node("Add", "sum", [x, x]))
        let session = try Session(builder.finish())
        _ = try session.answer([.list(.f32, 1, 2)])
        let bytes = session.arenaBytes
        let place = session.inputBytes(0).baseAddress
        for _ in 0..<3 { _ = try session.answer([.list(.f32, 1, 2)]) }
        #expect(session.arenaBytes == bytes)
        #expect(session.inputBytes(0).baseAddress == place)
    }

    @Test func takesNoMemoryForARepeatedRequest() throws {
        let session = try Session(chain())
        let x = TensorValue(.f32, [2, 2], [1, 4, 2, 3])
        _ = try session.answer([x, .list(.i64, 4)])
        let place = session.inputBytes(0).baseAddress
        for k in [1, 4, 2] {
            #expect(try session.answer([x, .list(.i64, Double(k))]) == expected(x, k))
            #expect(session.inputBytes(0).baseAddress == place)
        }
    }

    @Test(arguments: [1 << 20, 1 << 33, 1 << 47, 1 << 62, -1])
    func refusesHugeSizesFromData(size: Int) throws {
        let huge = Double(size)
        let cases: [(String, [TensorValue])] = [
            ("ConstantOfShape", [.list(.i64, huge, 8)]), ("Tile", [.list(.f32, 1, 2), .list(.i64, huge)]),
            ("Expand", [.list(.f64, 1), .list(.i64, huge)]), ("Pad", [.list(.f64, 1), .list(.i64, abs(huge), huge)]),
            ("Range", [.scalar(.i64, 0), .scalar(.i64, abs(huge)), .scalar(.i64, 1)]),
            ("OneHot", [.list(.i64, 0), .scalar(.i64, huge), .list(.f64, 0, 1)]),
        ]
        for (op, inputs) in cases where size > 0 || op != "Range" && op != "Pad" {
            let session = try Session(Graph.node(op, inputs, isFixed: true), limit: 1 << 16)
            #expect(throws: RuntimeError.self, "\(op) to \(size)") { try session.answer(inputs) }
        }
    }

    @Test func boundsWhatDataMayAskForByItself() throws {
        let session = try Session(Graph.node("ConstantOfShape", [.list(.i64, 1)], isFixed: true))
        #expect(session.memoryLimit <= 1 << 32)
        #expect(try Session(Graph.node("Add", [.list(.f32, 1), .list(.f32, 1)], isFixed: true)).memoryLimit > 1 << 40)
    }

    @Test func refusesIndicesOutOfRange() throws {
        let x = TensorValue(.f32, [2, 2], [1, 2, 3, 4])
        let cases: [(String, [TensorValue])] = [
            ("Gather", [x, .list(.i64, 2)]), ("Gather", [x, .list(.i32, -3)]),
            ("GatherElements", [x, TensorValue(.i64, [1, 1], [-3])]),
            ("GatherND", [x, TensorValue(.i64, [1, 1], [9e18])]),
            ("ScatterElements", [x, TensorValue(.i64, [1, 1], [2]), TensorValue(.f32, [1, 1], [0])]),
            ("ScatterND", [x, TensorValue(.i64, [1, 1], [-3]), TensorValue(.f32, [1, 2], [0, 0])]),
            ("Compress", [x, .list(.bool, 0, 0, 0, 0, 1)]), ("ReverseSequence", [x, .list(.i64, 3, 1)]),
            ("CumSum", [x, .scalar(.i64, 2)]), ("ReduceSum", [x, .list(.i64, -3)]),
            ("Squeeze", [x, .list(.i64, 0)]), ("Unsqueeze", [x, .list(.i64, 3)]),
            ("Reshape", [x, .list(.i64, 3, -1)]), ("Reshape", [x, .list(.i64, -1, -1)]),
            ("Slice", [x, .list(.i64, 0), .list(.i64, 1), .list(.i64, 2)]),
            ("Slice", [x, .list(.i64, 0), .list(.i64, 1), .list(.i64, 0), .list(.i64, 0)]),
            ("Split", [x, .list(.i64, 1, 2)]), ("Expand", [x, .list(.i64, 3)]), ("Tile", [x, .list(.i64, 1, -1)]),
            ("TopK", [x, .list(.i64, 3)]), ("Range", [.scalar(.i64, 0), .scalar(.i64, 1), .scalar(.i64, 0)]),
        ]
        for (op, inputs) in cases {
            let outputs = op == "TopK" || op == "Split" ? 2 : 1
            let session = try Session(Graph.node(op, inputs, outputs: outputs, isFixed: true))
            #expect(throws: RuntimeError.self, "\(op)") { try session.answer(inputs) }
        }
    }
}
