/// JPEG files with Huffman codes and 8 bits a sample, sequential and progressive: ITU-T T.81.
///
/// Numbers are those of libjpeg-turbo's defaults, bit by bit: the "islow" inverse transform, triangles between samples of less
/// dense components, and tables in 1/65536 for colours. CMYK is taken to be stored inverted, as Adobe does.
struct JPEG: ImageFormat {
    let width: Int
    let height: Int
    private let bytes: ImageBytes

    static func matches(_ bytes: ImageBytes) -> Bool {
        bytes.peek(0) == 0xFF && bytes.peek(1) == 0xD8 && bytes.peek(2) == 0xFF
    }

    init(_ bytes: ImageBytes) throws(ImageError) {
        self.bytes = bytes
        var reader = JPEGReader(bytes)
        try reader.readHeader()
        width = reader.frame.width
        height = reader.frame.height
    }

    func decode(into pixels: ImagePixels) throws(ImageError) {
        var reader = JPEGReader(bytes)
        try reader.readHeader()
        try reader.readScans()
        var color = JPEGColor(frame: reader.frame, space: try reader.colorSpace())
        color.planes = reader.planes()
        try color.write(to: pixels)
    }
}

/// What a frame header says.
struct JPEGFrame {
    /// A component, whose samples may be less dense than others.
    struct Component {
        let id: Int
        /// Blocks of a unit across and down.
        let across: Int
        let down: Int
        let table: Int
        /// Samples that belong to the image.
        var width = 0
        var height = 0
        /// Blocks in memory: whole units.
        var blocksAcross = 0
        var blocksDown = 0
        /// The place of the first coefficient.
        var start = 0
        /// The quantization table at the component's first scan; empty before.
        var steps: [Int32] = []
    }

    var width = 0
    var height = 0
    var isProgressive = false
    var components: [Component] = []
    /// The largest numbers of blocks in a unit, and the units of the image.
    var across = 1
    var down = 1
    var unitsAcross = 0
    var unitsDown = 0
    var blocks = 0

    init() {}

    /// Reads a frame header's segment: precision, height u16, width u16, number of components, and of each its id, sampling factors
    /// and table.
    init(_ segment: ImageBytes, isProgressive: Bool) throws(ImageError) {
        let start = segment.start
        self.isProgressive = isProgressive
        guard try segment.byte(start) == 8 else { throw ImageError(.unsupportedDepth, at: start) }
        height = try segment.big16(start + 1)
        width = try segment.big16(start + 3)
        try checkImageSize(width, height, at: start + 1)
        let count = try segment.byte(start + 5)
        guard [1, 3, 4].contains(count) else { throw ImageError(.unsupportedKind, at: start + 5) }
        for index in 0..<count {
            let at = start + 6 + index * 3
            let factors = try segment.byte(at + 1)
            let component = Component(
                id: try segment.byte(at), across: factors >> 4, down: factors & 15, table: try segment.byte(at + 2))
            guard 1...4 ~= component.across, 1...4 ~= component.down, component.table < 4,
                !components.contains(where: { $0.id == component.id })
            else { throw ImageError(.badHeader, at: at) }
            across = Swift.max(across, component.across)
            down = Swift.max(down, component.down)
            components.append(component)
        }
        unitsAcross = (width + across * 8 - 1) / (across * 8)
        unitsDown = (height + down * 8 - 1) / (down * 8)
        for index in components.indices {
            let component = components[index]
            guard across % component.across == 0, down % component.down == 0 else {
                throw ImageError(.unsupportedKind, at: start + 6 + index * 3)
            }
            components[index].width = (width * component.across + across - 1) / across
            components[index].height = (height * component.down + down - 1) / down
            components[index].blocksAcross = unitsAcross * component.across
            components[index].blocksDown = unitsDown * component.down
            components[index].start = blocks * 64
            blocks += components[index].blocksAcross * components[index].blocksDown
        }
    }
}
