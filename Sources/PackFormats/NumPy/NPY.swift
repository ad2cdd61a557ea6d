import PackCore
import PackIO

/// NumPy's `.npy` files: one array each.
public enum NPY {
    /// Reads the array of a file, in row-major order whatever its own is.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - name: What the array is to be called.
    /// - Throws: ``FormatFailure/numpy(_:)``, or ``FormatFailure/io(_:)`` for a file that cannot be read at all.
    public static func read(_ path: String, name: String) throws(FormatFailure) -> NamedArray {
        let file = try FormatFailure.reading { () throws(IOFailure) in try MappedFile(path: path) }
        do throws(NumPyFault) {
            return try file.withBytes { (bytes) throws(NumPyFault) in try array(bytes, name) }
        } catch {
            throw error.failure(file: path, array: nil)
        }
    }

    private static func array(_ bytes: UnsafeRawBufferPointer, _ name: String) throws(NumPyFault) -> NamedArray {
        let lengths = try NPYHeader.lengths(prefix: Array(bytes.prefix(NPYHeader.prefixBytes)))
        let start = lengths.prefix + lengths.header
        guard bytes.count >= start else {
            throw NumPyFault(.headerCut, found: "\(bytes.count) bytes", expected: "\(start) of header")
        }
        let header = try NPYHeader(text: Array(bytes[lengths.prefix..<start]))
        guard bytes.count - start == header.byteCount else {
            throw NumPyFault(
                .sizeDisagrees, found: "\(bytes.count - start) bytes of elements",
                expected: "\(header.byteCount) for \(header.shape) of \(header.dtype)")
        }
        var elements = Array(bytes[start...])
        if header.isFortran { elements = rowMajor(elements, shape: header.shape, size: header.itemBytes) }
        return try NamedArray(name: name, header, elements)
    }

    /// Writes an array in place of whatever is at `path`.
    ///
    /// - Throws: ``FormatFailure/numpy(_:)`` for an array that the format can't hold, ``FormatFailure/io(_:)`` if the file
    ///   can't be written.
    public static func write(_ array: NamedArray, to path: String) throws(FormatFailure) {
        let encoded: (header: [UInt8], elements: [UInt8])
        do throws(NumPyFault) { encoded = try array.encoded() } catch {
            throw error.failure(file: path, array: array.name)
        }
        try FormatFailure.reading { () throws(IOFailure) in
            try AtomicFile.write(encoded.header + encoded.elements, to: path)
        }
    }
}
