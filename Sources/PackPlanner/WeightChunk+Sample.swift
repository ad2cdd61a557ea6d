import CPackKernels
import PackCore
import PackGraph

/// A part of a stored weight.
struct WeightPiece {
    var elements: [UInt8] = []
    var scales: [Float] = []
    var sums: [Int32] = []
}

extension WeightChunk {
    /// Bytes of its elements in the plan, without scales and sums.
    var elementBytes: Int {
        switch form {
        case .plain: constant.byteCount
        case .table(let kind, let rows, let columns): rows * kind.rowBytes(columns)
        case .panels(let kind, let k, let n, _): kind.panelsBytes(k, n)
        }
    }

    /// Bytes that so many of its values take in a row of the plan.
    func bytes(of values: Int) -> Int {
        switch form {
        case .plain: values * constant.dtype.size
        case .table(let kind, _, _), .panels(let kind, _, _, _): kind.rowBytes(values)
        }
    }

    /// Whether it is stored in a way of the user's choice.
    var isMatrix: Bool {
        if case .plain = form { false } else { true }
    }

    /// About so many bytes of the elements from each place on, as they are stored; fewer where the weight ends.
    func pieces(at places: [Range<Int>]) -> [WeightPiece] {
        guard !places.isEmpty else { return [] }
        guard case .plain = form else { return places.map(piece) }
        // Bytes that are made for this are made once.
        let start = places.map(\.lowerBound).min() ?? 0
        let end = places.map(\.upperBound).max() ?? start
        return constant.withBytes(in: start..<end) { bytes in
            places.map { place in
                let range = place.lowerBound - start..<place.upperBound - start
                return WeightPiece(elements: Array(bytes[range.clamped(to: 0..<bytes.count)]))
            }
        }
    }

    private func piece(at range: Range<Int>) -> WeightPiece {
        let (place, bytes) = (range.lowerBound, range.count)
        switch form {
        case .plain: return WeightPiece()
        case .table(let kind, let rows, let columns):
            guard rows > 0, columns > 0 else { return WeightPiece() }
            let rowBytes = kind.rowBytes(columns)
            let range = clamp(place / rowBytes, bytes / rowBytes, rows)
            return stored(floats(rows: range, columns: 0..<columns, of: columns), kind, range.count, columns)
        case .panels(let kind, let k, let n, let transposed):
            guard k > 0, n > 0 else { return WeightPiece() }
            return panels(at: place, bytes, kind, k, n, transposed)
        }
    }

    /// Elements of one weight whose error is looked at; one row or column at least.
    private static let errorElements = 1024

    /// The error of a few rows or columns from the middle, as a share.
    func sampledError() -> Double {
        guard let (kind, values, length) = middle(), length > 0 else { return 0 }
        var isTable = false
        if case .table = form { isTable = true }
        let kept = kind.restored(values, rows: values.count / length, columns: length, isTable: isTable)
        var error = 0.0
        var total = 0.0
        for index in values.indices {
            let (value, difference) = (Double(values[index]), Double(values[index] - kept[index]))
            error += difference * difference
            total += value * value
        }
        return total > 0 && error.isFinite ? (error / total).squareRoot() : 0
    }

    /// A few rows that share a scale each, one after the other: those of a table, the columns of a matrix. Nil for what is
    /// stored as it is.
    private func middle() -> (kind: WeightKind, values: [Float], length: Int)? {
        switch form {
        case .plain, .table(.f32, _, _), .panels(.f32, _, _, _): return nil
        case .table(let kind, let rows, let columns):
            return (kind, middleRows(of: rows, columns), columns)
        case .panels(let kind, let k, let n, true):
            return (kind, middleRows(of: n, k), k)
        case .panels(let kind, let k, let n, false):
            let range = clamp(n / 2, max(Self.errorElements / max(k, 1), 1), n)
            let values = floats(rows: 0..<k, columns: range, of: n)
            guard values.count == k * range.count else { return nil }
            let count = range.count
            return (kind, (0..<values.count).map { values[$0 % k * count + $0 / k] }, k)
        }
    }

    private func middleRows(of rows: Int, _ columns: Int) -> [Float] {
        let range = clamp(rows / 2, max(Self.errorElements / max(columns, 1), 1), rows)
        let values = floats(rows: range, columns: 0..<columns, of: columns)
        return values.count == range.count * columns ? values : []
    }

