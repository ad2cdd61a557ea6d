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
            })
    }
}
