/// The rows of a RECORD ("Recording installed projects"): comma-separated path, digest and size, quoted as Python's
/// `csv`
/// module does, with `"` doubled within quotes.
package enum RecordRows {
    /// The most rows and the most bytes of a path that are read.
    package static let (rowLimit, pathLimit) = (1 << 20, 4096)

    /// A row; `digest` is `sha256=` and unpadded URL-safe base64.
    package struct Row {
        /// The path, relative to the folder that holds the `.dist-info`.
        package var path: ArraySlice<UInt8>
        /// The digest's name and value; empty where there is none.
        package var digest: ArraySlice<UInt8>
        /// The size in bytes; `nil` where there is none.
        package var bytes: Int?
    }

    /// Calls a closure with each row.
    /// - Returns: The number of rows that are none: without a path, with one that is too long, with a size that is no
    ///   number, or beyond the limit.
    package static func read(_ record: [UInt8], _ body: (Row) -> Void) -> Int {
        var (position, bad, rows) = (0, 0, 0)
        while position < record.count {
            let fields = row(record, &position)
            if fields.count == 1, fields[0].isEmpty { continue }
            rows += 1
            guard rows <= rowLimit else { return bad + 1 }
            let size = fields.count > 2 ? fields[2] : []
            guard let path = fields.first, !path.isEmpty, path.count <= pathLimit, size.isEmpty || number(size) != nil
            else {
                bad += 1
                continue
            }
            body(Row(path: path, digest: fields.count > 1 ? fields[1] : [], bytes: number(size)))
        }
        return bad
    }

    /// The fields of the row that begins at a position, which moves behind it. The fourth and later ones are dropped.
    private static func row(_ record: [UInt8], _ position: inout Int) -> [ArraySlice<UInt8>] {
        var fields: [ArraySlice<UInt8>] = []
        while true {
            let field =
                record[position...].first == UInt8(ascii: "\"") ? quoted(record, &position) : plain(record, &position)
            if fields.count < 3 { fields.append(field) }
            guard position < record.count else { return fields }
            position += 1
            if record[position - 1] == 0x0A { return fields }
        }
    }

    /// A field up to the next comma or end of line.
    private static func plain(_ record: [UInt8], _ position: inout Int) -> ArraySlice<UInt8> {
        let start = position
        while position < record.count, record[position] != UInt8(ascii: ","), record[position] != 0x0A { position += 1 }
        let end = position > start && record[position - 1] == 0x0D ? position - 1 : position
        return record[start..<end]
    }

    /// A field in quotes, and what stands between its closing quote and the next comma or end of line.
    private static func quoted(_ record: [UInt8], _ position: inout Int) -> ArraySlice<UInt8> {
        var field: [UInt8] = []
        position += 1
        while position < record.count {
            let byte = record[position]
            position += 1
            if byte != UInt8(ascii: "\"") {
                field.append(byte)
            } else if position < record.count, record[position] == byte {
                field.append(byte)
                position += 1
            } else {
                return ArraySlice(field + plain(record, &position))
            }
        }
        return ArraySlice(field)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard (1...18).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}
