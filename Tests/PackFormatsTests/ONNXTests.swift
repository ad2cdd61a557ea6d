import Glibc
import PackFormats
import PackIO
import Testing
import WireBuilding

@Suite struct ONNXTests {
    @Test func readsAModel() throws {
        let bytes = WireBuilder.model { graph in
            graph.node("Add", ["x", "w"], ["y"]) {
                $0.text(3, "add")
                $0.message(5) {
                    $0.text(1, "alpha")
                    $0.float(2, 0.5)
                    $0.int(20, 1)
                }
                $0.message(5) {
                    $0.text(1, "axes")
                    $0.packed(8, [0, -1])
                    $0.int(20, 7)
                }
            }
            graph.tensor(5, .float, [2], name: "w", raw: floatBytes([1, 2]))
            graph.message(11) { input in
                input.text(1, "x")
                input.message(2) { type in
                    type.message(1) { tensor in
                        tensor.int(1, 1)
                        tensor.message(2) { shape in
                            shape.message(1) { $0.text(2, "batch") }
                            shape.message(1) { $0.int(1, 2) }
                        }
                    }
                }
            }
            graph.message(12) { $0.text(1, "y") }
        }
        let file = try ONNXFile.read(bytes)
        let model = file.model
        #expect(model.irVersion == 10 && model.version(of: "ai.onnx") == 20 && model.producer == "test")
        #expect(model.graph.inputs.map(\.type) == [.tensor(.float, [.name("batch"), .extent(2)])])
        let node = try #require(model.graph.nodes.first)
        #expect(node.op == "Add" && node.name == "add" && node.inputs == ["x", "w"] && node.domain == "ai.onnx")
        guard case .float(0.5)? = node.attribute("alpha"), case .ints([0, -1])? = node.attribute("axes") else {
            Issue.record("attributes")
            return
        }
        let weight = try #require(model.graph.initializers.first)
        #expect(weight.name == "w" && weight.shape == [2] && weight.type == .float)
        #expect(file.mapped(weight)?.range.count == 8)
        #expect(file.bytes(of: weight) == floatBytes([1, 2]))
    }

    /// Each element type in the list that belongs to it gives the bytes that raw data would have.
    @Test(
        arguments: [
            (ONNXElementType.int8, [-1, 2], [0xFF, 2]), (.uint8, [200, 1], [200, 1]), (.bool, [1, 0], [1, 0]),
            (.int16, [-2, 1], [0xFE, 0xFF, 1, 0]), (.float16, [0x3C00, 0], [0, 0x3C, 0, 0]),
            (.int32, [-2, 1], [0xFE, 0xFF, 0xFF, 0xFF, 1, 0, 0, 0]), (.float8e5m2, [0x7C, 1], [0x7C, 1]),
            (.float6e2m3, [1, 2], [0x81, 0]),
        ] as [(ONNXElementType, [Int], [UInt8])])
    func readsListsOfNumbers(type: ONNXElementType, values: [Int], expected: [UInt8]) throws {
        for isPacked in [true, false] {
            let file = try ONNXFile.read(
                WireBuilder.model { graph in
                    graph.message(5) { tensor in
                        tensor.int(1, values.count)
                        tensor.int(2, type.rawValue)
                        if isPacked { tensor.packed(5, values) } else { for value in values { tensor.int(5, value) } }
                    }
                })
            #expect(file.bytes(of: file.model.graph.initializers[0]) == expected)
        }
    }

    @Test func readsElementsThatShareBytes() throws {
        let file = try ONNXFile.read(
            WireBuilder.model { graph in
                graph.message(5) {
                    $0.packed(1, [3])
                    $0.int(2, ONNXElementType.int4.rawValue)
                    $0.packed(5, [0x21, 0x03])
                }
                graph.tensor(5, .uint2, [5], raw: [0b11_10_01_00, 0b01])
            })
        #expect(file.bytes(of: file.model.graph.initializers[0]) == [0x21, 0x03])
        #expect(file.bytes(of: file.model.graph.initializers[1]) == [0b11_10_01_00, 0b01])
    }

    @Test func readsFloatsWherever() throws {
        let file = try ONNXFile.read(
            WireBuilder.model { graph in
                graph.message(5) {
                    $0.packed(1, [3])
                    $0.int(2, 1)
                    $0.data(4, floatBytes([1, 2, 3]))
                }
                graph.message(5) {
                    $0.packed(1, [3])
                    $0.int(2, 1)
                    $0.float(4, 1)
                    $0.data(4, floatBytes([2, 3]))
                }
                graph.message(5) {
                    $0.packed(1, [1])
                    $0.int(2, ONNXElementType.string.rawValue)
                    $0.data(6, [0xFF, 0x00])
                }
            })
        let tensors = file.model.graph.initializers
        #expect(file.mapped(tensors[0]) != nil && file.mapped(tensors[1]) == nil)
        #expect(file.bytes(of: tensors[0]) == floatBytes([1, 2, 3]))
        #expect(file.bytes(of: tensors[1]) == floatBytes([1, 2, 3]))
        #expect(file.texts(of: tensors[2]) == [[0xFF, 0x00]])
    }

