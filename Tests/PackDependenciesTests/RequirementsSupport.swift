import Glibc
import Testing

/// Makes a folder.
func makeFolder(_ path: String) throws {
    try #require(mkdir(path, 0o755) == 0, "\(path)")
}

/// Makes a symbolic link.
func makeLink(_ path: String, to target: String) throws {
    try #require(symlink(target, path) == 0, "\(path)")
}
