import PackCore

/// What stands before the elements of an array in NumPy's format
/// (<https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>).
///
/// Bytes `93 'N' 'U' 'M' 'P' 'Y'`, a version (major, minor), the little-endian count of header bytes (16 bits in version 1.0,
/// 32 in 2.0 and 3.0), then the header: the text of a Python dictionary with exactly `descr` (a type's name, `'<f4'`;
/// `'<U5'` for texts of up to five scalars of UTF-32 and `'|S5'` for five bytes, both padded with zeros), `fortran_order` (a truth value) and `shape` (a tuple of counts), padded with blanks to a line end at a multiple of 64
/// bytes. Elements follow, last axis fastest, or first axis fastest in Fortran order.
struct NPYHeader: Equatable {
    let dtype: DType
    let isFortran: Bool
    let shape: [Int]
    /// Bytes of one element: for texts, as many as the longest needs.
    let itemBytes: Int
    /// Whether texts are UTF-32 (NumPy's str), not bytes.
    let isUTF32: Bool
    /// Bytes of all elements.
    let byteCount: Int

    /// The bytes that tell how long the header is, at most.
    static let prefixBytes = 12
    /// The most bytes that a header may have.
    static let headerLimit = 1 << 16
    /// The most axes that an array may have: as many as NumPy allows.
    static let rankLimit = 64

    private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

    /// Type codes as NumPy writes them, without the byte order.
    private static let codes: [(code: String, dtype: DType)] = [
        ("b1", .bool), ("i1", .i8), ("u1", .u8), ("i2", .i16), ("u2", .u16), ("i4", .i32), ("u4", .u32), ("i8", .i64),
        ("u8", .u64), ("f2", .f16), ("f4", .f32), ("f8", .f64),
        // NumPy has no such type; its arrays of the package ml_dtypes are written as two bytes without meaning.
        ("V2", .bf16),
    ]

    init(
        dtype: DType, shape: [Int], isFortran: Bool = false, itemBytes: Int? = nil, isUTF32: Bool = false
    ) throws(NumPyFault) {
        let size = itemBytes ?? dtype.size
        guard shape.count <= NPYHeader.rankLimit else {
            throw NumPyFault(
                .rankTooHigh, found: "\(shape.count) axes", expected: "at most \(NPYHeader.rankLimit)")
        }
        var bytes = size
        // An extent of 0 must not hide an overflow of the others from whoever multiplies in another order.
        var largest = Swift.max(size, 1)
        for extent in shape {
            guard extent >= 0 else { throw NumPyFault(.headerForm, found: "extent \(extent)", expected: "a count") }
            let (product, overflow) = largest.multipliedReportingOverflow(by: Swift.max(extent, 1))
            guard !overflow else {
                throw NumPyFault(.shapeOverflows, found: "shape \(shape)", expected: "fewer than 2^63 bytes")
            }
            largest = product
            bytes = extent == 0 ? 0 : bytes * extent
        }
        guard size > 0 || shape.contains(0) else {
            throw NumPyFault(.dtypeUnknown, found: "texts without room", expected: "at least one character a text")
        }
        (self.dtype, self.shape, self.isFortran, byteCount) = (dtype, shape, isFortran, bytes)
        (self.itemBytes, self.isUTF32) = (size, isUTF32)
    }

    /// How many bytes of header follow how many bytes of prefix.
    static func lengths(prefix: [UInt8]) throws(NumPyFault) -> (prefix: Int, header: Int) {
        guard prefix.count >= 8, prefix.starts(with: magic) else {
            guard prefix.count < 8 && magic.starts(with: prefix.prefix(6)) else {
                throw NumPyFault(.magic, found: "other first bytes", expected: "93 4E 55 4D 50 59")
            }
            throw NumPyFault(.headerCut, found: "\(prefix.count) bytes", expected: "at least 10")
        }
        let isLong = prefix[6] != 1
        guard (1...3).contains(prefix[6]), prefix[7] == 0 else {
            throw NumPyFault(.version, found: "\(prefix[6]).\(prefix[7])", expected: "1.0, 2.0 or 3.0")
        }
        let count = isLong ? 12 : 10
        guard prefix.count >= count else {
            throw NumPyFault(.headerCut, found: "\(prefix.count) bytes", expected: "at least \(count)")
        }
        let length = prefix[8..<count].reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= headerLimit else {
            throw NumPyFault(.headerTooLong, found: "\(length) bytes", expected: "at most \(headerLimit)")
        }
        return (count, length)
    }

    /// Reads the dictionary.
    init(text: [UInt8]) throws(NumPyFault) {
        var literal = PythonLiteral(text)
        let fields = try literal.header()
        let order = fields.descr.utf8.first ?? 0
        let code = String(fields.descr.dropFirst())
        if let texts = try NPYHeader.texts(fields.descr, code) {
            try self.init(
                dtype: .string, shape: fields.shape, isFortran: fields.isFortran, itemBytes: texts.bytes,
                isUTF32: texts.isUTF32)
            return
        }
        guard let dtype = NPYHeader.codes.first(where: { $0.code == code })?.dtype,
            [UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "|")].contains(order)
        else {
            throw NumPyFault(
                .dtypeUnknown, found: "'\(fields.descr)'",
                expected: NPYHeader.codes.map(\.code).joined(separator: ", ") + ", U and S for texts")
        }
        guard dtype.size == 1 || order == UInt8(ascii: "<") || (dtype == .bf16 && order == UInt8(ascii: "|")) else {
            throw NumPyFault(
                order == UInt8(ascii: ">") ? .byteOrder : .dtypeUnknown, found: "'\(fields.descr)'",
                expected: "'<\(code)'")
        }
        try self.init(dtype: dtype, shape: fields.shape, isFortran: fields.isFortran)
    }

    /// The bytes before the elements, in version 1.0.
    func encoded() throws(NumPyFault) -> [UInt8] {
        let written = dtype.numpyType
        let listed = NPYHeader.codes.first { $0.dtype == written }?.code
        guard let code = dtype == .string ? "U\(itemBytes / 4)" : listed else {
            throw NumPyFault(.dtypeUnknown, found: "\(dtype)", expected: "a type that NumPy has")
        }
        let order = dtype.size == 1 ? "|" : "<"
        let extents = shape.count == 1 ? "\(shape[0])," : shape.map { "\($0)" }.joined(separator: ", ")
        var text = Array(
            "{'descr': '\(order)\(code)', 'fortran_order': \(isFortran ? "True" : "False"), 'shape': (\(extents)), }"
                .utf8)
        let blanks = 63 - (10 + text.count) % 64
        text += [UInt8](repeating: UInt8(ascii: " "), count: blanks) + [UInt8(ascii: "\n")]
        // At most 64 extents of 19 digits: far below 65,536.
        return NPYHeader.magic + [1, 0, UInt8(text.count & 0xFF), UInt8(text.count >> 8)] + text
    }
}