    @Test func readsEveryKindOfAttribute() throws {
        let file = try ONNXFile.read(
            WireBuilder.model { graph in
                graph.node("If", ["c"], ["y"]) { node in
                    node.text(8, "second")
                    func attribute(_ name: String, kind: Int?, _ build: (inout WireBuilder) -> Void) {
                        node.message(5) {
                            $0.text(1, name)
                            build(&$0)
                            if let kind { $0.int(20, kind) }
                        }
                    }
                    attribute("old", kind: nil) { $0.int(3, 7) }
                    attribute("s", kind: 3) { $0.text(4, "é") }
                    attribute("t", kind: 4) { $0.tensor(5, .int8, [1], raw: [9]) }
                    attribute("then", kind: 5) { $0.message(6) { $0.node("Abs", ["x"], ["z"]) } }
                    attribute("strings", kind: 8) {
                        $0.text(9, "a")
                        $0.text(9, "")
                    }
                    attribute("ref", kind: 2) { $0.text(21, "outer") }
                    attribute("type", kind: 13) { $0.message(14) { $0.message(4) { $0.message(1) { _ in } } } }
                    attribute("empty", kind: 7) { _ in }
                }
                graph.message(11) { input in
                    input.text(1, "m")
                    input.message(2) { type in
                        type.message(5) { map in
                            map.int(1, 7)
                            map.message(2) { $0.message(1) { $0.int(1, 1) } }
                        }
                    }
                }
            })
        let node = file.model.graph.nodes[0]
        #expect(node.overload == "second")
        let kinds = node.attributes.map { attribute -> String in
            switch attribute.value {
            case .int(7): "int"
            case .string(let text): String(decoding: text, as: UTF8.self)
            case .tensor(let tensor): "tensor of \(tensor.type.name)"
            case .graph(let graph): graph.nodes[0].op
            case .strings(let texts): "\(texts.count) strings"
            case .reference(let name): name
            case .type(let type): "\(type)"
            case .ints(let ints): "\(ints.count) ints"
            default: "other"
            }
        }
        #expect(
            kinds == ["int", "é", "tensor of int8", "Abs", "2 strings", "outer", "sequence of ?", "0 ints"])
        #expect(file.model.graph.inputs.map { "\($0.type)" } == ["map of int64 to float"])
    }

    @Test func readsExternalData() throws {
        let bytes = WireBuilder.model {
            $0.external(5, ["location": "weights.bin", "offset": "4", "length": "8"])
            $0.external(5, ["location": "./weights.bin"])
        }
        let file = try ONNXFile.read(bytes, beside: ["weights.bin": floatBytes([1, 2, 3])])
        #expect(file.bytes(of: file.model.graph.initializers[0]) == floatBytes([2, 3]))
        #expect(file.bytes(of: file.model.graph.initializers[1]) == floatBytes([1, 2]))
        #expect(file.paths.count == 3)
    }

    /// Fields that are not known, of every wire type, are passed over.
    @Test func skipsUnknownFields() throws {
        var bytes = WireBuilder()
        bytes.int(900, -1)
        bytes.float(901, 1)
        bytes.data(902, [1, 2, 3])
        bytes.head(903, type: 1)
        bytes.raw([1, 2, 3, 4, 5, 6, 7, 8])
        let file = try ONNXFile.read(bytes.bytes + WireBuilder.model { _ in })
        #expect(file.model.graph.name == "g")
    }

    @Test func saysWhatIsTooNew() throws {
        let failure = onnxFailure { _ = try ONNXFile.read(WireBuilder.model(ir: 15) { _ in }) }
        #expect(failure?.problem == .versionTooNew && failure?.found == "15" && failure?.path == "ir_version")
        #expect(failure?.expected == "at most 14")
    }
}

/// The test data of the `onnx` package, where `PACK_ONNX_DATA` names its folder (`onnx/backend/test/data`).
@Suite(.enabled(if: getenv("PACK_ONNX_DATA") != nil))
struct ONNXDataTests {
    private let path = getenv("PACK_ONNX_DATA").map { String(cString: $0) } ?? ""

    @Test func readsEveryModelAndValue() throws {
        var models = 0
        var values = 0
        for entry in try FolderWalk.entries(of: path) {
            let file = "\(path)/\(entry.path)"
            if file.hasSuffix(".onnx") {
                let model = try ONNXFile(path: file).model
                #expect(!model.graph.outputs.isEmpty)
                models += 1
            } else if file.hasSuffix(".pb") {
                let isSequence = file.contains("sequence") && (try? ONNXValue.read(file, as: .tensor)) == nil
                _ = try ONNXValue.read(file, as: isSequence ? .sequence : .tensor)
                values += 1
            }
        }
        #expect(models > 100 && values > 200, "\(models) models, \(values) values")
    }
}
