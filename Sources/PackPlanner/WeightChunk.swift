import PackCore
import PackGraph

/// A weight's place in the data section and how its bytes are made.
struct WeightChunk: Sendable {
    /// What the bytes hold.
    enum Form: Hashable, Sendable {
        /// The elements as they are.
        case plain
        /// Panels of a matrix [k, n] ([n, k] when transposed).
        case panels(WeightKind, k: Int, n: Int, transposed: Bool)
        /// Rows of a table [rows, columns].
        case table(WeightKind, rows: Int, columns: Int)
    }

    let name: String
    let constant: Constant
    let form: Form
    /// Offsets in the data section: of the elements, of the scales and of the sums of codes (the last two for int8 and int4).
    let offsets: (elements: Int, scales: Int, sums: Int)
    /// Where the last of these ends.
    let end: Int

    func write(into data: UnsafeMutableRawBufferPointer) throws(PlannerError) {
        switch form {
        case .plain:
            constant.withBytes {
                UnsafeMutableRawBufferPointer(rebasing: data[offsets.elements...]).copyMemory(from: $0)
            }
        case .panels(let kind, let k, let n, let transposed):
            try withFloats { source in
                guard let weights = source.baseAddress, let room = room(data) else { return }
                kind.writePanels(weights, k: k, n: n, transposed: transposed, to: room)
            }
        case .table(let kind, let rows, let columns):
            try withFloats { source in
                guard let weights = source.baseAddress, let room = room(data) else { return }
                kind.writeRows(weights, rows: rows, columns: columns, to: room)
            }
        }
    }

    /// Lends the elements as floats, without a copy where they are stored so and aligned.
    private func withFloats(_ body: (UnsafeBufferPointer<Float>) -> Void) throws(PlannerError) {
        if constant.dtype == .f32 {
            let done = constant.withBytes { bytes in
                guard UInt(bitPattern: bytes.baseAddress) % 4 == 0 else { return false }
                body(bytes.assumingMemoryBound(to: Float.self))
                return true
            }
            if done { return }
        }
        let floats: [Float]
        do { floats = try constant.floats() } catch {
            throw PlannerError(node: name, op: "", found: "elements of \(constant.dtype.name)", expected: "floats")
        }
        floats.withUnsafeBufferPointer(body)
    }

    private func room(_ data: UnsafeMutableRawBufferPointer) -> WeightRoom? {
        data.baseAddress.map { base in
            WeightRoom(
                elements: base + offsets.elements, scales: (base + offsets.scales).assumingMemoryBound(to: Float.self),
                sums: (base + offsets.sums).assumingMemoryBound(to: Int32.self))
        }
    }
}
