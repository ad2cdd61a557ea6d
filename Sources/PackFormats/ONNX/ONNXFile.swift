import Glibc
import PackIO

/// An ONNX file that was read and checked; the tensors' bytes are mapped and not touched.
///
/// The format is `onnx.proto` (<https://github.com/onnx/onnx>), a message `ModelProto` in protocol buffers' wire format.
/// Weights may stand in files of their own beside it, which are opened and checked with it.
public struct ONNXFile: Sendable {
    /// The mapped file.
    public let file: MappedFile
    /// What it holds.
    public let model: ONNXModel
    /// Files of weights by the names that the model has for them.
    public let externals: [String: MappedFile]

    /// Maps a file and reads it.
    public init(path: String) throws(FormatFailure) {
        let file = try FormatFailure.reading { () throws(IOFailure) in try MappedFile(path: path) }
        let model: ONNXModel = try ONNXFile.decode(file)
        self.file = file
        self.model = model
        externals = try ExternalFiles(of: model, at: path).files
    }

    /// Reads the one message that fills a file.
    static func decode<Message: WireDecodable>(_ file: MappedFile) throws(FormatFailure) -> Message {
        do throws(ONNXFailure) {
            return try file.withBytes { (bytes) throws(ONNXFailure) in
                var message = WireMessage(bytes)
                return try Message(&message)
            }
        } catch {
            var failure = error
            failure.file = file.path
            throw .onnx(failure)
        }
    }

    /// Bytes of all files.
    public var fileBytes: Int { externals.values.reduce(file.size) { $0 + $1.size } }

    /// The files: the model, then its files of weights in the order of their names.
    public var paths: [String] {
        [file.path] + externals.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map(\.value.path)
    }

    /// The mapped bytes of a tensor, little-endian and without gaps; nil where they have to be made.
    public func mapped(_ tensor: ONNXTensor) -> (file: MappedFile, range: Range<Int>)? {
        switch tensor.content {
        case .raw(let range): return (file, range)
        case .external(let data):
            guard let file = externals[data.location] else { return nil }
            return (file, data.offset..<data.offset + tensor.byteCount)
        case .listed, .texts: return nil
        }
    }

    /// The elements of a tensor, little-endian and without gaps, copied.
    public func bytes(of tensor: ONNXTensor) -> [UInt8] {
        if let (file, range) = mapped(tensor) { return file.withBytes(in: range) { [UInt8]($0) } }
        guard case .listed(let field, let message) = tensor.content else { return [] }
        return file.withBytes { tensor.elements(field: field, message: message, in: $0) }
    }

    /// The elements of a tensor of strings; none for other tensors.
    public func texts(of tensor: ONNXTensor) -> [[UInt8]] {
        guard case .texts(let message) = tensor.content else { return [] }
        return file.withBytes { tensor.texts(message: message, in: $0) }
    }
}

/// Opens the files of weights that a model names.
private struct ExternalFiles {
    private(set) var files: [String: MappedFile] = [:]
    private let path: String
    private let folder: ContainedFolder

    init(of model: ONNXModel, at path: String) throws(FormatFailure) {
        self.path = path
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        folder = try FormatFailure.reading { () throws(IOFailure) in try ContainedFolder(path: parent) }
        try visit(model.graph, "graph")
        for (index, function) in model.functions.enumerated() { try visit(function.nodes, "functions[\(index)]") }
    }

    private mutating func visit(_ graph: ONNXGraph, _ place: String) throws(FormatFailure) {
        for (index, tensor) in graph.initializers.enumerated() { try open(tensor, "\(place).initializer", index) }
        for (index, tensor) in graph.sparseInitializers.enumerated() {
            try open(tensor.values, "\(place).sparse_initializer", index)
            try open(tensor.indices, "\(place).sparse_initializer", index)
        }
        try visit(graph.nodes, place)
    }

    private mutating func visit(_ nodes: [ONNXNode], _ place: String) throws(FormatFailure) {
        for (index, node) in nodes.enumerated() {
            for attribute in node.attributes {
                switch attribute.value {
                case .tensor(let tensor): try open(tensor, "\(place).node[\(index)].\(attribute.name)", nil)
                case .tensors(let tensors):
                    for (number, tensor) in tensors.enumerated() {
                        try open(tensor, "\(place).node[\(index)].\(attribute.name)", number)
                    }
                case .graph(let graph): try visit(graph, "\(place).node[\(index)].\(attribute.name)")
                case .graphs(let graphs):
                    for graph in graphs { try visit(graph, "\(place).node[\(index)].\(attribute.name)") }
                default: break
                }
            }
        }
    }

    private mutating func open(_ tensor: ONNXTensor, _ place: String, _ index: Int?) throws(FormatFailure) {
        guard case .external(let data) = tensor.content else { return }
        func failure(_ problem: ONNXFailure.Problem, _ found: String, _ expected: String) -> FormatFailure {
            .onnx(
                ONNXFailure(
                    problem, path: place + (index.map { "[\($0)]" } ?? "") + ".external_data", at: tensor.offset,
                    found: found, expected: expected, file: path))
        }
        if files[data.location] == nil {
            files[data.location] = try map(data.location, failure)
        }
        guard let size = files[data.location]?.size else { return }
        guard data.offset <= size, tensor.byteCount <= size - data.offset else {
            throw failure(
                .externalBeyondFile, "\(tensor.byteCount) bytes at \(data.offset) of \(data.location)",
                "at most the file's \(size) bytes")
        }
    }

    private func map(
        _ location: String, _ failure: (ONNXFailure.Problem, String, String) -> FormatFailure
    ) throws(FormatFailure) -> MappedFile {
        let parts = location.split(separator: "/", omittingEmptySubsequences: false).filter { $0 != "." }
        guard let name = parts.last, !location.hasPrefix("/"), !parts.contains(""), !parts.contains("..") else {
            throw failure(.externalName, location, "a relative path inside the model's folder")
        }
        let file = try FormatFailure.reading { () throws(IOFailure) in
            try folder.folder(parts.dropLast().joined(separator: "/")).mapped(String(name))
        }
        var status = stat()
        // A second name of the same bytes may be anywhere.
        guard stat(file.path, &status) == 0, status.st_nlink == 1 else {
            throw failure(.externalLink, "\(location) with \(status.st_nlink) names", "a file with one name")
        }
        return file
    }
}
