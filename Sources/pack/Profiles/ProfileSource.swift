import Glibc
import PackProfiles

/// The profiles that belong to this program.
func installedProfiles() throws(ProfileError) -> ProfileLibrary {
    try ProfileLibrary.locate(executable: executablePath())
}

/// All profiles that belong to this program, read once.
func allProfiles() throws(ProfileError) -> [Profile] { try allInstalled.get() }

private let allInstalled = Result { () throws(ProfileError) in try installedProfiles().all() }

/// The absolute path of this program, links resolved.
func executablePath() -> String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBufferPointer { bytes in
        bytes.withMemoryRebound(to: CChar.self) { path in
            path.baseAddress.map { readlink("/proc/self/exe", $0, path.count) } ?? -1
        }
    }
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : CommandLine.arguments[0]
}

/// The profiles of those names or files, each once; those that are shown by default for none, every one for `all`.
func profiles(named names: [String]) throws(ProfileError) -> [Profile] {
    if !names.isEmpty, names.allSatisfy(ProfileLibrary.isPath) {
        return try ProfileLibrary(folder: "").profiles(for: names)
    }
    return try installedProfiles().profiles(for: names)
}
