import PackCore
import PackIO

/// NumPy's `.npz` files: zip files with an array in NumPy's format for each entry `NAME.npy`, stored or deflated.
///
/// Names are labels and never paths of this machine; those that would lead out of a folder on being unpacked are refused.
public enum NPZ {
    /// The most arrays that a file may have.
    public static let arrayLimit = 4096
    /// The most bytes of elements that are read, unless a caller says otherwise.
    public static let standardLimit = 4 << 30

    /// Reads all arrays of a file, in the order in which they lie in it, in row-major order whatever theirs is.
    ///
    /// - Parameter limit: The most bytes of elements, over all arrays. A header's shape is compared with it, and with the
    ///   size that the zip's directory says, before elements are read.
    /// - Throws: ``FormatFailure/numpy(_:)``, or ``FormatFailure/io(_:)`` for a file that cannot be read at all.
    public static func read(_ path: String, limit: Int = standardLimit) throws(FormatFailure) -> [NamedArray] {
        let file = try FormatFailure.reading { () throws(IOFailure) in try MappedFile(path: path) }
        return try withUTF8Names { () throws(FormatFailure) in
            try file.withBytes { bytes throws(FormatFailure) in
                try NPZReader(path: path, limit: limit).arrays(bytes)
            }
        }
    }

    /// The name of the array in an entry.
    static func arrayName(_ entry: String) throws(NumPyFault) -> String {
        let utf8 = entry.utf8
        guard utf8.suffix(4).elementsEqual(".npy".utf8) else {
            throw NumPyFault(.nameNotArray, found: "entry \"\(entry)\"", expected: "a name that ends in .npy")
        }
        let name = String(decoding: utf8.dropLast(4), as: UTF8.self)
        try check(name: name)
        return name
    }

    /// Refuses names that are hostile where someone unpacks the file, and those that a zip can't hold.
    static func check(name: String) throws(NumPyFault) {
        let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let isPlain = parts.allSatisfy { !$0.isEmpty && !$0.elementsEqual(".".utf8) && !$0.elementsEqual("..".utf8) }
        let isClean = name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }
        guard isPlain, isClean, name.utf8.count <= 4096 else {
            throw NumPyFault(
                .nameUnsafe, found: "\"\(name)\"",
                expected: "a name without an empty part, '.', '..', '\\' or control characters between its '/'")
        }
    }
}

/// Reads the arrays of one file.
private struct NPZReader {
    let path: String
    let limit: Int

    func arrays(_ bytes: UnsafeRawBufferPointer) throws(FormatFailure) -> [NamedArray] {
        var entry: String?
        // libarchive looks for the directory's end from the second byte on, and does not see that of an empty zip.
        if bytes.elementsEqual([0x50, 0x4B, 5, 6] + [UInt8](repeating: 0, count: 18)) { return [] }
        do throws(NumPyFault) {
            let zip = try ZipCursor(bytes)
            var arrays: [NamedArray] = []
            var names: Set<[UInt8]> = []
            var rest = limit
            while let (file, size) = try zip.next() {
                entry = file
                let name = try NPZ.arrayName(file)
                guard names.insert(Array(name.utf8)).inserted else {
                    throw NumPyFault(.nameRepeated, found: "\"\(name)\" again", expected: "each name once")
                }
                guard arrays.count < NPZ.arrayLimit else {
                    throw NumPyFault(.tooManyArrays, found: "one more", expected: "at most \(NPZ.arrayLimit)")
                }
                arrays.append(try array(name, size, zip, limit: rest))
                rest -= arrays[arrays.count - 1].bytes.count
                entry = nil
            }
            return arrays
        } catch {
            throw error.failure(file: path, array: entry.flatMap { try? NPZ.arrayName($0) })
        }
    }

    private func array(
        _ name: String, _ size: Int?, _ zip: ZipCursor, limit: Int
    ) throws(NumPyFault) -> NamedArray {
        var start = try zip.bytes(NPYHeader.prefixBytes)
        let lengths = try NPYHeader.lengths(prefix: start)
        start += try zip.bytes(Swift.max(0, lengths.prefix + lengths.header - start.count))
        guard start.count >= lengths.prefix + lengths.header else {
            throw NumPyFault(
                .headerCut, found: "\(start.count) bytes", expected: "\(lengths.prefix + lengths.header) of header")
        }
        let header = try NPYHeader(text: Array(start[lengths.prefix..<lengths.prefix + lengths.header]))
        // Nothing of the elements is read yet: a dictionary has more than the two bytes that prefixes differ by.
        if let size { try agree(size - start.count, header) }
        guard header.byteCount <= limit else {
            throw NumPyFault(.tooLarge, found: "\(header.byteCount) bytes", expected: "at most \(limit) left to read")
        }
        var bytes = try zip.bytes(header.byteCount)
        try agree(bytes.count + (try zip.bytes(1)).count, header)
        if header.isFortran { bytes = rowMajor(bytes, shape: header.shape, size: header.dtype.size) }
        return NamedArray(name: name, dtype: header.dtype, shape: header.shape, bytes: bytes)
    }

    private func agree(_ found: Int, _ header: NPYHeader) throws(NumPyFault) {
        guard found == header.byteCount else {
            throw NumPyFault(
                .sizeDisagrees, found: "\(found) bytes of elements",
                expected: "\(header.byteCount) for \(header.shape) of \(header.dtype)")
        }
    }
}

/// Elements in Fortran order (first axis fastest) in row-major order.
private func rowMajor(_ bytes: [UInt8], shape: [Int], size: Int) -> [UInt8] {
    guard shape.count > 1, !bytes.isEmpty else { return bytes }
    var strides: [Int] = []
    var stride = size
    for extent in shape {
        strides.append(stride)
        stride *= extent
    }
    var index = [Int](repeating: 0, count: shape.count)
    var source = 0
    return [UInt8](unsafeUninitializedCapacity: bytes.count) { target, count in
        while count < bytes.count {
            for byte in 0..<size { target[count + byte] = bytes[source + byte] }
            count += size
            var axis = shape.count - 1
            while axis >= 0 {
                index[axis] += 1
                source += strides[axis]
                if index[axis] < shape[axis] { break }
                source -= strides[axis] * shape[axis]
                index[axis] = 0
                axis -= 1
            }
        }
    }
}
