import Glibc
import PackFormats
import PackIO
import Testing
import WireBuilding

/// A file that breaks one rule.
struct ONNXHostileCase: CustomTestStringConvertible, Sendable {
    let name: String
    let bytes: [UInt8]
    let problem: ONNXFailure.Problem
    let path: String

    var testDescription: String { name }

    init(_ name: String, _ problem: ONNXFailure.Problem, _ path: String, _ graph: (inout WireBuilder) -> Void) {
        self.name = name
        bytes = WireBuilder.model(graph)
        self.problem = problem
        self.path = path
    }

    private static func tensor(
        _ name: String, _ problem: ONNXFailure.Problem, _ path: String, _ build: (inout WireBuilder) -> Void
    ) -> ONNXHostileCase {
        ONNXHostileCase(name, problem, "graph.initializer[0]" + path) { $0.message(5, build) }
    }

    static let tensors = [
        tensor("element type 29", .elementType, ".data_type") { $0.int(2, 29) },
        tensor("no element type", .elementType, ".data_type") { $0.packed(1, []) },
        tensor("element type beyond 32 bits", .outOfRange, ".data_type") { $0.int(2, 1 << 40) },
        tensor("negative extent", .negativeExtent, ".dims[1]") {
            $0.packed(1, [2, -1])
            $0.int(2, 1)
        },
        tensor("product that wraps to 0", .sizeOverflows, ".dims") {
            $0.packed(1, [1 << 32, 1 << 32])
            $0.int(2, 1)
        },
        tensor("bits that wrap", .sizeOverflows, ".dims") {
            $0.packed(1, [1 << 60])
            $0.int(2, 11)
        },
        tensor("complex numbers of which two lists would wrap", .sizeOverflows, ".dims") {
            $0.packed(1, [1 << 62])
            $0.int(2, 8)
        },
        tensor("65 axes", .rankTooHigh, ".dims") {
            $0.packed(1, Array(repeating: 1, count: 65))
            $0.int(2, 1)
        },
        tensor("raw data too short", .dataDisagrees, ".raw_data") {
            $0.packed(1, [2])
            $0.int(2, 1)
            $0.data(9, [1, 2, 3, 4, 5, 6, 7])
        },
        tensor("raw data too long", .dataDisagrees, ".raw_data") {
            $0.packed(1, [2])
            $0.int(2, 1)
            $0.data(9, [1, 2, 3, 4, 5, 6, 7, 8, 9])
        },
        tensor("raw strings", .dataDisagrees, ".raw_data") {
            $0.packed(1, [1])
            $0.int(2, 8)
            $0.data(9, [1])
        },
        tensor("raw data twice", .repeatedField, ".raw_data") {
            $0.data(9, [1])
            $0.data(9, [1])
        },
        tensor("raw data and a list", .dataTwice, "") {
            $0.packed(1, [1])
            $0.int(2, 2)
            $0.packed(5, [1])
            $0.data(9, [1])
        },
        tensor("two lists", .dataTwice, "") {
            $0.packed(5, [1])
            $0.packed(7, [1])
        },
        tensor("too few numbers", .dataDisagrees, "") {
            $0.packed(1, [3])
            $0.int(2, 7)
            $0.packed(7, [1, 2])
        },
        tensor("the list of another type", .dataDisagrees, "") {
            $0.packed(1, [1])
            $0.int(2, 1)
            $0.packed(7, [1])
        },
        tensor("no data", .dataDisagrees, "") {
            $0.packed(1, [1 << 40])
            $0.int(2, 1)
        },
        tensor("floats of 3 bytes", .cutOff, ".float_data") { $0.data(4, [1, 2, 3]) },
        tensor("numbers cut off", .cutOff, ".int64_data") { $0.data(7, [1, 0x80]) },
        tensor("a number of 11 bytes in a list", .varintTooLong, ".int64_data") {
            $0.data(7, Array(repeating: 0x80, count: 10) + [1])
        },
        tensor("numbers of the wrong wire type", .wrongWireType, ".float_data") { $0.int(4, 1) },
        tensor("a segment", .segmented, ".segment") { $0.message(3) { $0.int(1, 0) } },
        tensor("a name that is not UTF-8", .notUTF8, ".name") { $0.data(8, [0xC3, 0x28]) },
        tensor("an unknown place of data", .unknownKind, ".data_location") { $0.int(14, 2) },
    ]

