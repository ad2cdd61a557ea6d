import Glibc
import PackCore
import PackGraph
import PackIO
import PackImport
import PackPasses
import PackRuntime
import Testing
import WireBuilding

/// Random numbers are of their distribution, and the same in each run.
@Suite struct RandomOperatorTests {
    /// Imports a file.
    private func load(_ bytes: [UInt8]) throws -> ONNXImport {
        let folder = try TemporaryFolder()
        let path = folder.path + "/model.onnx"
        let stream = try #require(fopen(path, "wb"))
        #expect(fwrite(bytes, 1, bytes.count, stream) == bytes.count)
        fclose(stream)
        return try ONNXImport.load(path)
    }

    /// The answers of a model to one input f32, as imported and after all passes, which must be the same.
    private func answers(
        _ shape: [Int], _ numbers: [Double], outputs: [String], _ nodes: (inout WireBuilder) -> Void
    ) throws -> [TensorValue] {
        let onnx = try load(
            WireBuilder.model(opset: 22) { graph in
                nodes(&graph)
                graph.input("x", shape)
                for output in outputs { graph.message(12) { $0.text(1, output) } }
            })
        #expect(onnx.problems.isEmpty, "\(onnx.problems)")
        let request = [TensorValue(.f32, shape, numbers)]
        let session = try Session(onnx.graph)
        let first = try session.answer(request)
        let again = try session.answer(request)
        let passed = try Session(PassPipeline.standard.run(onnx.graph).graph, threads: 2).answer(request)
        #expect(first.map(\.numbers) == again.map(\.numbers))
        #expect(first.map(\.numbers) == passed.map(\.numbers))
        return first
    }

    private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

    private func deviation(_ values: [Double]) -> Double {
        let middle = mean(values)
        return mean(values.map { ($0 - middle) * ($0 - middle) }).squareRoot()
    }

    @Test func normalNumbersHaveTheirMomentsAndDifferFromNodeToNode() throws {
        let values = try answers([100, 400], Array(repeating: 0, count: 40000), outputs: ["a", "b", "c"]) {
            $0.node("RandomNormalLike", ["x"], ["a"]) { $0.attribute("scale", float: 2) }
            $0.node("RandomNormalLike", ["x"], ["b"]) { $0.attribute("scale", float: 2) }
            $0.node("RandomNormal", [], ["c"]) {
                $0.attribute("mean", float: -3)
                $0.attribute("shape", ints: [40000])
            }
        }
        let (a, b, c) = (values[0].numbers, values[1].numbers, values[2].numbers)
        #expect(values.map(\.shape) == [[100, 400], [100, 400], [40000]])
        #expect(abs(mean(a)) < 0.04 && abs(deviation(a) - 2) < 0.03)
        #expect(abs(mean(c) + 3) < 0.02 && abs(deviation(c) - 1) < 0.015)
        // Of normal numbers 68.27 % and 95.45 % are within one and two deviations.
        for (limit, share) in [(1.0, 0.6827), (2.0, 0.9545)] {
            let inside = Double(c.count { abs($0 + 3) < limit }) / 40000
            #expect(abs(inside - share) < 0.01)
        }
        #expect(zip(a, b).count { $0 == $1 } < 10)
        #expect(abs(mean(zip(a, b).map { $0 * $1 })) < 0.08, "no correlation")
        #expect(abs(mean(zip(a, a.dropFirst()).map { $0 * $1 })) < 0.08, "no correlation")
    }

    @Test func uniformNumbersFillTheirRange() throws {
        let values = try answers([2], [0, 0], outputs: ["a", "b", "c"]) {
            for (output, seed) in [("a", Float(7)), ("b", 7), ("c", 8)] {
                $0.node("RandomUniform", [], [output]) {
                    $0.attribute("seed", float: seed)
                    $0.attribute("low", float: -1)
                    $0.attribute("high", float: 3)
                    $0.attribute("shape", ints: [50, 800])
                }
            }
        }
        let (a, b, c) = (values[0].numbers, values[1].numbers, values[2].numbers)
        #expect(a == b && a != c, "equal seeds give equal numbers")
        #expect(a.allSatisfy { $0 >= -1 && $0 <= 3 })
        var counts = [Int](repeating: 0, count: 16)
        for value in a { counts[min(15, Int((value + 1) * 4))] += 1 }
        let expected = Double(a.count) / 16
        let chiSquare = counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
        #expect(chiSquare < 45, "15 degrees of freedom: above 45 once in 10,000")
    }

