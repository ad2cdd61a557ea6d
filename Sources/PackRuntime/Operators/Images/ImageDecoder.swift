public import CPackKernels
import PackCore

/// Decodes an image file (ONNX `ImageDecoder`). Input: its bytes, u8 [bytes]. Output: u8 [height, width, 3], or [height, width, 1]
/// in gray. Attribute: a `PixelFormat`.
///
/// Pixels are those of the reference implementation, which leaves decoding to Pillow: transparency is dropped, colours are
/// not managed, and of several images the first one is taken. A file without colours has three equal samples in RGB and BGR.
enum ImageDecoder: MeasuringOperator {
    private static func check(_ step: Step) throws(OperatorError) -> PixelFormat {
        let (x, out) = (try step.input(0), try step.output())
        try x.require(.u8)
        try out.require(.u8)
        guard x.rank == 1, out.rank == 3 else { throw .shape }
        guard let format = PixelFormat(rawValue: try step.attribute(0)) else { throw .attribute }
        return format
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let format = try check(step)
        guard try step.output().extent(2) == format.channels else { throw .shape }
        return 0
    }

    private static func bytes(_ step: Step) throws(OperatorError) -> ImageBytes {
        ImageBytes(UnsafeBufferPointer(try step.input(0).elements(UInt8.self)))
    }

    static func measure(_ step: Step) throws(OperatorError) {
        let format = try check(step)
        let file = try bytes(step)
        let out = try step.output()
        do throws(ImageError) {
            let (width, height) = try ImageFile.size(file)
            out.setExtent(0, height)
            out.setExtent(1, width)
            out.setExtent(2, format.channels)
        } catch { throw .image(error) }
    }

    static func run(_ step: Step) throws(OperatorError) {
        let format = try check(step)
        let file = try bytes(step)
        let out = try step.output()
        guard let base = out.elements(UInt8.self).baseAddress else { throw .shape }
        let pixels = ImagePixels(base, width: out.extent(1), height: out.extent(0), format: format)
        do throws(ImageError) { try ImageFile.decode(file, into: pixels) } catch { throw .image(error) }
    }
}

/// C entry of `ImageDecoder`.
@c(pack_op_ImageDecoder) public func packOperatorImageDecoder(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { performMeasuring(ImageDecoder.self, step, running) }
