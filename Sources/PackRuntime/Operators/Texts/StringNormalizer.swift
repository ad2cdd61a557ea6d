public import CPackKernels
import PackCore

/// Changes the case of texts and drops some of them (ONNX `StringNormalizer`). Input: texts [C] or [1, C]; at least one text
/// is given back, an empty one if none is left.
///
/// Further inputs, which may be absent: codes of the texts to drop, in ascending order; what scalars become, i32 [N, 4] in the
/// order of the scalars: a scalar and up to three others, −1 behind them. Attributes: whether texts are compared after the
/// change, whether they are given so.
enum StringNormalizer: MeasuringOperator {
    private static func check(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let out = try step.output()
        try x.require(.i64)
        try out.require(.i64)
        guard x.rank == out.rank, x.rank == 1 || x.rank == 2 && x.extent(0) == 1 else { throw .shape }
        guard step.attributeCount == 2 else { throw .attribute }
        try step.optional(1)?.require(.i64)
        guard let table = step.optional(2) else { return }
        try table.require(.i32)
        guard table.rank == 2, table.extent(1) == 4 else { throw .shape }
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        try check(step)
        let out = try step.output()
        guard out.last > 0, out.count == out.last else { throw .shape }
        return 0
    }

    static func measure(_ step: Step) throws(OperatorError) {
        try check(step)
        let out = try step.output()
        var count = 0
        for code in try step.input(0).integers where try !isDropped(step, code) { count += 1 }
        if out.rank == 2 { out.setExtent(0, 1) }
        out.setExtent(out.rank - 1, Swift.max(count, 1))
    }

    static func run(_ step: Step) throws(OperatorError) {
        let out = try step.output()
        let isChanged = try step.attribute(1) != 0
        var count = 0
        out.clear()
        for code in try step.input(0).integers where try !isDropped(step, code) {
            guard count < out.count else { throw .shape }
            out.integers[count] = isChanged ? try changed(step, code) : code
            count += 1
        }
        guard Swift.max(count, 1) == out.count else { throw .shape }
    }

    private static func isDropped(_ step: Step, _ code: Int64) throws(OperatorError) -> Bool {
        guard let dropped = step.optional(1)?.integers, !dropped.isEmpty else { return false }
        let code = try step.attribute(0) != 0 ? try changed(step, code) : code
        var (first, end) = (0, dropped.count)
        while first < end {
            let middle = (first + end) / 2
            if dropped[middle] < code { first = middle + 1 } else { end = middle }
        }
        return first < dropped.count && dropped[first] == code
    }

    /// The text with the case changed.
    private static func changed(_ step: Step, _ code: Int64) throws(OperatorError) -> Int64 {
        guard let table = step.optional(2)?.elements(Int32.self) else { return code }
        let text = Array(try step.text(code))
        // A scalar of two bytes or more may become three of four bytes.
        guard text.count <= TextPool.byteLimit / 6 else { throw .texts }
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        text.withUnsafeBufferPointer { text in
            var at = 0
            while at < text.count, let base = text.baseAddress {
                let (scalar, length) = UTF8Decoding.scalar(base, at, text.count)
                at += length
                append(scalar, table, &result)
            }
        }
        return try step.code(result)
    }

    private static func append(
        _ scalar: UInt32, _ table: UnsafeMutableBufferPointer<Int32>, _ result: inout [UInt8]
    ) {
        var (first, end) = (0, table.count / 4)
        while first < end {
            let middle = (first + end) / 2
            if table[middle * 4] < Int32(scalar) { first = middle + 1 } else { end = middle }
        }
        guard first < table.count / 4, table[first * 4] == Int32(scalar) else { return encode(scalar, &result) }
        for place in 1...3 {
            guard let other = UInt32(exactly: table[first * 4 + place]), other < 0x11_0000 else { break }
            encode(other, &result)
        }
    }

    private static func encode(_ scalar: UInt32, _ result: inout [UInt8]) {
        var bytes: (UInt8, UInt8, UInt8, UInt8) = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &bytes) { bytes in
            guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            for index in 0..<UTF8Decoding.write(scalar, to: base) { result.append(base[index]) }
        }
    }
}

/// C entry of `StringNormalizer`.
@c(pack_op_StringNormalizer) public func packOperatorStringNormalizer(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { performMeasuring(StringNormalizer.self, step, running) }
