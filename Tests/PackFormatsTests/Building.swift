import PackFormats
import PackIO
import Testing

/// A safetensors file in the making: its header's text and its tensors' bytes.
struct SafetensorsBuilder {
    var header: String
    var body: [UInt8]
    /// What the file says that the header's length is; nil: the truth.
    var statedLength: UInt64?

    init(_ header: String, body count: Int = 0, statedLength: UInt64? = nil) {
        self.header = header
        body = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        self.statedLength = statedLength
    }

    var bytes: [UInt8] {
        let text = Array(header.utf8)
        let length = statedLength ?? UInt64(text.count)
        return withUnsafeBytes(of: length.littleEndian) { Array($0) } + text + body
    }

    /// Reads the file from a temporary folder.
    func read() throws -> SafetensorsFile {
        try SafetensorsFile.read(bytes)
    }
}

extension SafetensorsFile {
    static func read(_ bytes: [UInt8]) throws -> SafetensorsFile {
        let folder = try TemporaryFolder()
        try AtomicFile.write(bytes, to: folder.path + "/a.safetensors")
        return try SafetensorsFile(path: folder.path + "/a.safetensors")
    }
}

/// The text of a tensor in a header.
func entry(_ name: String, _ dtype: String, _ shape: String, _ offsets: String) -> String {
    "\"\(name)\": {\"dtype\": \"\(dtype)\", \"shape\": \(shape), \"data_offsets\": \(offsets)}"
}

/// SplitMix64 (Steele et al. 2014).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
