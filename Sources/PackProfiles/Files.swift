import Glibc

/// The UTF-8 text of a regular file of at most `limit` bytes.
func text(of path: String, limit: Int) throws(ProfileError) -> String {
    guard let file = fopen(path, "rb") else {
        throw ProfileError(file: path, found: reason(errno), expected: "a profile that can be read")
    }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count <= limit {
        let count = fread(&block, 1, block.count, file)
        guard count > 0 else { break }
        bytes += block[..<count]
    }
    guard ferror(file) == 0 else {
        throw ProfileError(file: path, found: reason(errno), expected: "a profile that can be read")
    }
    guard bytes.count <= limit else {
        throw ProfileError(file: path, found: "more than \(limit) bytes", expected: "a profile of at most that size")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
        throw ProfileError(file: path, found: "bytes that are not UTF-8", expected: "a profile in UTF-8")
    }
    return text
}

/// Names in a folder, `.` and `..` left out.
func entries(of folder: String) throws(ProfileError) -> [String] {
    guard let directory = opendir(folder) else {
        throw ProfileError(file: folder, found: reason(errno), expected: "a folder with profiles")
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { names.append(name) }
    }
    return names
}

/// Whether a folder is there.
func isFolder(_ path: String) -> Bool { mode(path) == S_IFDIR }

/// Whether a regular file is there.
func isFile(_ path: String) -> Bool { mode(path) == S_IFREG }

private func mode(_ path: String) -> mode_t? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
}

private func reason(_ code: Int32) -> String {
    guard let text = strerror(code) else { return "error \(code)" }
    return String(cString: text)
}
