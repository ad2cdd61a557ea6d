import CPackKernels
import PackCore
import PackRuntime

/// A made-up image file, a PPM of noise, for inputs that a model decodes.
enum SampleImage {
    /// Whether a step of the model decodes an input.
    static func isWanted(_ session: Session, input: Int) -> Bool {
        let plan = session.plan
        return plan.steps.indices.contains { index in
            UInt32(plan.steps[index].op) == PACK_OP_ImageDecoder.rawValue
                && plan.used(by: index).first == plan.inputs[input]
        }
    }

    /// Bytes of the file of a square image.
    static func count(side: Int) -> Int { header(side).count + 3 * side * side }

    /// Makes noise a file, of a square image with this side or, in few bytes, of one pixel.
    static func begin(_ bytes: inout [UInt8], side: Int) {
        let header = header(bytes.count >= count(side: side) ? side : 1)
        if header.count <= bytes.count { bytes.replaceSubrange(..<header.count, with: header) }
    }

    private static func header(_ side: Int) -> [UInt8] { [UInt8]("P6 \(side) \(side) 255 ".utf8) }
}
