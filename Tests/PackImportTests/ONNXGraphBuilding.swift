import Glibc
import PackFormats
import PackIO
import PackImport
import PackLab
import Testing
import WireBuilding

extension ONNXImport {
    /// Imports a file from a temporary folder with something fixed.
    static func read(_ bytes: [UInt8], _ fix: (inout ONNXSpecialization) -> Void) throws -> ONNXImport {
        let folder = try TemporaryFolder()
        let path = folder.path + "/model.onnx"
        let stream = try #require(fopen(path, "wb"))
        #expect(fwrite(bytes, 1, bytes.count, stream) == bytes.count)
        fclose(stream)
        var specialization = ONNXSpecialization()
        fix(&specialization)
        return try ONNXImport.load(path, specialization)
    }

    /// What a user would have to fix, over all problems.
    var needs: Set<ONNXNeed> { Set(problems.flatMap(\.needs)) }
}

extension WireBuilder {
    /// A graph as an attribute: a branch or body.
    mutating func attribute(_ name: String, _ build: (inout WireBuilder) -> Void) {
        message(5) {
            $0.text(1, name)
            $0.int(20, 5)
            $0.message(6) { build(&$0) }
        }
    }

    /// What a graph is given and gives, by name alone.
    mutating func edges(_ inputs: [String], _ outputs: [String]) {
        for input in inputs { message(11) { $0.text(1, input) } }
        for output in outputs { message(12) { $0.text(1, output) } }
    }

    /// An input that is a list of float tensors of one axis, optional if `isOptional`; of lists, if `depth` is 2.
    mutating func list(_ name: String, isOptional: Bool = false, depth: Int = 1, shape: Bool = true) {
        func tensor(_ type: inout WireBuilder) {
            type.message(1) { tensor in
                tensor.int(1, ONNXElementType.float.rawValue)
                if shape { tensor.message(2) { list in list.message(1) { $0.text(2, "n") } } }
            }
        }
        func list(_ type: inout WireBuilder, _ depth: Int) {
            if depth == 0 { return tensor(&type) }
            type.message(4) { $0.message(1) { list(&$0, depth - 1) } }
        }
        message(11) { port in
            port.text(1, name)
            port.message(2) { type in
                guard isOptional else { return list(&type, depth) }
                type.message(9) { $0.message(1) { list(&$0, depth) } }
            }
        }
    }

    /// A loop that puts its float input x behind what there is, so that each turn has a larger result; the number of turns is
    /// the input n.
    static func loop(turns name: String = "n", more: (inout WireBuilder) -> Void = { _ in }) -> [UInt8] {
        model(opset: 19) { graph in
            graph.node("Loop", [name, "", "x"], ["y"]) {
                $0.attribute("body") { body in
                    body.node("Concat", ["v", "x"], ["w"]) { $0.attribute("axis", int: 0) }
                    body.edges(["i", "c", "v"], ["c", "w"])
                }
            }
            graph.port(11, "x", [nil, 3])
            graph.port(11, "n", [], type: .int64)
            more(&graph)
            graph.message(12) { $0.text(1, "y") }
        }
    }
}

/// Little-endian bytes of whole numbers of 64 bits.
func longBytes(_ values: [Int]) -> [UInt8] {
    values.flatMap { value in withUnsafeBytes(of: Int64(value).littleEndian) { Array($0) } }
}
