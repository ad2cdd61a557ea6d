import Glibc
import PackFormats
import PackIO
import PackImport
import PackReport

/// What a model's outputs are beside tensors.
struct OutputForms {
    private let forms: [ONNXOutput]

    init(_ forms: [ONNXOutput]) { self.forms = forms }

    /// Outputs, then the names of the entries of lists as `"sequences": {"NAME": ["NAME.0", …]}` and optional outputs without
    /// a value as `"absent": ["NAME"]`, where there are such.
    func json(_ outputs: JSON) -> JSON {
        var fields: [String: JSON] = ["outputs": outputs]
        var lists: [String: JSON] = [:]
        var absent: [JSON] = []
        for form in forms {
            switch form {
            case .tensor: break
            case .list(let name, let entries): lists[name] = .array(entries.map { .string($0) })
            case .absent(let name): absent.append(.string(name))
            }
        }
        if !lists.isEmpty { fields["sequences"] = .object(lists) }
        if !absent.isEmpty { fields["absent"] = .array(absent) }
        return .object(fields)
    }
}

/// A folder that gets a file for each output.
struct OutputFolder {
    private let path: String

    init(_ path: String) { self.path = path }

    /// Writes the outputs, and lists them: `{"outputs": {"NAME": {"dtype": …, "shape": […], "file": …}}}`, with what
    /// `OutputForms` adds.
    func write(_ arrays: [NamedArray], _ forms: [ONNXOutput] = []) throws -> JSON {
        guard mkdir(path, 0o777) == 0 || errno == EEXIST else {
            throw IOFailure.system(.create, path: path, code: errno)
        }
        var taken: Set<String> = []
        var list: [String: JSON] = [:]
        for array in arrays {
            let file = Self.fileName(array.name, among: &taken)
            try NPY.write(array, to: "\(path)/\(file)")
            list[array.name] = [
                "dtype": .string("\(array.dtype.name)"), "shape": .array(array.shape.map { .int($0) }),
                "file": .string(file),
            ]
        }
        return OutputForms(forms).json(.object(list))
    }

    /// A name without separators and other signs that mean something in paths; with a number where it is taken.
    private static func fileName(_ name: String, among taken: inout Set<String>) -> String {
        let plain = name.utf8.prefix(200).map { byte -> UInt8 in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"): byte
            default: UInt8(ascii: "_")
            }
        }
        let base = String(decoding: plain, as: UTF8.self)
        var file = base
        var number = 1
        while !taken.insert(file).inserted {
            file = "\(base)_\(number)"
            number += 1
        }
        return file + ".npy"
    }
}
