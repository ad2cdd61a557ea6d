import PackIO

/// What an entry's name stands for.
struct ZipName {
    /// The name as a relative path; as it stands if it has a fault.
    let path: String
    /// What makes the name unsafe.
    let fault: ZipFault?

    init(_ name: [UInt8]) {
        var (start, isOdd, fault) = (0, false, Self.fault(name))
        for index in 0...name.count where index == name.count || name[index] == UInt8(ascii: "/") {
            let length = index - start
            if length == 0 || length == 1 && name[start] == UInt8(ascii: ".") { isOdd = true }
            if length == 2, name[start] == UInt8(ascii: "."), name[start + 1] == UInt8(ascii: ".") {
                fault = fault ?? .nameClimbs
            }
            start = index + 1
        }
        self.fault = fault
        path = EscapedPath.text(isOdd && fault == nil ? Self.plain(name) : name)
    }

    private static func fault(_ name: [UInt8]) -> ZipFault? {
        if name.isEmpty { return .nameEmpty }
        if name.count > 4096 { return .nameTooLong }
        if name[0] == UInt8(ascii: "/") { return .nameAbsolute }
        if name.count > 1, name[1] == UInt8(ascii: ":"), (0x61...0x7A).contains(name[0] | 0x20) { return .nameDrive }
        for byte in name {
            if byte == 0 { return .nameNUL }
            if byte == UInt8(ascii: "\\") { return .nameBackslash }
        }
        return nil
    }

    /// The name without empty and `.` components.
    private static func plain(_ name: [UInt8]) -> [UInt8] {
        Array(name.split(separator: UInt8(ascii: "/")).filter { $0 != [0x2E] }.joined(separator: [UInt8(ascii: "/")]))
    }
}