    /// A range of at least one and at most `count` from `start` on, moved back where it would pass the end.
    private func clamp(_ start: Int, _ count: Int, _ end: Int) -> Range<Int> {
        let count = Swift.min(Swift.max(count, 1), end)
        let start = Swift.max(Swift.min(start, end - count), 0)
        return start..<start + count
    }

    private func panels(
        at place: Int, _ bytes: Int, _ kind: WeightKind, _ k: Int, _ n: Int, _ transposed: Bool
    ) -> WeightPiece {
        let panel = Int(PACK_PANEL)
        let panelBytes = kind.panelsBytes(k, panel)
        let wanted = clamp(place / panelBytes, bytes / panelBytes, (n + panel - 1) / panel)
        let columns = wanted.lowerBound * panel..<Swift.min(wanted.upperBound * panel, n)
        // Floats of a long panel are taken from a part of it; codes need all of a column for its scale.
        var inner = 0..<k
        if !kind.hasScales, panelBytes > bytes {
            let line = panel * kind.rowBytes(1)
            inner = clamp(place % panelBytes / line, bytes / line, k)
        }
        let values =
            transposed
            ? floats(rows: columns, columns: inner, of: k) : floats(rows: inner, columns: columns, of: n)
        guard values.count == inner.count * columns.count else { return WeightPiece() }
        let chunk = WeightPiece.packed(values, kind, inner.count, columns.count, transposed)
        guard kind.hasScales, panelBytes > bytes else { return chunk }
        var part = chunk
        part.elements = Array(chunk.elements[clamp(place % panelBytes, bytes, chunk.elements.count)])
        return part
    }

    private func stored(_ values: [Float], _ kind: WeightKind, _ rows: Int, _ columns: Int) -> WeightPiece {
        guard values.count == rows * columns else { return WeightPiece() }
        return WeightPiece(kind, bytes: rows * kind.rowBytes(columns), scales: rows, sums: 0) { room in
            values.withUnsafeBufferPointer { values in
                guard let weights = values.baseAddress else { return }
                kind.writeRows(weights, rows: rows, columns: columns, to: room)
            }
        }
    }

    /// A part of the elements of a matrix with rows of `width` elements; empty if they can't be had.
    private func floats(rows: Range<Int>, columns: Range<Int>, of width: Int) -> [Float] {
        if columns.count == width {
            return (try? constant.floats(in: rows.lowerBound * width..<rows.upperBound * width)) ?? []
        }
        guard constant.dtype == .f32, !constant.isMade else {
            return rows.flatMap { row in
                (try? constant.floats(in: row * width + columns.lowerBound..<row * width + columns.upperBound)) ?? []
            }
        }
        let size = MemoryLayout<Float>.size
        return constant.withBytes(in: rows.lowerBound * width * size..<rows.upperBound * width * size) { bytes in
            guard bytes.count == rows.count * width * size else { return [] }
            return [Float](unsafeUninitializedCapacity: rows.count * columns.count) { result, count in
                for row in 0..<rows.count {
                    for column in columns {
                        result[count] = bytes.loadUnaligned(
                            fromByteOffset: (row * width + column) * size, as: Float.self)
                        count += 1
                    }
                }
            }
        }
    }
}

extension WeightPiece {
    /// Has a piece written into room of the given sizes; scales and sums only where the kind has them.
    init(_ kind: WeightKind, bytes: Int, scales: Int, sums: Int, _ write: (WeightRoom) -> Void) {
        elements = [UInt8](repeating: 0, count: bytes)
        self.scales = [Float](repeating: 0, count: kind.hasScales ? scales : 0)
        self.sums = [Int32](repeating: 0, count: kind.hasScales ? sums : 0)
        elements.withUnsafeMutableBytes { elements in
            self.scales.withUnsafeMutableBufferPointer { scales in
                self.sums.withUnsafeMutableBufferPointer { sums in
                    guard let base = elements.baseAddress else { return }
                    write(WeightRoom(elements: base, scales: scales.baseAddress, sums: sums.baseAddress))
                }
            }
        }
    }

    /// A small matrix in panels: [n, k] when transposed, else [k, n].
    static func packed(_ values: [Float], _ kind: WeightKind, _ k: Int, _ n: Int, _ transposed: Bool) -> WeightPiece {
        WeightPiece(kind, bytes: kind.panelsBytes(k, n), scales: n, sums: n) { room in
            values.withUnsafeBufferPointer { values in
                guard let weights = values.baseAddress else { return }
                kind.writePanels(weights, k: k, n: n, transposed: transposed, to: room)
            }
        }
    }
}
