extension Constant {
    /// Constants of one element type, the bytes of one after those of another. Nothing is copied until bytes are asked for.
    ///
    /// - Parameter shape: The shape of the whole.
    /// - Throws: `GraphError` of kind `wrongConstant` if the element types differ or the shape has another size.
    package static func stacked(_ parts: [Constant], shape: [Int]) throws(GraphError) -> Constant {
        guard let first = parts.first, parts.allSatisfy({ $0.dtype == first.dtype }) else {
            throw GraphError(.wrongConstant, found: "parts of several element types", expected: "parts of one")
        }
        let bytes = parts.reduce(0) { $0 + $1.byteCount }
        return try Constant(
            first.dtype, shape,
            .made(bytes: bytes) { range, body in
                var start = 0
                var pieces: [(part: Constant, range: Range<Int>)] = []
                for part in parts {
                    let own = range.clamped(to: start..<start + part.byteCount)
                    if !own.isEmpty { pieces.append((part, own.lowerBound - start..<own.upperBound - start)) }
                    start += part.byteCount
                }
                if pieces.count == 1 { return pieces[0].part.withBytes(in: pieces[0].range, body) }
                var copy: [UInt8] = []
                copy.reserveCapacity(range.count)
                for piece in pieces { piece.part.withBytes(in: piece.range) { copy += $0 } }
                copy.withUnsafeBytes(body)
            }
        ).narrowed(as: parts)
    }

    /// Matrices of one shape's rows and one element type, side by side. Nothing is copied until bytes are asked for.
    ///
    /// - Throws: `GraphError` of kind `wrongConstant` if element types or numbers of rows differ, or one is no matrix.
    package static func sideBySide(_ parts: [Constant]) throws(GraphError) -> Constant {
        guard let first = parts.first,
            parts.allSatisfy({ $0.dtype == first.dtype && $0.shape.count == 2 && $0.shape[0] == first.shape[0] })
        else {
            throw GraphError(
                .wrongConstant, found: "parts that do not lie side by side", expected: "matrices of as many rows")
        }
        let columns = parts.reduce(0) { $0 + $1.shape[1] }
        let rowBytes = columns * first.dtype.size
        return try Constant(
            first.dtype, [first.shape[0], columns],
            .made(bytes: first.shape[0] * rowBytes) { range, body in
                var copy = [UInt8](repeating: 0, count: range.count)
                let rows = range.isEmpty ? 0..<0 : range.lowerBound / rowBytes..<(range.upperBound - 1) / rowBytes + 1
                var place = 0
                for part in parts {
                    let width = part.shape[1] * part.dtype.size
                    part.withBytes(in: rows.lowerBound * width..<rows.upperBound * width) { bytes in
                        for row in rows {
                            let start = row * rowBytes + place
                            let own = range.clamped(to: start..<start + width)
                            let from = (row - rows.lowerBound) * width + own.lowerBound - start
                            guard !own.isEmpty, from + own.count <= bytes.count else { continue }
                            copy.withUnsafeMutableBytes { copy in
                                UnsafeMutableRawBufferPointer(rebasing: copy[(own.lowerBound - range.lowerBound)...])
                                    .copyMemory(
                                        from: UnsafeRawBufferPointer(rebasing: bytes[from..<from + own.count]))
                            }
                        }
                    }
                    place += width
                }
                copy.withUnsafeBytes(body)
            }
        ).narrowed(as: parts)
    }

    /// The same, of parts that had one element type before they were widened.
    private func narrowed(as parts: [Constant]) -> Constant {
        var result = self
        result.narrow = parts.allSatisfy { $0.narrow == parts[0].narrow } ? parts.first?.narrow : nil
        return result
    }
}