    static let parts = [
        ONNXHostileCase("a node that is a number", .wrongWireType, "graph.node[0]") { $0.int(1, 1) },
        ONNXHostileCase("a name that is a number", .wrongWireType, "graph.name") { $0.int(2, 1) },
        ONNXHostileCase("a group", .wrongWireType, "graph") { $0.head(90, type: 3) },
        ONNXHostileCase("wire type 7", .wrongWireType, "graph") { $0.head(90, type: 7) },
        ONNXHostileCase("field 0", .fieldNumber, "graph") { $0.raw([0]) },
        ONNXHostileCase("a number of 11 bytes", .varintTooLong, "graph") {
            $0.head(90, type: 0)
            $0.raw(Array(repeating: 0x80, count: 10) + [1])
        },
        ONNXHostileCase("a number of 65 bits", .varintTooLong, "graph") {
            $0.head(90, type: 0)
            $0.raw(Array(repeating: 0xFF, count: 9) + [2])
        },
        ONNXHostileCase("a length of 2^63", .lengthBeyondEnd, "graph.node[0]") {
            $0.head(1, type: 2)
            $0.raw(WireBuilder.varint(1 << 63))
        },
        ONNXHostileCase("a length of 2^64 - 1", .lengthBeyondEnd, "graph.node[0]") {
            $0.head(1, type: 2)
            $0.raw(WireBuilder.varint(.max))
        },
        ONNXHostileCase("a length beyond the message", .lengthBeyondEnd, "graph.node[0]") {
            $0.head(1, type: 2)
            $0.raw([1])
        },
        ONNXHostileCase("an attribute of kind 15", .unknownKind, "graph.node[0].attribute[0].type") {
            $0.node("A", [], []) { $0.message(5) { $0.int(20, 15) } }
        },
        ONNXHostileCase("an attribute without its tensor", .missingField, "graph.node[0].attribute[0]") {
            $0.node("A", [], []) { $0.message(5) { $0.int(20, 4) } }
        },
        ONNXHostileCase("an attribute with two tensors", .repeatedField, "graph.node[1].attribute[0].t") {
            $0.node("A", [], [])
            $0.node("A", [], []) {
                $0.message(5) {
                    $0.tensor(5, .bool, [0])
                    $0.tensor(5, .bool, [0])
                }
            }
        },
        ONNXHostileCase("dims of a tensor in an attribute", .negativeExtent, "graph.node[0].attribute[0].t.dims[0]") {
            $0.node("A", [], []) { $0.message(5) { $0.tensor(5, .bool, [-5]) } }
        },
        ONNXHostileCase("a type of two kinds", .repeatedField, "graph.input[0].type") { graph in
            graph.message(11) { input in
                input.message(2) {
                    $0.message(1) { _ in }
                    $0.message(4) { _ in }
                }
            }
        },
        ONNXHostileCase("an element type in a type", .elementType, "graph.input[0].type.tensor_type.elem_type") {
            $0.message(11) { $0.message(2) { $0.message(1) { $0.int(1, 99) } } }
        },
        ONNXHostileCase("a sparse tensor without indices", .missingField, "graph.sparse_initializer[0]") {
            $0.message(15) { $0.tensor(1, .bool, [0]) }
        },
        ONNXHostileCase("sparse indices of another count", .dataDisagrees, "graph.sparse_initializer[0].indices") {
            $0.message(15) {
                $0.tensor(1, .bool, [1], raw: [1])
                $0.tensor(2, .int64, [0])
            }
        },
    ]

    static let external = [
        external("..", "../weights.bin", [:], .externalName),
        external("a hidden ..", "a/../../weights.bin", [:], .externalName),
        external("absolute", "/etc/passwd", [:], .externalName), external("empty part", "a//b", [:], .externalName),
        external("a folder", ".", [:], .externalName),
        external("offset beyond the file", "weights.bin", ["offset": "9"], .externalBeyondFile),
        external("offset near 2^63", "weights.bin", ["offset": "9223372036854775800"], .externalBeyondFile),
        external("a sum beyond 2^63", "weights.bin", ["offset": "9223372036854775807", "length": "8"], .externalField),
        external("offset below 0", "weights.bin", ["offset": "-1"], .externalField),
        external("offset beyond 2^63", "weights.bin", ["offset": "9223372036854775808"], .externalField),
        external("another length", "weights.bin", ["length": "7"], .dataDisagrees),
        external("no location", "", [:], .externalField),
    ]

    private static func external(
        _ name: String, _ location: String, _ more: [String: String], _ problem: ONNXFailure.Problem
    ) -> ONNXHostileCase {
        ONNXHostileCase(name, problem, "graph.initializer[0].external_data") {
            $0.external(5, more.merging(["location": location]) { $1 })
        }
    }
}

@Suite struct ONNXHostileTests {
    @Test(arguments: ONNXHostileCase.tensors + ONNXHostileCase.parts + ONNXHostileCase.external)
    func refuses(_ hostile: ONNXHostileCase) {
        let failure = onnxFailure {
            _ = try ONNXFile.read(hostile.bytes, beside: ["weights.bin": floatBytes([1, 2, 3, 4])])
        }
        #expect(failure?.problem == hostile.problem && failure?.path == hostile.path, "\(String(describing: failure))")
        #expect(failure?.facts.file != nil && failure?.found.isEmpty == false)
    }

    private static let small = WireBuilder.model { graph in
        graph.node("Add", ["x", "w"], ["y"]) {
            $0.message(5) {
                $0.text(1, "t")
                $0.tensor(5, .float, [1], raw: floatBytes([1]))
            }
        }
        graph.tensor(5, .int64, [1], name: "w", raw: Array(repeating: 0, count: 8))
        graph.message(5) {
            $0.packed(1, [2])
            $0.int(2, 6)
            $0.packed(5, [300, -1])
        }
        graph.message(12) { $0.text(1, "y") }
    }

