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

    /// Reads all arrays of a file, in the order of its directory, in row-major order whatever theirs is.
    ///
    /// - Parameter limit: The most bytes of elements, over all arrays. A header's shape is compared with it, and with the
    ///   size that the zip's directory says, before elements are read.
    /// - Throws: ``FormatFailure/numpy(_:)``, or ``FormatFailure/io(_:)`` for a file that cannot be read at all.
    public static func read(_ path: String, limit: Int = standardLimit) throws(FormatFailure) -> [NamedArray] {
        let file = try FormatFailure.reading { () throws(IOFailure) in try MappedFile(path: path) }
        return try NPZReader(path: path, limit: limit).arrays(file)
    }

    /// The name of the array in an entry.
    static func arrayName(_ entry: ZipEntry) throws(NumPyFault) -> String {
        guard let text = String(validating: entry.name, as: UTF8.self) else {
            throw NumPyFault(.nameUnsafe, found: "a name that is not UTF-8", expected: "UTF-8")
        }
        guard !entry.isFolder, !entry.isLink, entry.fault != .otherKind else {
            throw NumPyFault(.entryNotFile, found: "entry \"\(text)\"", expected: "files only")
        }
        guard text.utf8.suffix(4).elementsEqual(".npy".utf8) else {
            throw NumPyFault(.nameNotArray, found: "entry \"\(text)\"", expected: "a name that ends in .npy")
        }
        let name = String(decoding: text.utf8.dropLast(4), as: UTF8.self)
        try check(name: name)
        guard entry.fault != .repeated else {
            throw NumPyFault(.nameRepeated, found: "\"\(name)\" again", expected: "each name once")
        }
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

    func arrays(_ file: MappedFile) throws(FormatFailure) -> [NamedArray] {
        var array: String?
        do throws(NumPyFault) {
            let zip = try NumPyFault.reading(.archive) { () throws(FormatFailure) in try ZipDirectory(file) }
            guard zip.entries.count <= NPZ.arrayLimit else {
                throw NumPyFault(
                    .tooManyArrays, found: "\(zip.entries.count)", expected: "at most \(NPZ.arrayLimit)")
            }
            var arrays: [NamedArray] = []
            var rest = limit
            for entry in zip.entries {
                array = try? NPZ.arrayName(entry)
                let name = try NPZ.arrayName(entry)
                arrays.append(try self.array(name, entry, zip, limit: rest))
                rest -= arrays[arrays.count - 1].bytes.count
                array = nil
            }
            return arrays
        } catch {
            throw error.failure(file: path, array: array)
        }
    }

    private func array(
        _ name: String, _ entry: ZipEntry, _ zip: ZipDirectory, limit: Int
    ) throws(NumPyFault) -> NamedArray {
        func start(_ count: Int) throws(NumPyFault) -> [UInt8] {
            try NumPyFault.reading(.entryDamaged) { () throws(FormatFailure) in
                try zip.contents(of: entry, limit: count)
            }
        }
        let lengths = try NPYHeader.lengths(prefix: try start(NPYHeader.prefixBytes))
        let headerBytes = lengths.prefix + lengths.header
        let text = try start(headerBytes)
        guard text.count >= headerBytes else {
            throw NumPyFault(.headerCut, found: "\(text.count) bytes", expected: "\(headerBytes) of header")
        }
        let header = try NPYHeader(text: Array(text[lengths.prefix...]))
        // Nothing of the elements is read yet.
        try agree(entry.bytes - headerBytes, header)
        guard header.byteCount <= limit else {
            throw NumPyFault(.tooLarge, found: "\(header.byteCount) bytes", expected: "at most \(limit) left to read")
        }
        var bytes = try NumPyFault.reading(.entryDamaged) { () throws(FormatFailure) in
            try zip.withBytes(of: entry, limit: entry.bytes) { Array($0.dropFirst(headerBytes)) }
        }
        if header.isFortran { bytes = rowMajor(bytes, shape: header.shape, size: header.itemBytes) }
        return try NamedArray(name: name, header, bytes)
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
func rowMajor(_ bytes: [UInt8], shape: [Int], size: Int) -> [UInt8] {
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
