import PackRuntime

/// Where the repository is.
enum TestPaths {
    static let root = String(#filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 })
}

extension Session {
    /// The name of an input as text.
    func name(ofInput input: Int) -> String { String(decoding: inputName(input), as: UTF8.self) }

    /// `setInputShape` with an array.
    func setShape(_ input: Int, _ shape: [Int]) throws(RuntimeError) {
        var failure: RuntimeError?
        shape.withUnsafeBufferPointer { shape in
            do throws(RuntimeError) { try setInputShape(input, shape) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}
