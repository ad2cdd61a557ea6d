import PackCore
import PackGraph

extension ONNXRules {
    /// Recurrent layers of onnxruntime with quantized weights.
    static let quantizedRecurrences: [String: ONNXRule] = ["DynamicQuantizeLSTM": dynamicLSTM]

    /// LSTM with weights of 8 bits: X `[S, B, I]`, W `[D, I, 4·H]`, R `[D, H, 4·H]`, then B, sequence_lens, initial_h,
    /// initial_c and P as LSTM has them, then the scale and zero point of W and of R, one a direction or `[D, 4·H]`.
    ///
    /// As in onnxruntime, both products are those of codes: X is rounded to 255 steps of its own range, and the state
    /// of each of the batch to those of its own before each step. Products add up as f32 of what the codes stand for, weights as
    /// f16, so that results differ from those of sums of integers by roundings.
    @Sendable private static func dynamicLSTM(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        var inputs = [importer.rounded(try operation.required(0), operation)]
        for (index, first) in [(1, 8), (2, 10)] {
            let weights = try GateWeights(importer, operation, index, first)
            inputs.append(try importer.addWeights(operation) { () throws(GraphError) in try weights.constant() })
        }
        for index in 3..<8 { inputs.append(operation.input(index) ?? "") }
        var attributes = importer.plain(operation)
        attributes["quantized_state"] = .int(1)
        importer.emit("LSTM", operation, inputs, attributes)
    }
}

extension ONNXImporter {
    /// What f32 numbers become by DynamicQuantizeLinear, as numbers.
    fileprivate mutating func rounded(_ value: String, _ operation: ONNXOperation) -> String {
        let codes = ["codes", "scale", "zero"].map { uniqueValue("\(operation.name)/\($0)") }
        emit(
            "DynamicQuantizeLinear", operation, [value], outputs: codes,
            name: uniqueValue("\(operation.name)/DynamicQuantizeLinear"))
        return helper("DequantizeLinear", operation, codes)
    }
}

/// Weights `[D, K, G]` of 8 bits of the gates of a recurrent layer.
private struct GateWeights: Sendable {
    let codes: Constant
    let scales: [Float]
    let zeros: [Int]

    init(
        _ importer: ONNXImporter, _ operation: ONNXOperation, _ index: Int, _ scale: Int
    ) throws(ONNXRefusal) {
        func constant(_ index: Int) throws(ONNXRefusal) -> Constant {
            guard let constant = importer.graph.constants[try operation.required(index)] else {
                throw .use("input \(index) computed at run time", "a constant")
            }
            return constant
        }
        let codes = try constant(index)
        let steps = try constant(scale)
        let zeros = operation.input(scale + 1) == nil ? nil : try constant(scale + 1)
        let shape = codes.shape
        guard shape.count == 3, codes.count > 0, codes.dtype == .i8 || codes.dtype == .u8, steps.dtype == .f32,
            zeros.map({ $0.dtype == codes.dtype && $0.count == steps.count }) ?? true,
            steps.count == shape[0] || steps.count == shape[0] * shape[2]
        else {
            throw ONNXRefusal(
                .invalid, found: "weights \(codes.dtype.name)\(shape), scales \(steps.shape)",
                expected: "8 bits [directions, inputs, gates], f32 and zero points a direction or a column")
        }
        self.codes = codes
        do throws(GraphError) {
            self.scales = try steps.floats()
            self.zeros = try zeros?.integers() ?? Array(repeating: 0, count: steps.count)
        } catch { throw ONNXRefusal(.invalid, found: error.found, expected: error.expected) }
    }

    /// The weights `[D, G, K]` as f32, made when they are asked for.
    func constant() throws(GraphError) -> Constant {
        let (ways, inner, gates) = (codes.shape[0], codes.shape[1], codes.shape[2])
        return try Constant(
            .f32, [ways, gates, inner],
            .made(bytes: codes.count * 4) { range, body in
                guard !range.isEmpty else { return body(UnsafeRawBufferPointer(start: nil, count: 0)) }
                let line = inner * 4
                let rows = range.lowerBound / line..<(range.upperBound - 1) / line + 1
                let start = range.lowerBound - rows.lowerBound * line
                numbers(rows).withUnsafeBytes {
                    body(UnsafeRawBufferPointer(rebasing: $0[start..<start + range.count]))
                }
            })
    }

    /// Rows of all `D·G`.
    private func numbers(_ rows: Range<Int>) -> [Float] {
        let (inner, gates) = (codes.shape[1], codes.shape[2])
        let isPerWay = scales.count == codes.shape[0]
        let isSigned = codes.dtype == .i8
        return codes.withBytes { codes in
            var result: [Float] = []
            result.reserveCapacity(rows.count * inner)
            for row in rows {
                let (way, gate) = (row / gates, row % gates)
                let (scale, zero) = (scales[isPerWay ? way : row], zeros[isPerWay ? way : row])
                for place in 0..<inner {
                    let byte = codes[(way * inner + place) * gates + gate]
                    result.append(Float((isSigned ? Int(Int8(bitPattern: byte)) : Int(byte)) - zero) * scale)
                }
            }
            return result
        }
    }
}
