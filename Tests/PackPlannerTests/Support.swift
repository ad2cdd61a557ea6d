import PackRuntime

/// Where the repository is.
enum TestPaths {
    static let root = String(#filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 })
}

extension Session {
    /// The name of an input as text.
    func name(ofInput input: Int) -> String { String(decoding: inputName(input), as: UTF8.self) }
}