    @Test func drawsByProbability() throws {
        let chances = (0..<40000).map { [0, 0.25, 1, 0.9][$0 % 4] }
        let values = try answers([40000], chances, outputs: ["y"]) {
            $0.node("Bernoulli", ["x"], ["y"]) { $0.attribute("dtype", int: 7) }
        }
        #expect(values[0].dtype == .i64)
        for (place, chance) in [0, 0.25, 1, 0.9].enumerated() {
            let share = mean(stride(from: place, to: 40000, by: 4).map { values[0].numbers[$0] })
            #expect(chance == 0 || chance == 1 ? share == chance : abs(share - chance) < 0.02)
        }
    }

    @Test func drawsClasses() throws {
        // Probabilities 0.1, 0.6, 0.3 and 0 of the first row; the second is certain of its last class.
        let logarithms: [Double] = [-2.302585, -0.510826, -1.203973, -.infinity, -.infinity, -.infinity, -.infinity, 5]
        let values = try answers([2, 4], logarithms, outputs: ["y"]) {
            $0.node("Multinomial", ["x"], ["y"]) { $0.attribute("sample_size", int: 20000) }
        }
        #expect(values[0].dtype == .i32 && values[0].shape == [2, 20000])
        let drawn = values[0].numbers
        for (kind, chance) in [0.1, 0.6, 0.3, 0].enumerated() {
            #expect(abs(Double(drawn.prefix(20000).count { $0 == Double(kind) }) / 20000 - chance) < 0.015)
        }
        #expect(drawn.suffix(20000).allSatisfy { $0 == 3 })
    }

    @Test func wordsAreThoseOfTheirPositions() {
        var generator = SplitMix(state: 0)
        // The first words of the published generator from state 0.
        #expect(generator.next() == 0xE220_A839_7B1D_CDAF)
        #expect(generator.next() == 0x6E78_9E6A_A1B9_65F4)
        #expect(SplitMix.word(1, state: 0) == 0x6E78_9E6A_A1B9_65F4)
    }

    @Test func plansWithOtherAttributesAreRefused() throws {
        let onnx = try load(
            WireBuilder.model { graph in
                graph.node("RandomUniform", [], ["y"]) { $0.attribute("shape", ints: [-2]) }
                graph.node("RandomNormal", [], ["z"])
                graph.message(12) { $0.text(1, "y") }
                graph.message(12) { $0.text(1, "z") }
            })
        #expect(onnx.problems.map(\.kind) == [.invalid, .invalid])
    }
}

extension WireBuilder {
    fileprivate mutating func attribute(_ name: String, int value: Int) {
        message(5) {
            $0.text(1, name)
            $0.int(3, value)
            $0.int(20, 2)
        }
    }

    fileprivate mutating func attribute(_ name: String, ints values: [Int]) {
        message(5) {
            $0.text(1, name)
            $0.packed(8, values)
            $0.int(20, 7)
        }
    }

    fileprivate mutating func attribute(_ name: String, float value: Float) {
        message(5) {
            $0.text(1, name)
            $0.float(2, value)
            $0.int(20, 1)
        }
    }

    /// An input of floats.
    fileprivate mutating func input(_ name: String, _ shape: [Int]) {
        message(11) { port in
            port.text(1, name)
            port.message(2) { value in
                value.message(1) { tensor in
                    tensor.int(1, 1)
                    tensor.message(2) { list in
                        for extent in shape { list.message(1) { $0.int(1, extent) } }
                    }
                }
            }
        }
    }
}