    /// The graph is the last field, so that a file cut off anywhere behind its head is broken.
    @Test func refusesAModelCutOffAnywhere() throws {
        _ = try ONNXFile.read(Self.small)
        for count in 0..<Self.small.count {
            #expect(onnxFailure { _ = try ONNXFile.read(Array(Self.small.prefix(count))) } != nil, "\(count) bytes")
        }
    }

    @Test func survivesEveryChangedByte() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/a.onnx"
        for index in Self.small.indices {
            for change: UInt8 in [0x01, 0x80, 0x7F, 0xFF] {
                var bytes = Self.small
                bytes[index] ^= change
                try writeQuickly(bytes, to: path)
                do throws(FormatFailure) {
                    let file = try ONNXFile(path: path)
                    for tensor in file.model.graph.initializers {
                        #expect(file.bytes(of: tensor).count == tensor.byteCount)
                    }
                } catch {
                    guard case .onnx = error else {
                        Issue.record("byte \(index): \(error)")
                        continue
                    }
                }
            }
        }
    }

    @Test func refusesDeepNesting() {
        var graph = WireBuilder()
        for _ in 0..<10_000 {
            let inner = graph.bytes
            var node = WireBuilder()
            node.message(5) { $0.data(6, inner) }
            graph = WireBuilder()
            graph.data(1, node.bytes)
        }
        let failure = onnxFailure { _ = try ONNXFile.read(WireBuilder.model { $0.raw(graph.bytes) }) }
        #expect(failure?.problem == .tooDeep)
        var type = WireBuilder()
        for _ in 0..<10_000 {
            let inner = type.bytes
            type = WireBuilder()
            type.message(4) { $0.data(1, inner) }
        }
        let second = onnxFailure {
            _ = try ONNXFile.read(WireBuilder.model { $0.message(11) { $0.data(2, type.bytes) } })
        }
        #expect(second?.problem == .tooDeep)
    }

    @Test func refusesMoreMessagesThanAFileMayHave() {
        var nodes = WireBuilder()
        nodes.raw((0..<(1 << 22)).flatMap { _ in [0x0A, 0x00] as [UInt8] })
        let failure = onnxFailure { _ = try ONNXFile.read(WireBuilder.model { $0.raw(nodes.bytes) }) }
        #expect(failure?.problem == .tooManyParts)
    }

    @Test(arguments: [[], [0x08], [0x08, 0x0A], Array("hello, this is a text\n".utf8)] as [[UInt8]])
    func refusesWhatIsNoModel(bytes: [UInt8]) {
        #expect(onnxFailure { _ = try ONNXFile.read(bytes) } != nil)
    }

    @Test func refusesLinksOutOfTheFolder() throws {
        let outside = try TemporaryFolder()
        try AtomicFile.write(floatBytes([1, 2]), to: outside.path + "/secret.bin")
        let folder = try TemporaryFolder()
        let model = folder.path + "/model.onnx"
        try AtomicFile.write(WireBuilder.model { $0.external(5, ["location": "weights.bin"]) }, to: model)
        #expect(symlink(outside.path + "/secret.bin", folder.path + "/weights.bin") == 0)
        #expect { try ONNXFile(path: model) } throws: { error in
            guard case .io(.linkLeavesFolder)? = error as? FormatFailure else { return false }
            return true
        }
        #expect(unlink(folder.path + "/weights.bin") == 0)
        #expect(link(outside.path + "/secret.bin", folder.path + "/weights.bin") == 0)
        #expect(onnxFailure { _ = try ONNXFile(path: model) }?.problem == .externalLink)
        #expect(unlink(outside.path + "/secret.bin") == 0)
        #expect(try ONNXFile(path: model).externals.count == 1)
    }

    @Test func readsTensorsBeyondTwoGigabytes() throws {
        let folder = try TemporaryFolder()
        let bytes = (3 << 30) + 8
        var head = WireBuilder()
        head.packed(1, [bytes])
        head.int(2, 2)
        head.head(9, type: 2)
        head.raw(WireBuilder.varint(UInt64(bytes)))
        var graph = WireBuilder()
        graph.head(5, type: 2)
        graph.raw(WireBuilder.varint(UInt64(head.bytes.count + bytes)))
        graph.raw(head.bytes)
        var model = WireBuilder()
        model.int(1, 10)
        model.head(7, type: 2)
        model.raw(WireBuilder.varint(UInt64(graph.bytes.count + bytes)))
        model.raw(graph.bytes)
        let path = folder.path + "/large.onnx"
        try AtomicFile.write(model.bytes, to: path)
        // The rest is a hole, which takes no room on the disk.
        #expect(truncate(path, model.bytes.count + bytes) == 0)
        let file = try ONNXFile(path: path)
        #expect(file.model.graph.initializers.map(\.byteCount) == [bytes])
        #expect(file.mapped(file.model.graph.initializers[0])?.range.upperBound == file.file.size)
    }
}
